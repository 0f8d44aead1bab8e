import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AwsError } from "../../../errors.ts";
import { temporaryDirectory } from "../process/driver.fixture.ts";
import { makeTestRegion, type TestRegion } from "../region.fixture.ts";
import { batches, followOutput } from "./follower.ts";

const destination = { logGroupName: "/app", logStreamName: "web" };

/** Time that passes at once. */
function after(_delay: number, callback: () => void): () => void {
  setImmediate(callback);
  return () => {};
}

function setUp(options: { onMessage?: (message: string) => void } = {}) {
  const directory = temporaryDirectory();
  const region = makeTestRegion({
    directory,
    clock: { now: () => 1000, after },
    ...options,
  });
  region.logged.set("/app:web", []);
  const file = join(directory, "output");
  writeFileSync(file, "");
  return { region, file };
}

const sent = (region: TestRegion) => region.logged.get("/app:web");

test("goes on where an earlier drydock stopped, and forgets the place at the end", async () => {
  const { region, file } = setUp();
  writeFileSync(file, "sent\nnot sent\n\nlast");
  const offsets = region.store.collection<number>("tasks.logs");
  offsets.put("id", "sent\n".length);
  await followOutput(region, file, destination, "id").finish();
  expect(sent(region)).toEqual(["not sent", "last"]);
  expect(region.calls).toEqual([[{ timestamp: 1000, message: "not sent" }], [{ timestamp: 1000, message: "last" }]]);
  expect(offsets.list()).toEqual([]);
});

test("a line is sent when it is complete, and the place behind it is kept", async () => {
  const { region, file } = setUp();
  const follower = followOutput(region, file, destination, "id");
  appendFileSync(file, "one\ntw");
  while (sent(region)?.length !== 1) await new Promise(setImmediate);
  expect(region.store.collection<number>("tasks.logs").get("id")).toBe(4);
  appendFileSync(file, "o\n");
  while (sent(region)?.length !== 2) await new Promise(setImmediate);
  await follower.finish();
  expect(sent(region)).toEqual(["one", "two"]);
});

test("throttling passes; what can't be sent is given up and said", async () => {
  const failures = [
    new AwsError("ThrottlingException", "Rate exceeded"),
    new Error("broken pipe"),
    new AwsError("InternalFailure", "", { status: 500 }),
  ];
  const { region, file } = setUp({
    onMessage: (message) => {
      if (message === "refused")
        throw new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
      const failure = failures.shift();
      if (failure) throw failure;
    },
  });
  writeFileSync(file, "patient\n");
  const follower = followOutput(region, file, destination, "id");
  while (sent(region)?.length !== 1) await new Promise(setImmediate);
  appendFileSync(file, "refused\n");
  await follower.finish();
  expect(sent(region)).toEqual(["patient"]);
  expect(region.ownLog).toEqual(["1 log events for web were lost: AwsError: The specified log stream does not exist."]);
});

test("a batch has at most 256 lines and the bytes PutLogEvents takes", () => {
  const lines = (count: number, bytes: number) => Array.from({ length: count }, () => ({ text: "x", bytes }));
  expect(batches([]).length).toBe(0);
  expect(batches(lines(513, 10)).map(({ length }) => length)).toEqual([256, 256, 1]);
  expect(batches(lines(5, 262_118)).map(({ length }) => length)).toEqual([4, 1]);
});
