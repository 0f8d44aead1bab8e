import { expect, test } from "vitest";
import { requestReturn, takenBackBy } from "./return-request.ts";
import { memoryBucket } from "./state-bucket.fixture.ts";

const place = { app: "shop", environment: "production" };
const at = "2026-01-01T00:00:00.000Z";

test("the first who takes a release back is told, and nobody else after", async () => {
  const bucket = memoryBucket();
  expect(await takenBackBy(bucket, place, 7)).toBeUndefined();
  expect(await requestReturn(bucket, place, 7, { by: { actor: "ada", host: "laptop" }, at })).toBe(true);
  expect(await requestReturn(bucket, place, 7, { by: { actor: "grace", host: "build" }, at })).toBe(false);
  expect(await takenBackBy(bucket, place, 7)).toBe("It was taken back by ada on laptop");
  expect(await takenBackBy(bucket, place, 8)).toBeUndefined();
});

test("one that goes back by itself can't be taken back any more, and nobody has done it", async () => {
  const bucket = memoryBucket();
  expect(await requestReturn(bucket, place, 7, { at })).toBe(true);
  expect(await requestReturn(bucket, place, 7, { by: { actor: "ada", host: "laptop" }, at })).toBe(false);
  expect(await takenBackBy(bucket, place, 7)).toBeUndefined();
});
