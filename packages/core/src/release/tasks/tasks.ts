import type { ListTasksRequest, Task } from "@aws-sdk/client-ecs";
import type { Run } from "../run.ts";

type Reader = Pick<Run, "aws" | "descriptor">;

/** The tasks of one deployment (`ecs-svc/…`) that are to run. "It must be the only filter that you use." */
export function tasksStartedBy(reader: Reader, startedBy: string): Promise<Task[]> {
  return findTasks(reader, { startedBy });
}

/** The tasks of a service that ECS has stopped, or told to stop: "for about an hour". */
export function stoppedTasks(reader: Reader, serviceName: string): Promise<Task[]> {
  return findTasks(reader, { serviceName, desiredStatus: "STOPPED" });
}

/** The tasks of a service that haven't stopped yet: those that are to run, and those that are on their way out. */
export async function tasksOfService(reader: Reader, serviceName: string): Promise<Task[]> {
  const [wanted, unwanted] = await Promise.all([
    findTasks(reader, { serviceName, desiredStatus: "RUNNING" }),
    stoppedTasks(reader, serviceName),
  ]);
  return [...wanted, ...unwanted].filter(({ lastStatus }) => lastStatus !== "STOPPED");
}

/** The tasks of a task definition's family that are to run, those of services too. */
export function familyTasks(reader: Reader, family: string): Promise<Task[]> {
  return findTasks(reader, { family, desiredStatus: "RUNNING" });
}

/** Of the network interface that a task has on Fargate. */
export function privateAddresses({ attachments = [] }: Task): string[] {
  return attachments.flatMap(({ details = [] }) =>
    details.flatMap(({ name, value }) => (name === "privateIPv4Address" && value ? [value] : [])),
  );
}

/** ListTasks gives a hundred at a time, and DescribeTasks takes "a list of up to 100 task IDs". */
async function findTasks(
  { aws, descriptor: { cluster } }: Reader,
  filter: Omit<ListTasksRequest, "cluster">,
): Promise<Task[]> {
  const tasks: Task[] = [];
  for await (const { taskArns = [] } of aws.ecs.paginateListTasks({ cluster, ...filter })) {
    if (taskArns.length > 0) tasks.push(...((await aws.ecs.describeTasks({ cluster, tasks: taskArns })).tasks ?? []));
  }
  return tasks;
}
