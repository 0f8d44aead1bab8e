import { expect, test } from "vitest";
import type { Aws } from "../../aws/clients.ts";
import { descriptor } from "../release.fixture.ts";
import { familyTasks, stoppedTasks, tasksStartedBy } from "./tasks.ts";

/** ECS with 150 tasks, which gives and takes a hundred at a time, as it says it does. */
function crowdedEcs() {
  const arns = Array.from({ length: 150 }, (_, at) => `task/${at}`);
  const ecs = {
    async *paginateListTasks() {
      yield { taskArns: arns.slice(0, 100) };
      yield { taskArns: arns.slice(100) };
    },
    async describeTasks({ tasks }: { tasks: string[] }) {
      if (tasks.length > 100) throw new Error("Tasks cannot be more than 100 entries");
      return { tasks: tasks.map((taskArn) => ({ taskArn })) };
    },
  };
  return { aws: { ecs } as unknown as Aws, descriptor };
}

test("finds all tasks of a deployment, a service and a family, however many", async () => {
  expect(await tasksStartedBy(crowdedEcs(), "ecs-svc/1")).toHaveLength(150);
  expect(await stoppedTasks(crowdedEcs(), "shop-web")).toHaveLength(150);
  expect(await familyTasks(crowdedEcs(), "shop-production-web")).toHaveLength(150);
});
