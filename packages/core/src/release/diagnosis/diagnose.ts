import type { Task } from "@aws-sdk/client-ecs";
import type { Service, Workload } from "../../config/app.ts";
import { describeEcsServices } from "../current.ts";
import { lastPart, shortTaskId } from "../names.ts";
import type { EndedRollout } from "../rollout/watch.ts";
import type { Run } from "../run.ts";
import { lastLines, logStreamOf } from "../tasks/task-logs.ts";
import { stoppedTasks } from "../tasks/tasks.ts";
import type { Diagnosis, FailedTask } from "./diagnosis.ts";
import { failedContainer } from "./failed-container.ts";
import { redactor } from "./redact.ts";
import { verdictOf } from "./verdict.ts";

type Reader = Pick<Run, "aws" | "descriptor">;

const shownLines = 20;
const shownEvents = 5;

/** What a diagnosis starts from. */
interface FailedRollout extends Pick<EndedRollout, "reason" | "targetReason"> {
  rollout: Pick<EndedRollout["rollout"], "ecsName" | "deployment" | "taskDefinition" | "startedAt">;
}

/** Finds out why a rollout failed. ECS keeps the tasks it stopped for about an hour. */
export async function diagnoseRollout(run: Reader, service: Service, ended: FailedRollout): Promise<Diagnosis> {
  const { rollout, reason, targetReason } = ended;
  // What ECS has refused has no tasks, and maybe no service.
  const begun = rollout.deployment !== "";
  const [stopped, [ecs]] = await Promise.all([
    begun ? stoppedTasks(run, rollout.ecsName) : [],
    begun ? describeEcsServices(run.aws, run.descriptor.cluster, [rollout.ecsName]) : [],
  ]);
  const failed = stopped
    .filter((task) => task.startedBy === rollout.deployment && failedByItself(task))
    .sort(latestFirst);
  const messages = (ecs?.events ?? [])
    .filter(({ createdAt }) => (createdAt?.getTime() ?? 0) >= rollout.startedAt)
    .flatMap(({ message }) => message ?? []);
  return diagnosis(run, service, {
    revision: rollout.taskDefinition,
    task: failed[0],
    failedTasks: failed.length,
    targetReason: targetReason ?? targetReasonIn(messages, failed),
    deploymentReason: reason,
    events: messages.slice(0, shownEvents),
  });
}

/** Finds out why a task that was run once, by a release or by hand, failed. */
export async function diagnoseTask(
  run: Reader,
  workload: Workload,
  task: Task,
  { byHand = false } = {},
): Promise<Diagnosis> {
  return diagnosis(run, workload, {
    revision: task.taskDefinitionArn ?? "",
    task,
    failedTasks: 1,
    targetReason: undefined,
    deploymentReason: undefined,
    events: [],
    byHand,
  });
}

interface Findings {
  revision: string;
  task: Task | undefined;
  failedTasks: number;
  targetReason: string | undefined;
  deploymentReason: string | undefined;
  events: string[];
  byHand?: boolean;
}

async function diagnosis(run: Reader, workload: Workload | Service, found: Findings): Promise<Diagnosis> {
  const { aws, descriptor } = run;
  const { name } = workload;
  const container = found.task === undefined ? name : await containerOf(run, name, found.task);
  const { taskArn } = found.task ?? {};
  const stream = taskArn === undefined ? undefined : logStreamOf(descriptor, name, taskArn, container);
  const [clean, lines] = await Promise.all([redactor(aws, workload, descriptor), lastLines(aws, stream, shownLines)]);
  const logLines = lines.map(clean);
  const task = found.task && cleaned(failedTask(found.task), clean);
  const port = "port" in workload ? workload.port : undefined;
  const verdict = verdictOf({
    workload: name,
    container,
    isService: "rollout" in workload,
    architecture: workload.architecture,
    memoryMiB: workload.memoryMiB,
    port,
    health: "route" in workload ? workload.route?.health : undefined,
    task,
    ranSeconds: ranSeconds(found.task),
    targetReason: found.targetReason,
    deploymentReason: found.deploymentReason,
    byHand: found.byHand ?? false,
    logLines,
  });
  return {
    workload: name,
    revision: lastPart(found.revision),
    ...verdict,
    ...(task && { task }),
    failedTasks: found.failedTasks,
    ...(found.targetReason !== undefined && { targetReason: found.targetReason }),
    ...(found.deploymentReason !== undefined && { deploymentReason: found.deploymentReason }),
    events: found.events,
    ...(container !== name && { container }),
    logLines,
  };
}

/** The container that has failed. Only the task definition tells which ones a task ends with. */
async function containerOf({ aws }: Reader, own: string, task: Task): Promise<string> {
  if ((task.containers ?? []).length < 2) return own;
  const { taskDefinition } = await aws.ecs.describeTaskDefinition({ taskDefinition: task.taskDefinitionArn });
  const containers = taskDefinition?.containerDefinitions ?? [];
  const essential = containers.flatMap(({ name, essential }) =>
    name !== undefined && essential !== false ? name : [],
  );
  return failedContainer(failedTask(task), own, new Set(essential));
}

/** Not one that was stopped only because its revision was given up. */
function failedByItself({ stopCode, stoppedReason = "" }: Task): boolean {
  return stopCode !== undefined && !stoppedReason.startsWith("Scaling activity initiated by");
}

/** ECS deregisters an unhealthy target at once, so that often only its event still tells what the load balancer said. */
function targetReasonIn(messages: readonly string[], failed: readonly Task[]): string | undefined {
  const ours = failed.map(({ taskArn }) => lastPart(taskArn));
  const message = messages.find((each) => each.includes(" is unhealthy in ") && ours.some((id) => each.includes(id)));
  return message && /\(reason (.*)\)/.exec(message)?.[1];
}

function latestFirst(a: Task, b: Task): number {
  return when(b) - when(a);
}

function when({ stoppedAt, stoppingAt, createdAt }: Task): number {
  return (stoppedAt ?? stoppingAt ?? createdAt)?.getTime() ?? 0;
}

function ranSeconds(task: Task | undefined): number | undefined {
  const end = task?.executionStoppedAt ?? task?.stoppedAt;
  if (!task?.startedAt || !end) return undefined;
  return Math.max(0, Math.round((end.getTime() - task.startedAt.getTime()) / 1000));
}

function failedTask(task: Task): FailedTask {
  const { taskArn = "", lastStatus = "", stopCode, stoppedReason, containers = [] } = task;
  return {
    arn: taskArn,
    id: shortTaskId(taskArn),
    lastStatus,
    ...(stopCode !== undefined && { stopCode }),
    ...(stoppedReason !== undefined && { stoppedReason }),
    containers: containers.map(({ name = "", exitCode, reason, healthStatus }) => ({
      name,
      ...(exitCode !== undefined && { exitCode }),
      ...(reason !== undefined && { reason }),
      ...(healthStatus !== undefined && healthStatus !== "UNKNOWN" && { healthStatus }),
    })),
  };
}

function cleaned(task: FailedTask, clean: (text: string) => string): FailedTask {
  return {
    ...task,
    ...(task.stoppedReason !== undefined && { stoppedReason: clean(task.stoppedReason) }),
    containers: task.containers.map((container) => ({
      ...container,
      ...(container.reason !== undefined && { reason: clean(container.reason) }),
    })),
  };
}
