import { expect, test } from "vitest";
import { FardelError } from "../../errors.ts";
import { manualTime } from "../time.fixture.ts";
import type { Time } from "../time.ts";
import { acquireLock, describeHolder, type LockHolder, type LockOptions, lockHolder, lockKey } from "./lock.ts";
import { memoryBucket } from "./state-bucket.fixture.ts";

const place = { app: "shop", environment: "production" };
const key = lockKey(place);

function world() {
  const time = manualTime();
  const bucket = memoryBucket();
  const take = (actor: string, more: Partial<LockOptions> = {}) =>
    acquireLock(bucket, place, { actor, host: "laptop", pid: 1, action: "deploy", time, ...more });
  return { time, bucket, take, stored: () => bucket.documents.get(key)?.value as LockHolder | undefined };
}

test("is held by one at a time, and free again when let go", async () => {
  const { bucket, take, time } = world();
  const lock = await take("ada");
  expect(await lockHolder(bucket, place, time)).toMatchObject({ actor: "ada", action: "deploy" });
  await expect(take("grace")).rejects.toBeInstanceOf(FardelError);
  await lock.release();
  expect(bucket.documents.size).toBe(0);
  await take("grace");
});

test("tells who holds it, and for how long at most", async () => {
  const { take } = world();
  const lock = await take("ada");
  await lock.name(42);
  const error = await take("grace").catch((error: FardelError) => error);
  const { code, exitCode, message, where, fix } = error as FardelError;
  expect({ code, exitCode, message, where, fix }).toMatchInlineSnapshot(`
    {
      "code": "RELEASE_LOCKED",
      "exitCode": 5,
      "fix": "Run the command again with --wait-for-lock, which waits for it. If that machine is gone, the lock is free at 2026-01-01T00:01:00.000Z.",
      "message": "Release 42 (deploy) of shop in production is under way.",
      "where": "held by ada on laptop since 2026-01-01T00:00:00.000Z",
    }
  `);
});

test("is waited for where that is asked for, and each holder is told", async () => {
  const { take, time } = world();
  const ada = await take("ada");
  const told: string[] = [];
  const onHolder = (holder: LockHolder) => void told.push(describeHolder(holder));
  const waiting = take("grace", { waiting: { onHolder } });
  await time.advance(5 * 60_000);
  await ada.name(42);
  await time.advance(10_000);
  expect(told).toEqual([
    "A deploy by ada on laptop, since 2026-01-01T00:00:00.000Z",
    "Release 42 (deploy) by ada on laptop, since 2026-01-01T00:00:00.000Z",
  ]);
  await ada.release();
  await time.advance(2000);
  const grace = await waiting;
  expect(grace.takenFrom).toBeUndefined();
  expect(() => grace.check()).not.toThrow();
});

test("is no longer waited for when the person gives up", async () => {
  const { take, time } = world();
  await take("ada");
  const person = new AbortController();
  const waiting = take("grace", { waiting: { onHolder: () => {} }, signal: person.signal });
  const ended = expect(waiting).rejects.toThrow("Ctrl-C");
  await time.advance(1000);
  person.abort(new Error("Ctrl-C"));
  await ended;
});

test("is renewed for as long as it is held", async () => {
  const { take, time, stored } = world();
  const lock = await take("ada");
  await lock.name(3);
  await time.advance(10 * 60_000);
  expect(() => lock.check()).not.toThrow();
  await expect(take("grace")).rejects.toMatchObject({ code: "RELEASE_LOCKED" });
  expect(stored()).toMatchObject({ release: 3, since: "2026-01-01T00:00:00.000Z", until: "2026-01-01T00:11:00.000Z" });
});

test("is taken over from a machine that has died, once its lease has ended", async () => {
  const { bucket, take, time, stored } = world();
  const dead = await bucket.write(key, { actor: "ada", until: new Date(time.now() + 60_000).toISOString() }, undefined);
  expect(dead).toBeDefined();
  await time.advance(59_000);
  await expect(take("grace")).rejects.toMatchObject({ code: "RELEASE_LOCKED" });
  await time.advance(1_000);
  expect(await lockHolder(bucket, place, time)).toBeUndefined();
  const taking = take("grace");
  await time.advance(20_000);
  expect((await taking).takenFrom).toMatchObject({ actor: "ada", because: "its lease has ended" });
  expect(stored()?.actor).toBe("grace");
});

test("is left to its holder who renews it, though by this machine's clock, which is ahead, its lease has ended", async () => {
  const { bucket, take, time, stored } = world();
  await take("ada");
  const ahead: Time = { ...time, now: () => time.now() + 3 * 60_000 };
  const options = { host: "ci", pid: 2, action: "deploy", time: ahead };
  const refused = expect(acquireLock(bucket, place, { actor: "grace", ...options })).rejects.toMatchObject({
    code: "RELEASE_LOCKED",
  });
  await time.advance(20_000);
  await refused;
  const waiting = acquireLock(bucket, place, { actor: "grace", ...options, waiting: { onHolder: () => {} } });
  await time.advance(60_000);
  expect(stored()?.actor).toBe("ada");
  waiting.catch(() => {});
});

test("is taken over at once where the holder's process is known to be gone", async () => {
  const { take } = world();
  await take("ada", { pid: 7 });
  await expect(take("ada", { pid: 8, isAlive: (pid) => pid === 7 })).rejects.toMatchObject({ code: "RELEASE_LOCKED" });
  expect((await take("ada", { pid: 8, isAlive: () => false })).takenFrom).toMatchObject({
    pid: 7,
    because: "its process is gone",
  });
});

test("lost to another, forbids every further write, names the other, and leaves the other's alone", async () => {
  const { bucket, take, time, stored } = world();
  const lock = await take("ada");
  const hers = { actor: "grace", host: "ci", action: "deploy", release: 8, since: "2026-01-01T00:00:09.000Z" };
  bucket.documents.set(key, { value: hers, etag: '"hers"' });
  await time.advance(15_000);
  expect(lock.signal.aborted).toBe(true);
  expect(lock.signal.reason).toMatchObject({
    code: "RELEASE_LOCK_LOST",
    exitCode: 5,
    message: "This release was superseded: another has taken its lock.",
    where: "Release 8 (deploy) by grace on ci, since 2026-01-01T00:00:09.000Z",
  });
  expect(() => lock.check()).toThrow("superseded");
  await lock.release();
  expect(stored()).toEqual(hers);
});

test("is lost when it can't be renewed for the length of its lease", async () => {
  const { bucket, take, time } = world();
  const lock = await take("ada");
  bucket.write = async () => {
    throw new Error("no network");
  };
  await time.advance(45_000);
  expect(() => lock.check()).not.toThrow();
  await time.advance(15_000);
  expect(() => lock.check()).toThrow("This release has lost its lock, and has stopped.");
});

test("outlives a renewal that failed once", async () => {
  const { bucket, take, time, stored } = world();
  const lock = await take("ada");
  const { write } = bucket;
  bucket.write = async () => {
    throw new Error("no network");
  };
  await time.advance(15_000);
  bucket.write = write;
  await time.advance(60_000);
  expect(() => lock.check()).not.toThrow();
  expect(stored()).toMatchObject({ actor: "ada", until: "2026-01-01T00:02:15.000Z" });
  await lock.release();
  expect(stored()).toBeUndefined();
});
