import { expect, it } from "vitest";

import { eachInTurn, split } from "./bulk-dialog";

const nameOf = (row: number) => `No. ${row}`;

it("shows what will be done and why the rest is left", () => {
  const refusal = (row: number) => (row % 2 ? null : "it is even");
  const { will, wont } = split([1, 2, 3], { refusal, nameOf });
  expect(will).toEqual([1, 3]);
  expect(wont.map(({ text }) => text)).toEqual(["No. 2: it is even"]);
});

it("goes on after a failure and tells it", async () => {
  const ran: number[] = [];
  const seen: number[] = [];
  const run = async (row: number, reason: string) => {
    expect(reason).toBe("why");
    ran.push(row);
    if (row === 2) throw new Error("no");
  };
  const failures = await eachInTurn([1, 2, 3], { run, nameOf }, "why", (done) => seen.push(done));
  expect(ran).toEqual([1, 2, 3]);
  expect(seen).toEqual([1, 2, 3]);
  expect(failures).toEqual(["No. 2: no"]);
});
