import { SQS } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Shop, startShop } from "../e2e/release.fixture.ts";

// A minute of the region is two seconds.
const timeScale = 30;
const wanted = { timeout: 120_000, interval: 250 };
let shop: Shop;

/** Takes no message, so that the backlog is what was sent. */
const ingester = (text: string) => `
  ingester:
    image: app
    command: [node, worker.cjs]
    env: { QUEUE_URL: "\${queues.ingest.url}", TEXT: ${text} }
    scale: { min: 1, max: 4, queue: { name: ingest, messages: 10 } }
queues: { ingest: { visibility: 60s, retries: 2 } }
`;

beforeAll(async () => {
  shop = await startShop({ timeScale });
  shop.write({ worker: false, migration: 0, more: ingester("one") });
  await shop.setUp();
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "hunter2" });
  expect((await shop.deploy()).outcome).toMatchObject({ outcome: "succeeded" });
});
afterAll(() => shop.close());

async function counts(): Promise<{ desired: number | undefined; running: number | undefined }> {
  const { services = [] } = await shop.aws.ecs.describeServices({ cluster: "local", services: ["shop-ingester"] });
  return { desired: services[0]?.desiredCount, running: services[0]?.runningCount };
}

test("B2: a queue's backlog takes its service up and back, and a release leaves the count where it stands", async () => {
  const sqs = new SQS({
    region: shop.drydock.region,
    endpoint: shop.drydock.endpoint,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  const QueueUrl = shop.descriptor.queues.ingest ?? "";
  const Entries = Array.from({ length: 10 }, (_, at) => ({ Id: String(at), MessageBody: "work" }));
  // Thirty messages, ten a task: three tasks.
  for (let batch = 0; batch < 3; batch++) await sqs.sendMessageBatch({ QueueUrl, Entries });
  await vi.waitUntil(async () => (await counts()).running === 3, wanted);
  expect(await counts()).toEqual({ desired: 3, running: 3 });

  shop.write({ worker: false, migration: 0, text: "two", more: ingester("two") });
  expect((await shop.deploy()).outcome).toMatchObject({ outcome: "succeeded" });
  // While tasks are replaced fewer may be counted than run, which makes the backlog of each look longer.
  expect((await counts()).desired).toBeGreaterThanOrEqual(3);

  await sqs.purgeQueue({ QueueUrl });
  await vi.waitUntil(async () => (await counts()).running === 1, wanted);
  expect(await counts()).toEqual({ desired: 1, running: 1 });
}, 280_000);
