import { randomInt, randomUUID } from "node:crypto";
import type { Region } from "../../region.ts";
import { datesToRegion, regionTime } from "../../scaled-clock.ts";
import { Deliveries } from "./deliveries.ts";
import { type Expression, nextOccurrence, parseExpression } from "./expression.ts";
import { type ScheduleRecord, scheduleArn, scheduleKey, schedulesOf } from "./records.ts";

const minute = 60_000;
/** "All schedule types on EventBridge Scheduler invoke their targets with 60 second precision." */
const precision = minute;

/**
 * Knows each enabled schedule's next run and begins it when it is time. A run that drydock was not there for is not made
 * up for, unless its flexible window is still open.
 */
export class Agenda {
  private readonly region: Region;
  private readonly deliveries: Deliveries;
  private readonly timers = new Map<string, () => void>();

  constructor(region: Region) {
    this.region = region;
    this.deliveries = new Deliveries(region, ({ schedule }) => this.complete(schedule));
    region.onClose(() => {
      for (const cancel of this.timers.values()) cancel();
    });
  }

  resume(): void {
    this.deliveries.resume();
    for (const schedule of schedulesOf(this.region).list()) this.arm(schedule);
  }

  /** Takes a new or changed schedule: what it was waiting for is forgotten. */
  put(schedule: ScheduleRecord): void {
    // A rate's first run is at the very instant of the change, which may have passed by a millisecond since.
    this.plan(schedule, schedule.modified - 1);
  }

  remove(key: string): void {
    this.cancel(key);
    schedulesOf(this.region).delete(key);
  }

  /** Waits for its first occurrence after `after`. */
  private plan({ next: _next, ...schedule }: ScheduleRecord, after: number): void {
    const occurrence = schedule.State === "ENABLED" ? this.occurrence(schedule, after) : undefined;
    const planned: ScheduleRecord =
      occurrence === undefined
        ? schedule
        : { ...schedule, next: { occurrence, invoke: occurrence + randomDelay(windowOf(schedule)) } };
    schedulesOf(this.region).put(scheduleKey(schedule), planned);
    this.arm(planned);
  }

  private occurrence(schedule: ScheduleRecord, after: number): number | undefined {
    const { ScheduleExpression, ScheduleExpressionTimezone, modified: origin, start, end } = schedule;
    const expression = parseExpression(ScheduleExpression, ScheduleExpressionTimezone);
    const bounds = { origin, ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
    return expression && nextOccurrence(this.onRegionTime(expression), bounds, after);
  }

  /** The one time that `at(…)` names is an instant of the world outside. */
  private onRegionTime(expression: Expression): Expression {
    if (expression.kind !== "at") return expression;
    return { kind: "at", instant: datesToRegion(this.region.clock, new Date(expression.instant)).getTime() };
  }

  private arm(schedule: ScheduleRecord): void {
    const key = scheduleKey(schedule);
    this.cancel(key);
    if (!schedule.next) return;
    const { clock } = this.region;
    this.timers.set(
      key,
      clock.after(Math.max(0, schedule.next.invoke - clock.now()), () => this.due(key)),
    );
  }

  private cancel(key: string): void {
    this.timers.get(key)?.();
    this.timers.delete(key);
  }

  private due(key: string): void {
    const { region } = this;
    this.timers.delete(key);
    const schedule = schedulesOf(region).get(key);
    if (!schedule?.next) return;
    const { occurrence, invoke } = schedule.next;
    const now = region.clock.now();
    if (this.isMissed(schedule, now)) {
      region.log(`scheduler: ${key} missed its run of ${new Date(occurrence).toISOString()}`);
      this.plan(schedule, now);
      return;
    }
    region.store.transaction(() => {
      this.deliveries.begin({
        id: randomUUID(),
        schedule: key,
        scheduleArn: scheduleArn(region, schedule),
        scheduleName: schedule.Name,
        target: schedule.Target,
        scheduled: occurrence,
        begun: invoke,
        attempts: 0,
        nextAttempt: now,
      });
      this.plan(schedule, occurrence);
    });
  }

  private isMissed(schedule: ScheduleRecord, now: number): boolean {
    const { occurrence = now, invoke = now } = schedule.next ?? {};
    return now - invoke > regionTime(this.region.clock, precision) && now > occurrence + windowOf(schedule);
  }

  /** "The action that EventBridge Scheduler applies to the schedule after the schedule completes invoking the target." */
  private complete(key: string): void {
    const schedule = schedulesOf(this.region).get(key);
    if (schedule?.ActionAfterCompletion !== "DELETE" || schedule.State !== "ENABLED") return;
    if (schedule.next === undefined && !this.deliveries.has(key)) this.remove(key);
  }
}

/** Milliseconds; nothing for schedules that run on time. */
function windowOf({ FlexibleTimeWindow: { Mode, MaximumWindowInMinutes = 0 } }: ScheduleRecord): number {
  return Mode === "FLEXIBLE" ? MaximumWindowInMinutes * minute : 0;
}

function randomDelay(window: number): number {
  return window === 0 ? 0 : randomInt(window);
}
