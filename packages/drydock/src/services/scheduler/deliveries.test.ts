import { expect, test } from "vitest";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { Store } from "../../store/store.ts";
import { VirtualClock } from "../ecs/world.fixture.ts";
import { Deliveries } from "./deliveries.ts";
import type { InvocationRecord } from "./records.ts";

/** A region that is nothing but an SQS which fails `failures` times; the times of the calls, in seconds. */
function failingRegion(failures: number, error: Error) {
  const clock = new VirtualClock();
  const began = clock.now();
  const calls: [queue: string | undefined, seconds: number][] = [];
  const SendMessage = async ({ QueueUrl }: { QueueUrl: string }) => {
    const queue = QueueUrl.split("/").at(-1);
    calls.push([queue, (clock.now() - began) / 1000]);
    if (queue === "runs" && calls.length <= failures) throw error;
    return {};
  };
  const region = {
    name: "eu-west-1",
    accountId: "000000000000",
    endpoint: new URL("http://127.0.0.1/"),
    store: new Store(),
    clock,
    log: () => {},
    onClose: () => {},
    call: () => ({ SendMessage }),
  } as unknown as Region;
  return { region, clock, calls };
}

const queueArn = (name: string) => `arn:aws:sqs:eu-west-1:000000000000:${name}`;

function invocation(now: number, MaximumRetryAttempts: number, MaximumEventAgeInSeconds = 86_400): InvocationRecord {
  return {
    id: "run",
    schedule: "default/nightly",
    scheduleArn: "arn:aws:scheduler:eu-west-1:000000000000:schedule/default/nightly",
    scheduleName: "nightly",
    target: {
      Arn: queueArn("runs"),
      RoleArn: "arn:aws:iam::000000000000:role/scheduler",
      Input: "run",
      RetryPolicy: { MaximumRetryAttempts, MaximumEventAgeInSeconds },
      DeadLetterConfig: { Arn: queueArn("dead") },
    },
    scheduled: now,
    begun: now,
    attempts: 0,
    nextAttempt: now,
  };
}

const fault = new AwsError("InternalFailure", "failed", { status: 500 });

test("a target that fails is asked again, after longer and longer, until it answers", async () => {
  const { region, clock, calls } = failingRegion(3, fault);
  const ended: string[] = [];
  const deliveries = new Deliveries(region, ({ id }) => {
    // Whatever follows from a run's end is kept with it or not at all.
    if (region.store.database.isTransaction) ended.push(id);
  });
  deliveries.begin(invocation(clock.now(), 185));
  await clock.advance(3600_000);
  expect(calls).toEqual([
    ["runs", 0],
    ["runs", 1],
    ["runs", 3],
    ["runs", 7],
  ]);
  expect(ended).toEqual(["run"]);
  expect(deliveries.has("default/nightly")).toBe(false);
});

test.each([
  ["its attempts are spent", 2, 86_400, [0, 1, 3]],
  ["it is too old", 185, 60, [0, 1, 3, 7, 15, 31]],
])("a run goes to the dead-letter queue once %s", async (_when, attempts, age, seconds) => {
  const { region, clock, calls } = failingRegion(1000, fault);
  new Deliveries(region, () => {}).begin(invocation(clock.now(), attempts, age));
  await clock.advance(3600_000);
  expect(calls).toEqual([...seconds.map((second) => ["runs", second]), ["dead", seconds.at(-1)]]);
});

test("a run that had begun when drydock ended is brought to its target by the next one", async () => {
  const { region, clock, calls } = failingRegion(1, fault);
  new Deliveries(region, () => {}).begin(invocation(clock.now(), 185));
  await clock.advance(0);
  const later = failingRegion(0, fault);
  await later.clock.advance(60_000);
  const next = { ...later.region, store: region.store };
  new Deliveries(next, () => {}).resume();
  await later.clock.advance(0);
  expect([calls, later.calls]).toEqual([[["runs", 0]], [["runs", 60]]]);
});
