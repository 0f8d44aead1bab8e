import type { Task } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import type { Aws } from "../../aws/clients.ts";
import { untilOldTasksAreGone } from "./old-tasks.ts";
import { runWith } from "./watch.fixture.ts";

/** A service whose tasks go on by a state at each look; the last one stays. */
function world(tasks: (Omit<Task, "lastStatus"> & { states: string[] })[], primary = "ecs-svc/2") {
  const looks = new Map<string, number>();
  const ecs = {
    describeServices: async () => ({
      services: [{ serviceName: "shop-web", status: "ACTIVE", deployments: [{ id: primary, status: "PRIMARY" }] }],
    }),
    async *paginateListTasks({ desiredStatus }: { desiredStatus: string }) {
      yield { taskArns: tasks.flatMap((task) => (task.desiredStatus === desiredStatus ? (task.taskArn ?? []) : [])) };
    },
    async describeTasks({ tasks: arns }: { tasks: string[] }) {
      const found = tasks.filter(({ taskArn = "" }) => arns.includes(taskArn));
      return {
        tasks: found.map(({ states, ...task }) => {
          const look = looks.get(task.taskArn ?? "") ?? 0;
          looks.set(task.taskArn ?? "", look + 1);
          return { ...task, lastStatus: states[Math.min(look, states.length - 1)] };
        }),
      };
    },
  };
  return { ...runWith({ target: {}, ecs } as unknown as Aws), looks };
}

const web = { service: "web", ecsName: "shop-web", deployment: "ecs-svc/2" };
const task = (taskArn: string, startedBy: string, desiredStatus: string, ...states: string[]) => ({
  taskArn,
  startedBy,
  desiredStatus,
  states,
});

test("row B7: old tasks are waited for until they have stopped, those that are being stopped too; new ones aren't", async () => {
  const { run, events, looks } = world([
    task("new", "ecs-svc/2", "RUNNING", "RUNNING"),
    task("draining", "ecs-svc/1", "RUNNING", "RUNNING", "DEACTIVATING", "STOPPING", "STOPPED"),
    task("stopping", "ecs-svc/1", "STOPPED", "STOPPING", "STOPPED"),
    task("stopped", "ecs-svc/1", "STOPPED", "STOPPED"),
  ]);
  expect(await untilOldTasksAreGone(run, [web])).toEqual([]);
  expect(events).toEqual([{ type: "release.notice", message: "Waiting for 2 old tasks of web to stop." }]);
  expect(Object.fromEntries(looks)).toEqual({ new: 1, draining: 4, stopping: 2, stopped: 1 });
});

test("a task that ECS has forgotten is gone", async () => {
  const tasks = [task("old", "ecs-svc/1", "RUNNING", "RUNNING")];
  const { run } = world(tasks);
  const { describeTasks } = run.aws.ecs;
  let looked = false;
  Object.assign(run.aws.ecs, {
    describeTasks: (input: Parameters<typeof describeTasks>[0]) => {
      if (looked) return Promise.resolve({ tasks: [], failures: [{ arn: "old", reason: "MISSING" }] });
      looked = true;
      return describeTasks(input);
    },
  });
  expect(await untilOldTasksAreGone(run, [web])).toEqual([]);
});

test("a service that somebody else has deployed since isn't waited for, and is told", async () => {
  const { run, looks } = world([task("ours", "ecs-svc/2", "RUNNING", "RUNNING")], "ecs-svc/3");
  expect(await untilOldTasksAreGone(run, [web])).toEqual(["web"]);
  expect(looks.size).toBe(0);
});

test("what is held longer than draining and stopping can take is an error, with the tasks' names", async () => {
  const { run } = world([task("held", "ecs-svc/1", "RUNNING", "RUNNING")]);
  await expect(untilOldTasksAreGone(run, [web])).rejects.toMatchObject({
    code: "OLD_TASKS",
    message: "Within 65 minutes, 1 old task of web didn't stop",
    why: "held",
  });
});
