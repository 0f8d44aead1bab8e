import type { Task } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import type { Aws } from "../../aws/clients.ts";
import { FardelError } from "../../errors.ts";
import { descriptor } from "../release.fixture.ts";
import { runWith } from "../rollout/watch.fixture.ts";
import { runOnce } from "./run-once.ts";

const taskArn = "arn:aws:ecs:eu-west-1:123456789012:task/prod/0123456789abcdef";
const request = {
  workload: "migrate",
  taskDefinition: "shop-production-migrate:1",
  capacity: { launchType: "FARGATE" } as const,
  purpose: "run-by-ada@example.com",
};
const running: Task = { taskArn, lastStatus: "RUNNING" };
const stopped: Task = { taskArn, lastStatus: "STOPPED", containers: [{ name: "migrate", exitCode: 0 }] };

/** ECS that shows the task look by look, until it is stopped; the last one stays. */
function world(looks: (Task | undefined)[], whileStarting = () => {}) {
  const asked: string[] = [];
  const started: string[] = [];
  let look = 0;
  const ecs = {
    async runTask({ startedBy }: { startedBy: string }) {
      started.push(startedBy);
      whileStarting();
      return { tasks: [{ taskArn }] };
    },
    async describeTasks() {
      const task = asked.includes("stop") ? stopped : looks[Math.min(look++, looks.length - 1)];
      return { tasks: task ? [task] : [] };
    },
    async stopTask() {
      asked.push("stop");
    },
  };
  const logs = { getLogEvents: async () => ({ events: [] }) };
  return { ...runWith({ target: {}, ecs, logs } as unknown as Aws), asked, started };
}

test("gives the exit code of the workload's own container", async () => {
  const { run } = world([undefined, running, stopped]);
  expect(await runOnce(run, request)).toMatchObject({ exitCode: 0 });
});

test("a task is found again by what it was run for, in characters that ECS takes", async () => {
  const { run, started } = world([stopped]);
  await runOnce(run, request);
  expect(started).toEqual(["fardel/shop/production/run-by-ada-example-com"]);
});

test("stops its task also when the person gives up while it is being started", async () => {
  const person = new AbortController();
  const { run, asked } = world([running], () => person.abort(new Error("Ctrl-C")));
  await expect(runOnce({ ...run, signal: person.signal }, request)).rejects.toThrow("Ctrl-C");
  expect(asked).toEqual(["stop"]);
});

test("doesn't look for ever for a task that ECS no longer shows", async () => {
  const { run } = world([running, undefined]);
  const lost = await runOnce(run, request).catch((error: unknown) => error);
  expect(lost).toBeInstanceOf(FardelError);
  expect(lost).toMatchObject({ code: "TASK_LOST", where: `task 89abcdef in cluster ${descriptor.cluster}` });
});
