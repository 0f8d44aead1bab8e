import { type Clock, systemClock } from "./clock.ts";

/** From the instant `wall` on, which the region took for `region`, its time runs `scale` times as fast. */
export interface Pace {
  scale: number;
  /** Milliseconds since the epoch, on the clock on the wall. */
  wall: number;
  /** Milliseconds since the epoch, as the region counts them. */
  region: number;
}

interface Timer {
  due: number;
  callback: () => void;
  cancel: () => void;
}

export const greatestTimeScale = 1000;
/** The longest delay that setTimeout takes; beyond it, it doesn't wait at all. */
const longestDelay = 2 ** 31 - 1;
const lastDate = 8.64e15;

/**
 * The region's time, which may run faster than the clock on the wall, so that nobody has to wait for what is nothing but
 * waiting: 40 s until a task without a health check is trusted, drains, bake times, intervals of health checks, throttled
 * starts.
 *
 * Inside, the region has one time: whatever asks `region.clock` lives `scale` times as fast, and what it writes down is an
 * instant of that time. It never goes back, also when the scale is turned down or drydock is started again, which is why
 * the paces are kept. Outside nobody knows of it: the gateway turns every instant into the wall's time and back, so
 * `createdAt` is when it happened, an expiry is when it will be, and a client's clock agrees with the region's.
 *
 * Not scaled, because it isn't waiting but work: how long a process takes to start, to answer a health check or to stop,
 * and so what it is given for that (grace and start periods, `startTimeout`, `stopTimeout`), requests through the load
 * balancer and its idle timeouts, databases, and everything clients do by themselves, the deployer's polling and the lease
 * of its lock included. A date that a client gives for the future keeps its distance in the region's time when the scale
 * changes.
 */
export class ScaledClock implements Clock {
  /** The clock on the wall, for what can't be hurried. */
  readonly wall: Clock;
  private readonly paces: Pace[];
  private readonly keep: (paces: Pace[]) => void;
  private readonly timers = new Set<Timer>();
  private readonly listeners: (() => void)[] = [];

  /** `paces` are those that were kept before; `keep` is called with all of them at every change. */
  constructor(wall: Clock = systemClock, paces: Pace[] = [], keep: (paces: Pace[]) => void = () => {}) {
    this.wall = wall;
    this.paces = [...paces];
    this.keep = keep;
  }

  get scale(): number {
    return this.paces.at(-1)?.scale ?? 1;
  }

  /** Has the region's time ever run faster than the wall's? */
  get hasBeenScaled(): boolean {
    return this.paces.length > 0;
  }

  /** @throws RangeError for what `isTimeScale` denies. */
  setScale(scale: number): void {
    if (!isTimeScale(scale)) throw new RangeError(`a time scale is a number from 1 to ${greatestTimeScale}`);
    if (scale === this.scale) return;
    this.paces.push({ scale, wall: this.wall.now(), region: this.now() });
    this.keep(this.paces);
    for (const timer of this.timers) {
      timer.cancel();
      this.wait(timer);
    }
    for (const listener of this.listeners) listener();
  }

  /** `listener` is called after every change of the scale. */
  onScale(listener: () => void): void {
    this.listeners.push(listener);
  }

  now(): number {
    return this.toRegion(this.wall.now());
  }

  after(delay: number, callback: () => void): () => void {
    const timer: Timer = { due: this.now() + delay, callback, cancel: () => {} };
    this.timers.add(timer);
    this.wait(timer);
    return () => {
      timer.cancel();
      this.timers.delete(timer);
    };
  }

  /** The region's instant for one of the wall. */
  toRegion(wall: number): number {
    const pace = this.paces.findLast((one) => one.wall <= wall);
    return pace ? inRange(Math.round(pace.region + (wall - pace.wall) * pace.scale)) : wall;
  }

  /** The wall's instant for one of the region. */
  toWall(region: number): number {
    const pace = this.paces.findLast((one) => one.region <= region);
    return pace ? inRange(Math.round(pace.wall + (region - pace.region) / pace.scale)) : region;
  }

  private wait(timer: Timer): void {
    const delay = Math.max(0, (timer.due - this.now()) / this.scale);
    timer.cancel = this.wall.after(Math.min(delay, longestDelay), () => {
      if (delay > longestDelay) return this.wait(timer);
      this.timers.delete(timer);
      timer.callback();
    });
  }
}

export function isTimeScale(scale: number): boolean {
  return scale >= 1 && scale <= greatestTimeScale;
}

/** The clock for what can't be hurried: processes, and what is told to clients. */
export function wallClock(clock: Clock): Clock {
  return clock instanceof ScaledClock ? clock.wall : clock;
}

/** How long the region's clock runs while the one on the wall runs for `duration`; both in milliseconds. */
export function regionTime(clock: Clock, duration: number): number {
  return clock instanceof ScaledClock ? duration * clock.scale : duration;
}

/** A copy with every date turned into the wall's time, for what leaves the region. */
export function datesToWall<T>(clock: Clock, value: T): T {
  return isApart(clock) ? mapDates(value, (instant) => clock.toWall(instant)) : value;
}

/** A copy with every date turned into the region's time, for what comes in. */
export function datesToRegion<T>(clock: Clock, value: T): T {
  return isApart(clock) ? mapDates(value, (instant) => clock.toRegion(instant)) : value;
}

function isApart(clock: Clock): clock is ScaledClock {
  return clock instanceof ScaledClock && clock.hasBeenScaled;
}

function mapDates<T>(value: T, map: (instant: number) => number): T {
  if (value instanceof Date) return new Date(map(value.getTime())) as T;
  if (Array.isArray(value)) return value.map((item) => mapDates(item, map)) as T;
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapDates(member, map)])) as T;
}

function inRange(instant: number): number {
  return Math.min(Math.max(instant, -lastDate), lastDate);
}
