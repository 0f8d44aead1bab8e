import type { Service as EcsService, Task as EcsTask } from "@aws-sdk/client-ecs";
import type { Service } from "../../config/app.ts";
import { describeEcsServices } from "../current.ts";
import type { RolloutResult } from "../outcome.ts";
import type { Run } from "../run.ts";
import { privateAddresses, stoppedTasks, tasksStartedBy } from "../tasks/tasks.ts";
import { sleep } from "../time.ts";
import { targetsAt } from "./rollout-progress.ts";
import { primaryOf } from "./services.ts";
import type { EndedRollout } from "./watch.ts";

/** A rolling update that has come to its end, as ECS sees it. */
export interface Served {
  service: Service;
  ended: EndedRollout;
}

/** Names of alarms in state ALARM, by service. */
export type RaisedAlarms = ReadonlyMap<string, ReadonlySet<string>>;

interface Baking extends Served {
  /** Milliseconds since 1970. */
  until: number;
  /** ARNs of the tasks that serve, and of those that had stopped before. */
  tasks: ReadonlySet<string>;
  stopped: ReadonlySet<string>;
}

interface Trouble {
  result: RolloutResult;
  reason: string | undefined;
  /** What the load balancer says of a task of it. */
  targetReason?: string;
}

const pollMs = { first: 200, last: (local: boolean) => (local ? 500 : 5000) };

/**
 * Watches rolling updates for the bake times that their manifest asks for: no task may end by itself or turn unhealthy, no alarm
 * be raised, and nobody else deploy the service. They bake together; as soon as one fails, it is over for all. ECS has no such
 * time for them: its bakeTimeInMinutes is "when both blue and green service revisions are running simultaneously".
 *
 * @param raised alarms that were raised before these rollouts began, and say nothing of them.
 * @returns the same, as they have ended now.
 */
export async function bakeTogether(run: Run, served: readonly Served[], raised: RaisedAlarms): Promise<Served[]> {
  const begun = await Promise.all(served.filter(bakes).map((each) => lookBefore(run, each)));
  const began = run.time.now();
  const ends = new Map<string, EndedRollout>();
  const end = ({ service: { name }, ended }: Baking, trouble: Trouble | undefined) => {
    const durationMs = run.time.now() - began;
    const changed: EndedRollout = { ...ended, ...trouble, durationMs: ended.durationMs + durationMs };
    ends.set(name, changed);
    run.emit({ type: "rollout.baked", service: name, outcome: changed.result, durationMs });
  };
  let left = begun.map((each) => begin(run, each, began));
  const { first, last } = pollMs;
  for (let delay = first; left.length > 0; delay = Math.min(delay * 1.3, last(run.aws.target.endpoint !== undefined))) {
    const soonest = Math.min(...left.map(({ until }) => until)) - run.time.now();
    await sleep(run.time, Math.max(0, Math.min(delay, soonest)), run.signal);
    const takenBack = await run.takenBack?.();
    const troubles = await findTroubles(run, left, raised);
    const over = takenBack !== undefined || troubles.size > 0;
    const isDone = ({ until }: Baking) => over || run.time.now() >= until;
    for (const each of left.filter(isDone)) end(each, troubles.get(each.service.name));
    left = left.filter(({ service }) => !ends.has(service.name));
  }
  return served.map(({ service, ended }) => ({ service, ended: ends.get(service.name) ?? ended }));
}

/** The first revision of a service has nothing to go back to: ECS doesn't let it bake with other strategies either. */
function bakes({ service, ended }: Served): boolean {
  return service.rollout.bakeSeconds > 0 && !ended.rollout.created;
}

async function lookBefore(run: Run, { service, ended }: Served): Promise<Omit<Baking, "until">> {
  const { ecsName, deployment } = ended.rollout;
  const [serving, stopped] = await Promise.all([tasksStartedBy(run, deployment), stoppedTasks(run, ecsName)]);
  return { service, ended, tasks: arnsOf(serving), stopped: arnsOf(stopped) };
}

function begin(run: Run, baking: Omit<Baking, "until">, began: number): Baking {
  const { name, rollout } = baking.service;
  const until = began + rollout.bakeSeconds * 1000;
  run.emit({ type: "rollout.baking", service: name, until: new Date(until).toISOString() });
  return { ...baking, until };
}

