import { expect, test } from "vitest";
import { shop } from "../../infra/shop.fixture.ts";
import {
  closeAbandoned,
  closeRecord,
  isHalfMade,
  latestSuccessful,
  listReleases,
  openRecord,
  readRelease,
  releasedConfiguration,
  releaseNumbers,
} from "./record.ts";
import { memoryBucket } from "./state-bucket.fixture.ts";

const place = { app: "shop", environment: "production" };
const now = new Date("2026-01-01T00:01:00Z");
const contents = {
  ...place,
  actor: "ada",
  host: "laptop",
  images: {},
  services: {},
  tasks: {},
  configuration: releasedConfiguration(shop),
  started: "2026-01-01T00:00:00.000Z",
};

async function released(bucket = memoryBucket(), outcomes: ("succeeded" | "failed")[] = []) {
  for (const [index, outcome] of outcomes.entries()) {
    const opened = await openRecord(bucket, contents, index);
    await closeRecord(bucket, opened, { ...opened.record, outcome }, now);
  }
  return bucket;
}

test("releases are numbered from 1, in keys that sort as numbers do", async () => {
  const bucket = await released(memoryBucket(), ["succeeded", "failed"]);
  expect(await bucket.keys("")).toEqual([
    "releases/shop/production/000001.json",
    "releases/shop/production/000002.json",
  ]);
  expect(await releaseNumbers(bucket, place)).toEqual([1, 2]);
});

test("two at the same time get two numbers", async () => {
  const bucket = await released(memoryBucket(), ["succeeded"]);
  const opened = await Promise.all([openRecord(bucket, contents, 1), openRecord(bucket, contents, 1)]);
  expect(opened.map(({ record }) => record.number).sort()).toEqual([2, 3]);
});

test("a record is closed once", async () => {
  const bucket = memoryBucket();
  const opened = await openRecord(bucket, contents, 0);
  expect(await closeRecord(bucket, opened, { ...opened.record, outcome: "succeeded" }, now)).toBe(true);
  expect(await closeRecord(bucket, opened, { ...opened.record, outcome: "failed" }, now)).toBe(false);
  expect(await readRelease(bucket, place, 1)).toMatchObject({ outcome: "succeeded", finished: now.toISOString() });
});

test("an interrupted release is closed as failed by the one after it", async () => {
  const bucket = memoryBucket();
  await openRecord(bucket, contents, 0);
  await closeAbandoned(bucket, place, 1, now);
  expect(await readRelease(bucket, place, 1)).toMatchObject({
    outcome: "failed",
    failure: "It was interrupted: the process that ran it ended before the release did.",
  });
});

test("one that waited for its approval is superseded by the one after it, which knows that things may be half-made", async () => {
  const bucket = memoryBucket();
  const waiting = { services: ["web"], whole: true, since: now.toISOString() };
  await openRecord(bucket, { ...contents, waiting }, 0);
  await closeAbandoned(bucket, place, 1, now);
  const record = await readRelease(bucket, place, 1);
  expect(record).toMatchObject({
    outcome: "superseded",
    failure: "It was still waiting for its approval when another release began.",
  });
  expect(isHalfMade(record)).toBe(true);
  const { waiting: _, ...answered } = record;
  expect(isHalfMade(answered)).toBe(false);
});

test("the newest successful one is found past failed ones", async () => {
  const bucket = await released(memoryBucket(), ["succeeded", "succeeded", "failed"]);
  expect((await latestSuccessful(bucket, place))?.number).toBe(2);
  expect((await latestSuccessful(bucket, place, 2))?.number).toBe(1);
  expect(await latestSuccessful(bucket, place, 1)).toBeUndefined();
  expect((await listReleases(bucket, place, 2)).map(({ number }) => number)).toEqual([3, 2]);
});

test("one that never was is no riddle", async () => {
  await expect(readRelease(memoryBucket(), place, 9)).rejects.toMatchObject({
    message: "There is no release 9 of shop in production.",
    fix: "`fardel history production` lists them.",
  });
});

test("the configuration is kept without where it was written", () => {
  expect(Object.keys(releasedConfiguration(shop))).not.toContain("written");
  expect(Object.keys(releasedConfiguration(shop))).not.toContain("directory");
});
