import { expect, it } from "vitest";

import { wishesFor } from "./instance-commands";

it.each([
  ["running", "running", ["restart", "stop"]],
  ["degraded", "running", ["restart", "stop"]],
  ["provisioning", "running", ["restart", "stop"]],
  ["stopped", "stopped", ["start"]],
  ["stopping", "stopped", ["start"]],
  ["error", "running", ["provision", "stop"]],
  ["deprovisioning", "deleted", []],
  ["running", "deleted", []],
  ["deprovisioned", "deleted", []],
])("of one that is %s and shall be %s: %j", (status, desired_state, wishes) =>
  expect(wishesFor({ status, desired_state })).toEqual(wishes),
);
