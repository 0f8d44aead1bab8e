import { expect, test } from "vitest";
import type { Clock } from "./clock.ts";
import { datesToRegion, datesToWall, type Pace, regionTime, ScaledClock, wallClock } from "./scaled-clock.ts";

/** A wall whose clock goes when told to. */
class Wall implements Clock {
  private time = 1_000_000;
  private timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(delay: number, callback: () => void): () => void {
    const timer = { at: this.time + delay, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  pass(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const next = this.timers.toSorted((a, b) => a.at - b.at)[0];
      if (!next || next.at > end) break;
      this.timers = this.timers.filter((one) => one !== next);
      this.time = next.at;
      next.callback();
    }
    this.time = end;
  }
}

function scaled(paces?: Pace[]) {
  const wall = new Wall();
  const kept: Pace[][] = [];
  const clock = new ScaledClock(wall, paces, (all) => void kept.push([...all]));
  const fired: number[] = [];
  return { wall, clock, kept, fired, note: () => void fired.push(wall.now()) };
}

test("without a scale it is the clock on the wall", () => {
  const { wall, clock, fired, note } = scaled();
  clock.after(500, note);
  wall.pass(600);
  expect({ now: clock.now(), fired }).toEqual({ now: 1_000_600, fired: [1_000_500] });
});

test("waits are as many times shorter as the scale says", () => {
  const { wall, clock, fired, note } = scaled();
  clock.setScale(60);
  clock.after(40_000, note);
  const cancel = clock.after(10_000, note);
  cancel();
  wall.pass(1000);
  expect(clock.now()).toBe(1_060_000);
  expect(fired).toEqual([1_000_000 + 40_000 / 60]);
});

test("a change of scale counts for waits that have begun, and time never goes back", () => {
  const { wall, clock, fired, note } = scaled();
  clock.after(10_000, note);
  wall.pass(5000);
  clock.setScale(10);
  wall.pass(400);
  clock.setScale(1);
  expect(clock.now()).toBe(1_009_000);
  wall.pass(999);
  expect(fired).toEqual([]);
  wall.pass(1);
  expect(fired).toEqual([1_006_400]);
});

test("whoever counts with the scale is told of another one", () => {
  const { clock, wall } = scaled();
  const seen: number[] = [];
  clock.onScale(() => void seen.push(regionTime(clock, 3000)));
  clock.setScale(20);
  clock.setScale(20);
  clock.setScale(2);
  expect(seen).toEqual([60_000, 6000]);
  expect(regionTime(wall, 3000)).toBe(3000);
});

test("a wait longer than a timer can be", () => {
  const { wall, clock, fired, note } = scaled();
  const days = 40 * 24 * 3_600_000;
  clock.after(days, note);
  wall.pass(days - 1);
  expect(fired).toEqual([]);
  wall.pass(1);
  expect(fired).toHaveLength(1);
});

test("goes on from the paces that were kept", () => {
  const first = scaled();
  first.clock.setScale(60);
  first.wall.pass(1000);
  first.clock.setScale(2);
  expect(first.kept.at(-1)).toEqual([
    { scale: 60, wall: 1_000_000, region: 1_000_000 },
    { scale: 2, wall: 1_001_000, region: 1_060_000 },
  ]);
  const again = new ScaledClock(first.wall, first.kept.at(-1));
  first.wall.pass(1000);
  expect({ scale: again.scale, now: again.now() }).toEqual({ scale: 2, now: 1_062_000 });
});

test("an instant that leaves the region is the wall's, whatever the scale was then", () => {
  const { wall, clock } = scaled();
  const instants = [{ region: clock.now(), wall: wall.now() }];
  for (const scale of [60, 1, 1000, 7]) {
    clock.setScale(scale);
    wall.pass(777);
    instants.push({ region: clock.now(), wall: wall.now() });
  }
  for (const { region, wall } of instants) {
    expect(clock.toWall(region)).toBe(wall);
    expect(clock.toRegion(wall)).toBe(region);
  }
});

test("turns the dates of a value and leaves everything else", () => {
  const { wall, clock } = scaled();
  clock.setScale(60);
  wall.pass(1000);
  const body = Buffer.from("x");
  const inside = { tasks: [{ createdAt: new Date(1_060_000), cpu: "256", none: undefined }], body };
  const outside = { tasks: [{ createdAt: new Date(1_001_000), cpu: "256", none: undefined }], body };
  expect(datesToWall(clock, inside)).toEqual(outside);
  expect(datesToRegion(clock, outside)).toEqual(inside);
  expect(datesToWall(clock, inside).body).toBe(body);
  expect(datesToWall(wall, inside)).toBe(inside);
  expect(wallClock(clock)).toBe(wall);
});

test("a date that no faster clock can reach stays a date", () => {
  const { clock } = scaled();
  clock.setScale(1000);
  expect(datesToRegion(clock, new Date("9999-12-31T00:00:00Z")).getTime()).toBe(8.64e15);
});

test.each([0, 0.5, -1, 1001, Number.NaN, Number.POSITIVE_INFINITY])("refuses a scale of %d", (scale) => {
  expect(() => scaled().clock.setScale(scale)).toThrow("a time scale is a number from 1 to 1000");
});
