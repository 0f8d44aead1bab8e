import type { Task } from "@aws-sdk/client-ecs";
import type { Run } from "./run.ts";

type Reader = Pick<Run, "aws" | "descriptor">;

/** The tasks of one deployment (`ecs-svc/…`) that are to run. "It must be the only filter that you use." */
export async function tasksStartedBy({ aws, descriptor: { cluster } }: Reader, startedBy: string): Promise<Task[]> {
  const { taskArns = [] } = await aws.ecs.listTasks({ cluster, startedBy });
  return describeTasks({ aws, cluster }, taskArns);
}

/** The tasks of a service that ECS has stopped, or told to stop: "for about an hour". */
export async function stoppedTasks({ aws, descriptor: { cluster } }: Reader, serviceName: string): Promise<Task[]> {
  const { taskArns = [] } = await aws.ecs.listTasks({ cluster, serviceName, desiredStatus: "STOPPED" });
  return describeTasks({ aws, cluster }, taskArns);
}

/** "A list of up to 100 task IDs"; ListTasks gives at most as many. */
async function describeTasks(
  { aws, cluster }: Pick<Reader, "aws"> & { cluster: string },
  arns: string[],
): Promise<Task[]> {
  if (arns.length === 0) return [];
  const { tasks = [] } = await aws.ecs.describeTasks({ cluster, tasks: arns });
  return tasks;
}
