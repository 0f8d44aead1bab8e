import type { Region } from "../../../region.ts";
import { schedule } from "../../../runtime/scheduler/schedule.ts";
import type { Action } from "../../../runtime/scheduler/state.ts";
import { regionTime } from "../../../scaled-clock.ts";
import type { Ecs } from "../ecs.ts";
import { type ServiceRecord, serviceKey, taskKey } from "../records.ts";
import { prepareRevisions } from "../services/revisions.ts";
import { keepRollout, stopSupersededRollouts } from "../services/rollouts.ts";
import { placeableNow } from "../zones.ts";
import { readAlarms } from "./alarms.ts";
import { addEvents } from "./events.ts";
import { observeTasks } from "./observe.ts";
import { startServiceTasks } from "./start-tasks.ts";
import { readTargetHealth, type TargetHealth } from "./target-health.ts";
import { moveTargets } from "./targets.ts";
import { shiftTraffic } from "./traffic.ts";

export interface LookOutcome {
  /** Something was done, so there may be more to do. */
  acted: boolean;
  /** The load balancer refused something; asking again at once wouldn't help. */
  refused: boolean;
  next?: number;
}

/**
 * One look at a service: gather what the scheduler has to know, let it decide, keep its decision and the tasks it starts
 * and stops in one transaction, then do what involves the load balancer. What is lost by a crash in between shows in
 * the next look's observations, and is decided again.
 */
export async function lookAtService(ecs: Ecs, key: string): Promise<LookOutcome> {
  const before = ecs.records.services.get(key);
  if (!before || before.status === "INACTIVE") return { acted: false, refused: false };
  await prepareRevisions(ecs, before);
  const health = await readTargetHealth(ecs, before);
  const alarms = await readAlarms(ecs, before);
  const decision = ecs.region.store.transaction(() => decide(ecs, key, health, alarms.raised));
  const { actions } = decision;
  const decided = ecs.records.services.get(key) ?? before;
  const unshifted = await shiftTraffic(ecs, decided, actions);
  const unmoved = await moveTargets(ecs, decided, actions);
  const refused = unshifted || unmoved || health.missing;
  const next = Math.min(decision.next ?? Number.POSITIVE_INFINITY, alarms.next ?? Number.POSITIVE_INFINITY);
  return { acted: actions.length > 0, refused, ...(Number.isFinite(next) ? { next } : {}) };
}

function decide(
  ecs: Ecs,
  key: string,
  health: TargetHealth,
  alarmsRaised: string[] | undefined,
): { actions: Action[]; next?: number } {
  const { records, region, runner } = ecs;
  const record = records.services.get(key);
  if (!record || record.status === "INACTIVE") return { actions: [] };
  const tasks = records.serviceTasks(record);
  const observed = observeTasks(tasks, health);
  const state = {
    ...record.state,
    healthCheckGracePeriod: gracePeriod(region, record),
    tasks: observed,
    zones: placeableZones(ecs, record),
    ...(alarmsRaised ? { alarmsRaised } : {}),
  };
  const decision = schedule(state, region.clock.now());

  const decided = new Map(decision.service.tasks.map((task) => [task.id, task]));
  for (const task of tasks) {
    const mark = decided.get(task.id);
    if (!task.service || !mark) continue;
    const gone = mark.phase === "stopped" && mark.settled && mark.targets.every(({ state }) => state === "unused");
    records.tasks.put(taskKey(task), {
      ...task,
      service: {
        ...task.service,
        ...(mark.retirement ? { retirement: mark.retirement } : {}),
        wasHealthy: mark.wasHealthy,
        settled: mark.settled,
        gone,
      },
    });
  }
  const kept: ServiceRecord = { ...record, state: { ...decision.service, tasks: [] } };
  records.services.put(key, kept);
  const messages = decision.actions.flatMap((action) => {
    if (action.type === "event") return [action.message];
    if (action.type === "startTasks") return startServiceTasks(ecs, kept, action);
    if (action.type === "stopTask") {
      runner.stop(ecs.names.task(record.clusterName, action.task), {
        reason: action.reason,
        stopCode: action.stopCode,
      });
    }
    return [];
  });
  addEvents(ecs, kept, messages);
  keepRollout(ecs, kept);
  stopSupersededRollouts(ecs, kept);
  if (kept.status === "DRAINING" && observed.every((task) => task.phase === "stopped")) deactivate(ecs, kept);
  return { actions: decision.actions, ...(decision.next === undefined ? {} : { next: decision.next }) };
}

/** Milliseconds of the region's time. A real process needs as long to start as it needs, however fast that time runs. */
function gracePeriod({ clock, runtime }: Region, { settings }: ServiceRecord): number {
  const period = settings.healthCheckGracePeriodSeconds * 1000;
  return runtime === "simulated" ? period : regionTime(clock, period);
}

/** By deployment; also of the one that a failing deployment would return to. */
function placeableZones(ecs: Ecs, service: ServiceRecord): Record<string, string[]> {
  const { deployments, lastCompleted } = service.state;
  const ids = new Set([...deployments.map(({ id }) => id), ...(lastCompleted ? [lastCompleted] : [])]);
  return Object.fromEntries(
    [...ids].map((id) => {
      const { subnets } = placeableNow(ecs, ecs.records.revisionOf(service, id).placement);
      return [id, [...new Set(subnets.map(({ availabilityZone }) => availabilityZone))]];
    }),
  );
}

/** "When all tasks have transitioned to either STOPPING or STOPPED status, the service status moves to INACTIVE" (DeleteService). */
function deactivate({ records, region }: Ecs, record: ServiceRecord): void {
  const inactiveAt = new Date(region.clock.now());
  records.services.put(serviceKey(record), { ...record, status: "INACTIVE", inactiveAt });
  records.tags.delete(record.arn);
}
