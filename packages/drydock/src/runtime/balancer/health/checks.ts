import type { Clock } from "../../../clock.ts";
import { wallClock } from "../../../scaled-clock.ts";
import type { RealAddress } from "../../network.ts";
import { afterCheck, type CheckResult, type HealthCheckSettings, type TargetHealth } from "./health.ts";
import type { Probe } from "./probe.ts";

/** A target under check. `settings` is asked at every check, so that a change counts from the next one. */
export interface CheckedTarget {
  id: string;
  port: number;
  settings: () => HealthCheckSettings;
  /** Called with every result's health, also when only its counts have changed. */
  changed: (health: TargetHealth) => void;
}

interface Check {
  target: CheckedTarget;
  health: TargetHealth;
  cancel: () => void;
}

/** However fast the region's time runs, targets answer in their own: none is checked more often than this (ms). */
const shortestInterval = 250;

/** Checks targets over and over, each in its own rhythm, until told to stop. */
export class HealthChecks {
  private readonly clock: Clock;
  private readonly probe: Probe;
  private readonly resolve: (ip: string, port: number) => RealAddress | undefined;
  private readonly checks = new Map<string, Check>();

  constructor(clock: Clock, probe: Probe, resolve: (ip: string, port: number) => RealAddress | undefined) {
    this.clock = clock;
    this.probe = probe;
    this.resolve = resolve;
  }

  /** Begins with a check at once. A `key` that is being checked starts anew from `health`. */
  start(key: string, target: CheckedTarget, health: TargetHealth): void {
    this.stop(key);
    const check: Check = { target, health, cancel: () => {} };
    this.checks.set(key, check);
    this.run(check);
  }

  stop(key: string): void {
    this.checks.get(key)?.cancel();
    this.checks.delete(key);
  }

  stopAll(): void {
    for (const key of [...this.checks.keys()]) this.stop(key);
  }

  /**
   * AWS doesn't say when in its interval a target is checked, and several nodes check it. Here a new one that accepts no
   * connection yet is looked at again in between (`due` is then its next regular check), so that it serves as soon as it
   * can; only what it passes counts.
   */
  private run(check: Check, due?: number): void {
    const settings = check.target.settings();
    const wall = wallClock(this.clock);
    const inBetween = due !== undefined;
    const next = due ?? this.clock.now() + settings.interval;
    const earliest = wall.now() + shortestInterval;
    const abort = new AbortController();
    let finished = false;
    const finish = (result: CheckResult) => {
      if (finished) return;
      finished = true;
      stopTimer();
      abort.abort();
      check.cancel = wall.after(Math.max(0, earliest - wall.now()), () => {
        const early = result === "error" && check.health.state === "initial" && this.clock.now() < next;
        if (early) this.run(check, next);
        else check.cancel = this.clock.after(Math.max(0, next - this.clock.now()), () => this.run(check));
      });
      const health = afterCheck(check.health, result, settings);
      if (inBetween && health.state !== "healthy") return;
      check.health = health;
      check.target.changed(health);
    };
    const stopTimer = wall.after(settings.timeout, () => finish("timeout"));
    check.cancel = () => {
      finished = true;
      stopTimer();
      abort.abort();
    };
    this.ask(check.target, settings, abort.signal).then(finish);
  }

  private async ask(target: CheckedTarget, settings: HealthCheckSettings, signal: AbortSignal): Promise<CheckResult> {
    const port = settings.port ?? target.port;
    const address = this.resolve(target.id, port);
    if (!address) return "error";
    if (address.simulated) return { status: address.simulated.healthy ? firstCode(settings.successCodes) : 503 };
    return this.probe(address, { host: `${target.id}:${port}`, path: settings.path }, signal);
  }
}

/** Of `200-299,301`: 200. */
function firstCode(successCodes: string): number {
  return Number.parseInt(successCodes, 10);
}
