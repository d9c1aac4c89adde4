import { expect, it } from "vitest";

import { ticksOf } from "./ticks";

it.each([
  [209, [0, 50, 100, 150, 200, 250]],
  [4, [0, 1, 2, 3, 4]],
  [5, [0, 1, 2, 3, 4, 5]],
  [1, [0, 1]],
  [0, [0, 1]],
  [999_999, [0, 200_000, 400_000, 600_000, 800_000, 1_000_000]],
])("counts %j pieces in round numbers", (most, ticks) =>
  expect(ticksOf(most, { whole: true })).toEqual(ticks),
);

it.each([
  [4.37, [0, 1, 2, 3, 4, 5]],
  [0.28, [0, 0.1, 0.2, 0.3]],
  [0.3, [0, 0.1, 0.2, 0.3]],
  [1.2, [0, 0.5, 1, 1.5]],
])("measures %j in round parts", (most, ticks) =>
  expect(ticksOf(most, { whole: false })).toEqual(ticks),
);
