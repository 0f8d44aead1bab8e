import type { Ecs } from "../ecs.ts";
import { lookAtService } from "./look.ts";

/** After a look that failed, and while the load balancer refuses what a service asks of it. */
const retryDelay = 15_000;

interface Loop {
  running: Promise<void> | undefined;
  again: boolean;
  cancelTimer: () => void;
}

/**
 * One control loop per service: it looks when something changed (a task, a target, an API write) or when the scheduler asked
 * to be asked again; changes that come while it looks are taken up together by the next look.
 */
export class ServiceControl {
  private readonly ecs: () => Ecs;
  private readonly loops = new Map<string, Loop>();
  private readonly servicesByTargetGroup = new Map<string, Set<string>>();
  private closed = false;

  constructor(ecs: () => Ecs) {
    this.ecs = ecs;
  }

  /** Has the service `<cluster>/<name>` looked at soon; never at once, so it may be called inside a transaction. */
  wake(key: string): void {
    if (this.closed) return;
    const loop = this.loops.get(key) ?? { running: undefined, again: false, cancelTimer: () => {} };
    this.loops.set(key, loop);
    loop.again = true;
    loop.running ??= Promise.resolve().then(() => this.run(key, loop));
  }

  /** A target of this group has another health: whoever has targets there is looked at. */
  wakeTargetGroup(targetGroupArn: string): void {
    for (const key of this.servicesByTargetGroup.get(targetGroupArn) ?? []) this.wake(key);
  }

  watchTargetGroup(targetGroupArn: string, key: string): void {
    const keys = this.servicesByTargetGroup.get(targetGroupArn) ?? new Set();
    this.servicesByTargetGroup.set(targetGroupArn, keys.add(key));
  }

  /** Looks no more; waits for looks under way. */
  async close(): Promise<void> {
    this.closed = true;
    for (const loop of this.loops.values()) loop.cancelTimer();
    await Promise.all([...this.loops.values()].map((loop) => loop.running));
  }

  private async run(key: string, loop: Loop): Promise<void> {
    const { clock, log } = this.ecs().region;
    while (loop.again && !this.closed) {
      loop.again = false;
      loop.cancelTimer();
      let next: number | undefined;
      try {
        const outcome = await lookAtService(this.ecs(), key);
        next = outcome.refused
          ? Math.min(outcome.next ?? Number.POSITIVE_INFINITY, clock.now() + retryDelay)
          : outcome.next;
        if (outcome.acted && !outcome.refused) loop.again = true;
      } catch (error) {
        if (this.closed) break;
        log(
          `ecs: looking at service ${key} failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
        );
        next = clock.now() + retryDelay;
      }
      if (next !== undefined) loop.cancelTimer = clock.after(Math.max(0, next - clock.now()), () => this.wake(key));
    }
    loop.running = undefined;
  }
}
