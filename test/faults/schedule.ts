import { drawn } from "@fardel/drydock/faults/chance.ts";
import type { Fault } from "@fardel/drydock/faults/rule.ts";

/** A fault that is asked for so many milliseconds after its release has begun. */
interface Timed {
  afterMs: number;
  fault: Fault;
}

/** What goes wrong in one release. The same seed gives the same schedule. */
export interface Schedule {
  seed: number;
  faults: Timed[];
}

const calledServices = ["ecs", "elasticloadbalancing", "s3", "sts", "secretsmanager", "logs", undefined];

/** One to four faults, from before the release begins until it is well under way. */
export function scheduleOf(seed: number): Schedule {
  let draws = 0;
  const random = () => drawn(seed, draws++);
  const whole = (least: number, most: number) => least + Math.floor(random() * (most - least + 1));
  const oneOf = <T>(values: readonly T[]): T => values[whole(0, values.length - 1)] as T;
  const calls = () => {
    const service = oneOf(calledServices);
    return { ...(service !== undefined && { service }), seed: whole(0, 1e9), probability: oneOf([0.05, 0.3, 1]) };
  };
  const family = () => {
    const name = oneOf(["shop-local-web", "shop-local-worker", undefined]);
    return name === undefined ? {} : { family: name };
  };
  // As many as a call's own repetitions ride out: more is an AWS that is down, and no release can end well then.
  const kinds: (() => Fault)[] = [
    () => ({ kind: "throttle", ...calls(), count: whole(1, 4) }),
    () => ({ kind: "error", ...calls(), count: whole(1, 4), carriedOut: random() < 0.5 }),
    () => ({ kind: "drop", ...calls(), count: whole(1, 4), carriedOut: random() < 0.5 }),
    () => ({ kind: "latency", ...calls(), milliseconds: whole(1, 60) }),
    () => ({
      kind: "broken-task",
      fate: oneOf(["unhealthy", "exits", "no-image"] as const),
      ...family(),
      seed: whole(0, 1e9),
      probability: oneOf([0.5, 1]),
      count: whole(3, 12),
    }),
    () => ({ kind: "task-crash", count: whole(1, 3), seed: whole(0, 1e9) }),
    () => ({ kind: "spot-interruption", count: whole(1, 2) }),
    () => ({ kind: "zone-loss", zone: oneOf(["eu-west-1a", "eu-west-1b"]) }),
    () => ({ kind: "load-balancer-lag", seconds: whole(1, 5), earlyStop: random() < 0.5 }),
  ];
  const timed = (): Timed => {
    const fault = oneOf(kinds)();
    // A rollout starts its tasks early on: what is to break them has to be there by then.
    return { afterMs: fault.kind === "broken-task" || random() < 0.4 ? 0 : whole(1, 1500), fault };
  };
  const faults = Array.from({ length: whole(1, 4) }, timed).sort((one, other) => one.afterMs - other.afterMs);
  return { seed, faults };
}
