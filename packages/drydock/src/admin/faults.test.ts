import { CloudFormationClient, ListStacksCommand } from "@aws-sdk/client-cloudformation";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { startTestDrydock } from "../testing.ts";
import { ask } from "./ask.fixture.ts";

async function startRegion() {
  const drydock = await startTestDrydock();
  const { endpoint, region } = drydock;
  const once = { endpoint, region, credentials: { accessKeyId: "a", secretAccessKey: "b" }, maxAttempts: 1 };
  return {
    endpoint,
    once,
    add: (body: unknown) => ask(endpoint, "POST", "faults", { body }),
    list: async () => (await ask(endpoint, "GET", "faults")).body.faults,
    ssm: new SSMClient(once),
    ecs: new ECSClient(once),
  };
}

test("a throttled call is refused as its service refuses it", async () => {
  const { add, once, ecs } = await startRegion();
  await add({ kind: "throttle" });
  const refused = [
    ecs.send(new ListClustersCommand({})),
    new CloudFormationClient(once).send(new ListStacksCommand({})),
    new EC2Client(once).send(new DescribeVpcsCommand({})),
    new S3Client({ ...once, forcePathStyle: true }).send(new ListBucketsCommand({})),
  ];
  const errors = await Promise.all(refused.map((call) => call.then(() => undefined).catch((error) => error)));
  expect(errors.map(({ name, $metadata }) => [name, $metadata.httpStatusCode])).toEqual([
    ["ThrottlingException", 400],
    ["Throttling", 400],
    ["RequestLimitExceeded", 503],
    ["SlowDown", 503],
  ]);
});

test("a fault strikes the service, the operation and as often as it was told to", async () => {
  const { add, list, ecs, ssm } = await startRegion();
  const { status, body } = await add({ kind: "error", service: "ecs", operation: "ListClusters", count: 2, seed: 1 });
  expect(status).toBe(200);
  expect(body).toEqual({
    tasks: [],
    fault: {
      id: 1,
      kind: "error",
      service: "ecs",
      operation: "ListClusters",
      count: 2,
      probability: 1,
      seed: 1,
      met: 0,
      struck: 0,
    },
  });
  await ssm.send(new PutParameterCommand({ Name: "/a", Value: "x", Type: "String" }));
  const outcomes: string[] = [];
  for (let call = 0; call < 3; call++) {
    const outcome = ecs.send(new ListClustersCommand({})).then(() => "answered");
    outcomes.push(await outcome.catch((error) => error.name));
  }
  expect(outcomes).toEqual(["ServerException", "ServerException", "answered"]);
  expect(await list()).toMatchObject([{ id: 1, met: 2, struck: 2 }]);
});

test("chances come the same way again with the same seed", async () => {
  const { endpoint, add, ecs } = await startRegion();
  const series = async (seed: number) => {
    await add({ kind: "throttle", service: "ecs", probability: 0.5, seed });
    const outcomes: boolean[] = [];
    for (let call = 0; call < 20; call++) {
      outcomes.push(
        await ecs.send(new ListClustersCommand({})).then(
          () => true,
          () => false,
        ),
      );
    }
    await ask(endpoint, "DELETE", "faults");
    return outcomes;
  };
  const first = await series(7);
  expect(new Set(first).size).toBe(2);
  expect(await series(7)).toEqual(first);
  expect(await series(8)).not.toEqual(first);
});

test("an answer can be lost after the operation was carried out", async () => {
  const { add, ssm } = await startRegion();
  await add({ kind: "drop", service: "ssm", operation: "PutParameter", carriedOut: true, count: 1 });
  await add({ kind: "drop", service: "ssm", operation: "GetParameter", count: 1 });
  const put = ssm.send(new PutParameterCommand({ Name: "/a", Value: "x", Type: "String" }));
  await expect(put).rejects.toMatchObject({ code: "ECONNRESET" });
  await expect(ssm.send(new GetParameterCommand({ Name: "/a" }))).rejects.toMatchObject({ code: "ECONNRESET" });
  expect((await ssm.send(new GetParameterCommand({ Name: "/a" }))).Parameter?.Value).toBe("x");
});

test("latency delays a call", async () => {
  const { add, ecs } = await startRegion();
  await add({ kind: "latency", service: "ecs", milliseconds: 120 });
  const before = performance.now();
  await ecs.send(new ListClustersCommand({}));
  expect(performance.now() - before).toBeGreaterThanOrEqual(119);
});

test("faults are removed one by one or all at once", async () => {
  const { endpoint, add, list } = await startRegion();
  for (const kind of ["throttle", "drop", "error"]) await add({ kind, probability: 0 });
  expect(await ask(endpoint, "DELETE", "faults/2")).toEqual({ status: 200, body: { removed: 1 } });
  expect((await list()).map(({ id }: { id: number }) => id)).toEqual([1, 3]);
  expect((await ask(endpoint, "DELETE", "faults/2")).body).toMatchInlineSnapshot(`
    {
      "error": {
        "code": "UnknownFault",
        "expected": "one of 1, 3",
        "message": "There is no fault "2".",
      },
    }
  `);
  expect((await ask(endpoint, "DELETE", "faults")).body).toEqual({ removed: 2 });
  expect(await list()).toEqual([]);
});

test.each([
  [{ kind: "sabotage" }, "kind"],
  [{}, "kind"],
  [{ kind: "latency" }, "milliseconds"],
  [{ kind: "latency", milliseconds: 1.5 }, "milliseconds"],
  [{ kind: "throttle", probability: 2 }, "probability"],
  [{ kind: "throttle", count: 0 }, "count"],
  [{ kind: "throttle", service: "" }, "service"],
  [{ kind: "throttle", service: "lambda" }, "service"],
  [{ kind: "throttle", operation: "ListClusters" }, "service"],
  [{ kind: "throttle", service: "ecs", operation: "listClusters" }, "operation"],
  [{ kind: "throttle", zone: "eu-west-1a" }, "zone"],
  [{ kind: "broken-task", fate: "healthy" }, "fate"],
  [{ kind: "broken-task", fate: "exits" }, "kind"],
  [{ kind: "error", carriedOut: "yes" }, "carriedOut"],
])("refuses %j for its %s", async (body, path) => {
  const { add, list } = await startRegion();
  expect(await add(body)).toMatchObject({ status: 400, body: { error: { path } } });
  expect(await list()).toEqual([]);
});

test("refuses a zone that isn't there", async () => {
  const { add } = await startRegion();
  expect((await add({ kind: "zone-loss", zone: "us-east-1a" })).body.error.message).toBe(
    "eu-west-1 has no Availability Zone us-east-1a, only eu-west-1a, eu-west-1b, eu-west-1c.",
  );
});
