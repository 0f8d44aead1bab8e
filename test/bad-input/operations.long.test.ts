import { expect, test } from "vitest";
import { startTestDrydock } from "../../packages/drydock/src/testing.ts";
import { callWithAnything } from "./operation-inputs.ts";

test("every operation answers whatever it is called with, many times over", async () => {
  const { endpoint } = await startTestDrydock();
  expect((await callWithAnything(endpoint, 30)).failures).toEqual([]);
});
