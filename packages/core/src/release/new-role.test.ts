import { expect, test } from "vitest";
import type { Aws } from "../aws/clients.ts";
import { FardelError } from "../errors.ts";
import { withNewRole } from "./new-role.ts";
import { runWith } from "./rollout/watch.fixture.ts";
import { hurriedTime } from "./time.fixture.ts";

const refusal = (message: string) => {
  const cause = Object.assign(new Error(message), { name: "ValidationException" });
  return new FardelError("AWS_ValidationException", "Scheduler CreateSchedule failed", { why: message, cause });
};
const notYet = refusal("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.");

/** A call that is refused so often, and how often it was made. */
function attempt(refusals: number, error: Error) {
  const { run } = runWith({} as Aws);
  let calls = 0;
  const made = withNewRole({ ...run, time: hurriedTime() }, async () => {
    if (calls++ < refusals) throw error;
    return "made";
  });
  return { made, calls: () => calls };
}

test("a call is made again while a new role can't be assumed", async () => {
  const { made, calls } = attempt(3, notYet);
  expect(await made).toBe("made");
  expect(calls()).toBe(4);
});

test("after a minute the role is wrong, not new", async () => {
  const { made, calls } = attempt(1000, notYet);
  await expect(made).rejects.toBe(notYet);
  expect(calls()).toBe(21);
});

test("what is refused for anything else is refused at once", async () => {
  const { made, calls } = attempt(1, refusal("Invalid Schedule Expression rate(0 minutes)."));
  await expect(made).rejects.toThrow("CreateSchedule failed");
  expect(calls()).toBe(1);
});
