import type { Task, TaskStopCode } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import { rolloutOf, runWith, type Script, scriptedEcs } from "./watch.fixture.ts";
import { watchRollouts } from "./watch.ts";

const second = (at: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, at));
const startedBy = "ecs-svc/web";

/** Began and ended so many seconds after the rollout did. */
function ended(from: number, to: number, stopCode: TaskStopCode = "EssentialContainerExited"): Task {
  return { taskArn: `task/${from}`, startedBy, stopCode, startedAt: second(from), executionStoppedAt: second(to) };
}
const running = (from: number): Task => ({ taskArn: `task/${from}`, startedBy, startedAt: second(from) });

/** Follows a rollout of a service of 2 tasks that ECS calls complete when its clock is at 60 s. */
async function complete(script: Partial<Script>, returns = false) {
  const { aws, taskLists } = scriptedEcs([
    {
      service: "web",
      id: "ours",
      taskDefinition: "web:2",
      statuses: ["SUCCESSFUL"],
      finishedAt: second(60),
      ...script,
    },
  ]);
  const [rollout] = await watchRollouts(runWith(aws).run, [rolloutOf("web", { returns })]);
  return { result: rollout?.result, reason: rollout?.reason, taskLists };
}

const startedFour = [
  "(service web) has started 2 tasks: (task 3) (task 4).",
  "(service web) has started 2 tasks: (task 1) (task 2).",
];

test("a completed rollout whose tasks have ended twice, and run no longer now, doesn't serve", async () => {
  const tasks = [ended(10, 30), ended(11, 31), running(50), running(51)];
  expect(await complete({ events: startedFour, tasks })).toMatchObject({
    result: "failed",
    reason: "It doesn't stay up: 2 of its tasks ended since the rollout began.",
  });
});

test("its tasks are asked for only where it started more of them than it takes", async () => {
  const tasks = [ended(10, 30), ended(11, 31)];
  expect(await complete({ events: startedFour.slice(1), tasks })).toEqual({
    result: "serving",
    reason: undefined,
    taskLists: [],
  });
});

test.each<[string, Task[]]>([
  ["ended once", [ended(10, 30), running(11), running(50)]],
  ["were stopped by a person", [ended(10, 30, "UserInitiated"), ended(11, 31, "UserInitiated"), running(50)]],
  ["were interrupted", [ended(10, 30, "SpotInterruption"), ended(11, 31, "SpotInterruption"), running(50)]],
  ["were replaced", [ended(10, 30), ended(11, 31, "ServiceSchedulerInitiated"), running(50)]],
  ["are of another deployment", [10, 11].map((at) => ({ ...ended(at, at + 20), startedBy: "ecs-svc/old" }))],
  ["ended at their start, and have run since", [ended(10, 12), ended(11, 13), running(20), running(21)]],
])("it serves when tasks %s", async (_, tasks) => {
  expect(await complete({ events: startedFour, tasks })).toMatchObject({ result: "serving" });
});

test("what goes back serves, as it did before", async () => {
  const tasks = [ended(10, 30), ended(11, 31), running(50)];
  expect(await complete({ events: startedFour, tasks }, true)).toMatchObject({ result: "serving", taskLists: [] });
});
