import type { FardelEvent } from "../../events.ts";

/** What went on within a step, as its events tell. */
export interface PhasePart {
  name: string;
  /** Name of the step. */
  within: string;
  /** The image, task or service. */
  of: string;
  /** Milliseconds since 1970. */
  from: number;
  to: number;
  bytes?: number;
}

export interface PhaseParts {
  readonly found: readonly PhasePart[];
  /** @param within name of the step that is under way. */
  take(event: FardelEvent, at: number, within: string | undefined): void;
}

type Progress = Extract<FardelEvent, { type: "rollout.progress" }>;

/** A rollout as far as it has come; times in milliseconds since 1970. */
interface Rollout {
  started: number;
  /** Whether it replaces tasks. */
  replaces: boolean;
  /** As ECS names it. */
  stage?: string;
  /** When all new tasks ran. */
  running?: number;
  /** When all of them counted as healthy, and the old ones had been told to go. */
  healthy?: number;
  /** Of one that goes through stages: what it did after its tasks were healthy, and from when on. */
  marks: { name: "gate" | "shift" | "bake" | "drain"; at: number }[];
  /** When it had ended. */
  ended?: number;
}

/** Builds and pushes of images, tasks, and what each rollout has waited for, by the events of a release. */
export function partsOf(): PhaseParts {
  const found: PhasePart[] = [];
  const tasks = new Map<string, number>();
  let rollouts = new Map<string, Rollout>();
  const add = (within: string | undefined, part: Omit<PhasePart, "within"> | undefined) => {
    if (within !== undefined && part !== undefined && part.to > part.from) found.push({ ...part, within });
  };
  /** What a rollout that had ended has gone on with. */
  const since = (name: string, service: string, at: number) => {
    const rollout = rollouts.get(service);
    if (rollout?.ended === undefined) return undefined;
    const passed = part(name, service, rollout.ended, at);
    rollout.ended = at;
    return passed;
  };
  return {
    found,
    take(event, at, within) {
      switch (event.type) {
        case "image.built":
          if (event.cached) return;
          return add(within, part("build", event.image, at - event.durationMs, at, event.sizeBytes));
        case "image.pushed":
          return add(within, part("push", event.image, at - event.durationMs, at, event.sentBytes));
        case "task.started":
          tasks.set(event.task, at);
          return;
        case "task.finished":
          return add(within, part("task", event.task, tasks.get(event.task) ?? at - event.durationMs, at));
        case "rollout.started":
          for (const waited of drainedBetween(rollouts, at)) add(within, waited);
          if (allEnded(rollouts)) rollouts = new Map();
          rollouts.set(event.service, { started: at, replaces: false, marks: [] });
          return;
        case "rollout.progress":
          follow(rollouts.get(event.service), event, at);
          return;
        case "rollout.waiting":
          mark(rollouts.get(event.service), "gate", at);
          return;
        case "rollout.finished": {
          const rollout = rollouts.get(event.service);
          if (rollout === undefined) return;
          rollout.ended = at;
          for (const each of stagesOf(event.service, rollout, at)) add(within, each);
          return;
        }
        case "rollout.checked":
          return add(within, since("check", event.service, at));
        case "rollout.baking":
          return add(within, since("drain", event.service, at));
        case "rollout.baked":
          return add(within, since("bake", event.service, at));
      }
    },
  };
}

function part(name: string, of: string, from: number, to: number, bytes?: number): Omit<PhasePart, "within"> {
  return { name, of, from, to, ...(bytes !== undefined && { bytes }) };
}

/**
 * ECS doesn't say when a task without a load balancer has come to count as healthy: old tasks being told to go is what shows it.
 */
function follow(rollout: Rollout | undefined, progress: Progress, at: number): void {
  if (rollout === undefined) return;
  const { desired, running, healthy = running, oldRunning, stage = "" } = progress;
  if (stage !== rollout.stage) {
    rollout.stage = stage;
    const name = stages[stage];
    if (name !== undefined) mark(rollout, name, at);
  }
  rollout.replaces ||= oldRunning > 0;
  if (running < desired) return;
  rollout.running ??= at;
  if (healthy >= desired && oldRunning === 0 && rollout.replaces) rollout.healthy ??= at;
}

/** What a stage is to whoever waits for it; the earlier ones show in the tasks' counts. */
const stages: Record<string, Rollout["marks"][number]["name"]> = {
  TEST_TRAFFIC_SHIFT: "shift",
  POST_TEST_TRAFFIC_SHIFT: "shift",
  PRE_PRODUCTION_TRAFFIC_SHIFT: "shift",
  PRODUCTION_TRAFFIC_SHIFT: "shift",
  POST_PRODUCTION_TRAFFIC_SHIFT: "shift",
  BAKE_TIME: "bake",
  CLEAN_UP: "drain",
};

function mark(rollout: Rollout | undefined, name: Rollout["marks"][number]["name"], at: number): void {
  if (rollout !== undefined && rollout.marks.at(-1)?.name !== name) rollout.marks.push({ name, at });
}

function stagesOf(service: string, { started, running, healthy, marks }: Rollout, ended: number) {
  const runs = running ?? marks[0]?.at ?? ended;
  const serves = marks[0]?.at ?? healthy ?? ended;
  const later = marks.length > 0 ? marks : [{ name: "drain", at: serves }];
  return [
    part("start", service, started, runs),
    part("health", service, runs, serves),
    ...later.map(({ name, at }, index) => part(name, service, at, later[index + 1]?.at ?? ended)),
  ];
}

/** The next wave begins when the old tasks of the one before are gone. */
function drainedBetween(rollouts: ReadonlyMap<string, Rollout>, at: number): Omit<PhasePart, "within">[] {
  if (!allEnded(rollouts)) return [];
  return [...rollouts].map(([service, { ended = at }]) => part("drain", service, ended, at));
}

function allEnded(rollouts: ReadonlyMap<string, Rollout>): boolean {
  return [...rollouts.values()].every(({ ended }) => ended !== undefined);
}
