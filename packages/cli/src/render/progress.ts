import type { FardelEvent } from "@fardel/core/events.ts";

/** What the events so far add up to: all that the live view shows. Times are as the clock of whoever applies them. */
export interface Progress {
  stacks: Map<string, StackProgress>;
  images: Map<string, ImageProgress>;
  release: { number: number; environment: string; rollbackTo: number | undefined } | undefined;
  tasks: Map<string, TaskProgress>;
  rollouts: Map<string, RolloutProgress>;
  /** Lines that stay on the screen above what moves. */
  notices: string[];
}

export interface StackProgress {
  started: number;
  action: "create" | "update" | "delete";
  changes: number;
  /** Resources that are as they should be. */
  completed: Set<string>;
  /** The resource that changed last. */
  current: { logicalId: string; resourceType: string; status: string; reason: string | undefined } | undefined;
  outcome: "unchanged" | "created" | "updated" | "deleted" | "failed" | undefined;
  durationMs: number | undefined;
}

export interface ImageProgress {
  started: number;
  message: string | undefined;
  built: { sizeBytes: number; durationMs: number; cached: boolean } | undefined;
  pushed: { sentBytes: number; durationMs: number } | undefined;
}

export interface TaskProgress {
  started: number;
  /** The last lines it wrote. */
  log: string[];
  exitCode: number | undefined;
  durationMs: number | undefined;
}

export interface RolloutProgress {
  started: number;
  counts: Omit<Extract<FardelEvent, { type: "rollout.progress" }>, "type" | "service" | "message"> | undefined;
  message: string | undefined;
  /** What it waits for at its gate. */
  waiting: Extract<FardelEvent, { type: "rollout.waiting" }> | undefined;
  outcome: Extract<FardelEvent, { type: "rollout.finished" }>["outcome"] | undefined;
  durationMs: number | undefined;
}

const keptLogLines = 5;

export function emptyProgress(): Progress {
  return {
    stacks: new Map(),
    images: new Map(),
    release: undefined,
    tasks: new Map(),
    rollouts: new Map(),
    notices: [],
  };
}

/** Takes an event into the progress; `now` in milliseconds. */
export function applyEvent(progress: Progress, event: FardelEvent, now: number): void {
  switch (event.type) {
    case "stack.started":
    case "stack.resource":
    case "stack.finished":
      applyStackEvent(progress, event, now);
      break;
    case "image.started":
    case "image.progress":
    case "image.built":
    case "image.pushed":
      applyImageEvent(progress, event, now);
      break;
    case "image.tagged":
      break;
    default:
      applyReleaseEvent(progress, event, now);
  }
}

type EventOf<Prefix extends string> = Extract<FardelEvent, { type: `${Prefix}.${string}` }>;

function applyStackEvent(progress: Progress, event: EventOf<"stack">, now: number): void {
  const stack = entry(progress.stacks, event.stack, () => newStack(now));
  switch (event.type) {
    case "stack.started":
      stack.action = event.action;
      stack.changes = event.changes;
      stack.completed.clear();
      return;
    case "stack.resource": {
      const { logicalId, resourceType, status, reason } = event;
      if (status.endsWith("_COMPLETE")) stack.completed.add(logicalId);
      stack.current = { logicalId, resourceType, status, reason };
      return;
    }
    case "stack.finished":
      stack.outcome = event.outcome;
      stack.durationMs = event.durationMs;
  }
}

function newStack(now: number): StackProgress {
  return {
    started: now,
    action: "create",
    changes: 0,
    completed: new Set(),
    current: undefined,
    outcome: undefined,
    durationMs: undefined,
  };
}

function applyImageEvent(progress: Progress, event: EventOf<"image">, now: number): void {
  const image = entry(progress.images, event.image, () => ({
    started: now,
    message: undefined,
    built: undefined,
    pushed: undefined,
  }));
  switch (event.type) {
    case "image.progress":
      image.message = event.message;
      return;
    case "image.built":
      image.built = event;
      image.message = undefined;
      return;
    case "image.pushed":
      image.pushed = event;
  }
}

type ReleaseEvents = Exclude<FardelEvent, EventOf<"stack"> | EventOf<"image">>;

function applyReleaseEvent(progress: Progress, event: ReleaseEvents, now: number): void {
  switch (event.type) {
    case "release.notice":
      progress.notices.push(event.message);
      return;
    case "release.started":
      progress.release = {
        number: event.release,
        environment: event.environment,
        rollbackTo: event.rollbackTo,
      };
      return;
    case "task.started":
      entry(progress.tasks, event.task, () => newTask(now));
      return;
    case "task.log": {
      const task = entry(progress.tasks, event.task, () => newTask(now));
      task.log = [...task.log, event.line].slice(-keptLogLines);
      return;
    }
    case "task.finished": {
      const task = entry(progress.tasks, event.task, () => newTask(now));
      task.exitCode = event.exitCode;
      task.durationMs = event.durationMs;
      return;
    }
    case "rollout.started":
      progress.rollouts.set(event.service, newRollout(now));
      return;
    case "rollout.progress": {
      const rollout = entry(progress.rollouts, event.service, () => newRollout(now));
      const { type: _, service: __, message, ...counts } = event;
      if (counts.stage !== rollout.counts?.stage) rollout.waiting = undefined;
      rollout.counts = counts;
      rollout.message = message;
      return;
    }
    case "rollout.waiting": {
      const rollout = entry(progress.rollouts, event.service, () => newRollout(now));
      rollout.waiting = event;
      return;
    }
    case "rollout.finished": {
      const rollout = entry(progress.rollouts, event.service, () => newRollout(now));
      rollout.outcome = event.outcome;
      rollout.durationMs = event.durationMs;
      return;
    }
    case "rollout.baking": {
      const rollout = entry(progress.rollouts, event.service, () => newRollout(now));
      rollout.outcome = undefined;
      rollout.counts = rollout.counts && { ...rollout.counts, bakesUntil: event.until };
      return;
    }
    case "rollout.baked": {
      const rollout = entry(progress.rollouts, event.service, () => newRollout(now));
      rollout.outcome = event.outcome;
      rollout.durationMs = (rollout.durationMs ?? 0) + event.durationMs;
    }
  }
}

function newTask(now: number): TaskProgress {
  return { started: now, log: [], exitCode: undefined, durationMs: undefined };
}

function newRollout(now: number): RolloutProgress {
  return {
    started: now,
    counts: undefined,
    message: undefined,
    waiting: undefined,
    outcome: undefined,
    durationMs: undefined,
  };
}

function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}
