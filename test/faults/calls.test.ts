import { type CallCounts, totalOf } from "@fardel/core/aws/calls.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Shop, startShop } from "../e2e/release.fixture.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await startShop({ runtime: "simulated", timeScale: 60 });
  shop.write({});
  await shop.setUp();
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "hunter2" });
  await shop.deploy();
});
afterAll(() => shop.close());

/** What is asked again and again until something has come to its end, or for as long as the lock is held. */
const polling: CallCounts = {
  "CloudWatch Logs": { GetLogEvents: 1 },
  ECS: {
    DescribeServiceDeployments: 1,
    DescribeServiceRevisions: 1,
    DescribeServices: 1,
    DescribeTasks: 1,
    ListServiceDeployments: 1,
  },
  ELBv2: { DescribeTargetHealth: 1 },
  S3: { PutObject: 1 },
};

/** A release's calls, those that are polls, and how many seconds it took. */
async function release() {
  const before = shop.aws.calls.counts();
  const { outcome, events } = await shop.deploy();
  const after = shop.aws.calls.counts();
  const polls = (counts: CallCounts) =>
    Object.entries(polling)
      .flatMap(([service, operations]) => Object.keys(operations).map((operation) => counts[service]?.[operation] ?? 0))
      .reduce((sum, count) => sum + count, 0);
  return {
    outcome,
    events,
    polls: polls(after) - polls(before),
    others: totalOf(after) - totalOf(before) - (polls(after) - polls(before)),
    seconds: outcome.durationMs / 1000,
  };
}

test("finding that nothing has changed asks AWS for no more than its budget", async () => {
  const { outcome, polls, others } = await release();
  expect(outcome.outcome).toBe("unchanged");
  expect(polls + others).toBeLessThanOrEqual(25);
});

test("a release of two services and a migration asks AWS for no more than its budget, and says for what", async () => {
  shop.write({ text: "two" });
  const { outcome, events, polls, others, seconds } = await release();
  expect(outcome.outcome).toBe("succeeded");
  expect(others).toBeLessThanOrEqual(35);
  // At most five looks a second at first, of some five calls for all services together, and fewer as time goes on.
  expect(polls).toBeLessThanOrEqual(20 + 12 * seconds);
  const counted = events.find(({ type }) => type === "release.calls");
  expect(counted).toMatchObject({ total: expect.any(Number), calls: { ECS: { UpdateService: expect.any(Number) } } });
});