/** By service. */
async function findTroubles(run: Run, baking: readonly Baking[], before: RaisedAlarms): Promise<Map<string, Trouble>> {
  const names = baking.map(({ ended }) => ended.rollout.ecsName);
  const [services, raised] = await Promise.all([
    describeEcsServices(run.aws, run.descriptor.cluster, names),
    raisedAlarms(
      run,
      baking.map(({ service }) => service),
    ),
  ]);
  const found = await Promise.all(
    baking.map(async (each): Promise<[string, Trouble][]> => {
      const { name } = each.service;
      const ecs = services.find(({ serviceName }) => serviceName === each.ended.rollout.ecsName);
      const alarms = [...(raised.get(name) ?? [])].filter((alarm) => !before.get(name)?.has(alarm));
      const trouble = overtaken(each, ecs) ?? inAlarm(alarms) ?? (await taskTrouble(run, each));
      return trouble === undefined ? [] : [[name, trouble]];
    }),
  );
  return new Map(found.flat());
}

function overtaken({ ended }: Baking, ecs: EcsService | undefined): Trouble | undefined {
  const primary = primaryOf(ecs);
  if (primary === undefined) return failure("The service was deleted while it baked.");
  return primary.id === ended.rollout.deployment ? undefined : { result: "superseded", reason: undefined };
}

function inAlarm(alarms: readonly string[]): Trouble | undefined {
  return alarms.length === 0 ? undefined : failure(`In alarm: ${alarms.join(", ")}.`);
}

/**
 * A task that has ended by itself, or one of those that served when the bake began and is unhealthy now: what has been started
 * since is ECS's to take or to stop.
 */
async function taskTrouble(run: Run, { ended, tasks, stopped }: Baking): Promise<Trouble | undefined> {
  const { ecsName, deployment, targetGroup, alternateTargetGroup } = ended.rollout;
  const [running, over] = await Promise.all([tasksStartedBy(run, deployment), stoppedTasks(run, ecsName)]);
  const failed = over.find(
    (task) => task.startedBy === deployment && !stopped.has(task.taskArn ?? "") && failedByItself(task),
  );
  if (failed) return failure(`A task of it failed while it baked: ${failed.stoppedReason ?? failed.stopCode}.`);
  const serving = running.filter(({ taskArn = "" }) => tasks.has(taskArn));
  const unhealthy = "A task of it turned unhealthy while it baked.";
  if (serving.some(({ healthStatus }) => healthStatus === "UNHEALTHY")) return failure(unhealthy);
  const groups = [targetGroup, alternateTargetGroup].filter((each) => each !== undefined);
  const { reason } = await targetsAt(run, groups, new Set(serving.flatMap(privateAddresses)));
  return reason === undefined ? undefined : { ...failure(unhealthy), targetReason: reason };
}

/** One that somebody, autoscaling or a lost host has stopped, or that never started in its place, says nothing of its revision. */
function failedByItself({ stopCode, stoppedReason = "" }: EcsTask): boolean {
  if (stopCode === "ServiceSchedulerInitiated") return /failed .*health checks/.test(stoppedReason);
  return stopCode === "EssentialContainerExited";
}

/** The alarms of these services' rollouts that are raised right now. */
export async function raisedAlarms(run: Run, services: readonly Service[]): Promise<RaisedAlarms> {
  const watching = services.filter(({ rollout }) => rollout.alarms.length > 0);
  const found = await Promise.all(
    watching.map(async ({ name, rollout }): Promise<[string, ReadonlySet<string>]> => {
      const { MetricAlarms = [], CompositeAlarms = [] } = await run.aws.cloudWatch.describeAlarms({
        AlarmNames: rollout.alarms,
        // "If you omit this parameter, only metric alarms are returned" (AlarmTypes).
        AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
        StateValue: "ALARM",
        MaxRecords: 100,
      });
      return [name, new Set([...MetricAlarms, ...CompositeAlarms].flatMap(({ AlarmName }) => AlarmName ?? []))];
    }),
  );
  return new Map(found);
}

function failure(reason: string): Trouble {
  return { result: "failed", reason };
}

function arnsOf(tasks: readonly EcsTask[]): Set<string> {
  return new Set(tasks.flatMap(({ taskArn }) => taskArn ?? []));
}
