import type { Region } from "../../region.ts";

/** Lets receivers sleep until there may be something for them in a queue. */
export class Arrivals {
  private readonly region: Region;
  private readonly sleepers = new Map<string, Set<() => void>>();
  private closed = false;

  constructor(region: Region) {
    this.region = region;
    region.onClose(() => {
      this.closed = true;
      for (const queue of [...this.sleepers.keys()]) this.wake(queue);
    });
  }

  /** True once the region shuts down: nobody can wait any more. */
  get isOver(): boolean {
    return this.closed;
  }

  wake(queue: string): void {
    const sleepers = this.sleepers.get(queue);
    this.sleepers.delete(queue);
    for (const wakeUp of sleepers ?? []) wakeUp();
  }

  /** Until the queue is woken, `milliseconds` of the region's time have passed, or whoever asked has gone. */
  sleep(queue: string, milliseconds: number, gone: AbortSignal | undefined): Promise<void> {
    if (this.closed || gone?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleepers = this.sleepers.get(queue) ?? new Set();
      this.sleepers.set(queue, sleepers);
      const end = () => {
        cancel();
        gone?.removeEventListener("abort", end);
        sleepers.delete(end);
        resolve();
      };
      const cancel = this.region.clock.after(milliseconds, end);
      gone?.addEventListener("abort", end);
      sleepers.add(end);
    });
  }
}
