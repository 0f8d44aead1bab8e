import type { Fate } from "../runtime/tasks/simulated/driver.ts";

interface Chance {
  /** 0 to 1. */
  probability: number;
  /** Strikes at most. */
  count?: number;
  seed: number;
}

/** Something wrong with the answers to AWS calls. */
export interface CallFault extends Chance {
  kind: "throttle" | "error" | "latency" | "drop";
  service?: string;
  operation?: string;
  carriedOut?: boolean;
  milliseconds?: number;
}

/** Something wrong with the tasks of the simulated runtime. */
export interface BrokenTask extends Chance {
  kind: "broken-task";
  fate: Exclude<Fate, "healthy">;
  family?: string;
  revision?: number;
  service?: string;
}

export interface LoadBalancerLag {
  kind: "load-balancer-lag";
  seconds: number;
  earlyStop?: boolean;
}

export interface ZoneLoss {
  kind: "zone-loss";
  zone: string;
}

/** A fault that is there until it is taken away. */
export type LastingFault = CallFault | BrokenTask | LoadBalancerLag | ZoneLoss;

export interface TaskCrash {
  kind: "task-crash";
  cluster?: string;
  service?: string;
  count?: number;
  seed: number;
}

export interface SpotInterruption {
  kind: "spot-interruption";
  cluster?: string;
  service?: string;
  count?: number;
}

/** A fault that happens when it is asked for. */
export type MomentaryFault = TaskCrash | SpotInterruption;

export type Fault = LastingFault | MomentaryFault;

export function isCallFault<F extends Fault>(fault: F): fault is F & CallFault {
  return ["throttle", "error", "latency", "drop"].includes(fault.kind);
}

export function isBrokenTask<F extends Fault>(fault: F): fault is F & BrokenTask {
  return fault.kind === "broken-task";
}
