import assert from "node:assert/strict";
import { isAlive, isHealthy } from "./health.ts";
import { schedule } from "./schedule.ts";
import type { Simulation } from "./simulation.fixture.ts";
import type { Action, ServiceState, ServiceTask } from "./state.ts";

/** Throws where a look breaks a promise. */
export type HoldLook = (now: number, before: ServiceState, after: ServiceState, actions: Action[]) => void;

const sixHours = 6 * 3_600_000;

/**
 * Holds every look and every action of a simulation against what ECS promises, computed here a second time and without the
 * scheduler's own code: `changed` is to be called whenever the test itself changes what is wanted.
 */
export function watch(
  simulation: Simulation,
  options: { deregistrationDelay: number; hold?: HoldLook },
): { changed: () => void } {
  const { hold = holdLimits } = options;
  const targets = new TargetHistory(options.deregistrationDelay);
  const events = new EventHistory();
  simulation.onLook = (before, after, actions) => {
    hold(simulation.now, before, after, actions);
    if (actions.length === 0) assert.deepEqual(schedule(after, simulation.now).actions, []);
    events.look(before, after, actions, simulation.now);
  };
  simulation.onAction = (action) => targets.act(action, simulation);
  return { changed: () => events.changed() };
}

/** `floor(desired × maximumPercent)` RUNNING and PENDING tasks at most; no stop takes healthy ones below `ceil(desired × minimum)`. */
function holdLimits(now: number, before: ServiceState, after: ServiceState, actions: Action[]): void {
  const { desiredCount, maximumPercent, minimumHealthyPercent } = after;
  const starting = actions.reduce((sum, action) => sum + (action.type === "startTasks" ? action.count : 0), 0);
  const alive = after.tasks.filter(isAlive).length;
  const maximum = Math.floor((desiredCount * maximumPercent) / 100);
  assert.ok(alive + starting <= maximum, `${alive} tasks and ${starting} about to start, of at most ${maximum}`);
  const healthy = (tasks: ServiceTask[]) => tasks.filter((task) => isHealthy(task, now)).length;
  const minimum = Math.ceil((desiredCount * minimumHealthyPercent) / 100);
  const left = healthy(after.tasks);
  assert.ok(left >= Math.min(healthy(before.tasks), minimum), `${left} healthy tasks are left, of at least ${minimum}`);
}

/** A target: unused → initial → healthy or unhealthy → draining for the whole delay → unused, and only then the signal. */
class TargetHistory {
  private readonly delay: number;
  private readonly registered = new Set<string>();
  private readonly deregisteredAt = new Map<string, number>();
  private readonly stopped = new Set<string>();

  constructor(delay: number) {
    this.delay = delay;
  }

  act(action: Action, { service, now }: Simulation): void {
    if (action.type !== "registerTarget" && action.type !== "deregisterTarget" && action.type !== "stopTask") return;
    const task = service.tasks.find(({ id }) => id === action.task);
    if (action.type === "registerTarget") {
      assert.equal(task?.phase, "running");
      assert.equal(task.retirement, undefined);
      assert.ok(!this.registered.has(action.task), `${action.task} is registered again`);
      this.registered.add(action.task);
    } else if (action.type === "deregisterTarget") {
      assert.ok(this.registered.has(action.task), `${action.task} is deregistered, but never was registered`);
      assert.equal(this.deregisteredAt.get(action.task), undefined);
      this.deregisteredAt.set(action.task, now);
    } else {
      assert.ok(!this.stopped.has(action.task), `${action.task} is stopped again`);
      this.stopped.add(action.task);
      assert.ok(
        task?.targets.every(({ state }) => state === "unused"),
        `${action.task} is stopped while it has traffic`,
      );
      if (!this.registered.has(action.task)) return;
      const drained = (this.deregisteredAt.get(action.task) ?? Number.POSITIVE_INFINITY) + this.delay;
      assert.ok(now >= drained, `${action.task} is stopped before its targets have drained`);
    }
  }
}

/** What lasts is said at most every six hours, unless something happened in between that may have ended it. */
class EventHistory {
  private readonly saidAt = new Map<string, number>();
  private readonly over = new Set<string>();

  changed(): void {
    this.saidAt.clear();
  }

  look(before: ServiceState, after: ServiceState, actions: Action[], now: number): void {
    const primary = before.deployments[0];
    const present = before.tasks.filter(({ phase }) => phase !== "stopped");
    const atRest =
      before.deployments.length === 1 &&
      present.length === before.desiredCount &&
      present.every((task) => isAlive(task) && isHealthy(task, now));
    if (!atRest) this.over.add("steady state");
    if (primary && after.deployments[0]?.id !== primary.id) this.changed();
    if (before.tasks.some((task) => task.phase === "running" && (task.runningSince ?? 0) >= now)) {
      this.over.add("consistently start");
    }
    for (const action of actions) {
      if (action.type !== "event") {
        this.over.add("stop or start tasks");
        this.over.add("AZ balanced");
        continue;
      }
      const last = this.saidAt.get(action.message);
      this.saidAt.set(action.message, now);
      const ended = [...this.over].find((cause) => action.message.includes(cause));
      if (ended !== undefined) this.over.delete(ended);
      else if (last !== undefined && !isOneOfMany(action.message)) {
        assert.ok(now - last >= sixHours, `said again after ${now - last} ms: ${action.message}`);
      }
    }
  }
}

/** What is said of each single occasion: tasks named by id, batches that drain or stop. */
function isOneOfMany(message: string): boolean {
  return /begun draining|has stopped|has started/.test(message);
}
