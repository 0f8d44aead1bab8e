import { expect, test } from "vitest";
import { startTestDrydock } from "../../packages/drydock/src/testing.ts";
import { callWithAnything } from "./operation-inputs.ts";

test("every operation answers whatever it is called with, and never that drydock failed", async () => {
  const { endpoint } = await startTestDrydock();
  const { calls, failures } = await callWithAnything(endpoint, 3);
  expect(failures).toEqual([]);
  expect(calls).toBeGreaterThan(500);
});
