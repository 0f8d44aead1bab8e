import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CloudFormation } from "@aws-sdk/client-cloudformation";
import { ECS } from "@aws-sdk/client-ecs";
import { S3 } from "@aws-sdk/client-s3";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { SQS } from "@aws-sdk/client-sqs";
import { SSM } from "@aws-sdk/client-ssm";
import { type DrydockStatus, readStatus, startDetached, stopDetached } from "@fardel/drydock/control.ts";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";

/** What was written, by what it is called; what a read gives has to be the same. */
type Written = Map<string, string>;

interface Writer {
  write(region: Region, number: number): Promise<string>;
  read(region: Region, number: number): Promise<string | undefined>;
}

type Region = ReturnType<typeof clientsOf>;

function clientsOf({ endpoint, region }: DrydockStatus) {
  const configuration = {
    endpoint,
    region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    // A write that is sent again might succeed at a region that has just lost it.
    maxAttempts: 1,
  };
  return {
    cloudFormation: new CloudFormation(configuration),
    ecs: new ECS(configuration),
    s3: new S3({ ...configuration, forcePathStyle: true }),
    secrets: new SecretsManager(configuration),
    sqs: new SQS(configuration),
    ssm: new SSM(configuration),
  };
}

const textOf = (number: number) => createHash("sha256").update(String(number)).digest("hex");

const stackOf = (number: number) =>
  JSON.stringify({
    Resources: {
      Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
      Subnet: {
        Type: "AWS::EC2::Subnet",
        Properties: { VpcId: { Ref: "Vpc" }, CidrBlock: "10.0.1.0/24", AvailabilityZone: "eu-west-1a" },
      },
      Bucket: { Type: "AWS::S3::Bucket", DependsOn: "Subnet" },
      Group: { Type: "AWS::Logs::LogGroup", DependsOn: "Bucket", Properties: { LogGroupName: `/stack/${number}` } },
    },
    Outputs: { Group: { Value: { Ref: "Group" } } },
  });

const writers: Record<string, Writer> = {
  parameter: {
    async write({ ssm }, number) {
      await ssm.putParameter({ Name: `/p/${number}`, Value: textOf(number), Type: "SecureString" });
      return textOf(number);
    },
    read: async ({ ssm }, number) =>
      (await ssm.getParameter({ Name: `/p/${number}`, WithDecryption: true })).Parameter?.Value,
  },
  object: {
    async write({ s3 }, number) {
      await s3.putObject({ Bucket: "objects", Key: String(number), Body: textOf(number).repeat(500) });
      return textOf(number).repeat(500);
    },
    read: async ({ s3 }, number) =>
      (await s3.getObject({ Bucket: "objects", Key: String(number) })).Body?.transformToString(),
  },
  secret: {
    async write({ secrets }, number) {
      const { VersionId = "" } = await secrets.createSecret({ Name: `s${number}`, SecretString: textOf(number) });
      return `${VersionId} ${textOf(number)}`;
    },
    async read({ secrets }, number) {
      const { VersionId, SecretString } = await secrets.getSecretValue({ SecretId: `s${number}` });
      return `${VersionId} ${SecretString}`;
    },
  },
  definition: {
    async write({ ecs }, number) {
      const containerDefinitions = [{ name: "app", image: textOf(number) }];
      const answer = await ecs.registerTaskDefinition({ family: `f${number}`, containerDefinitions });
      return `${answer.taskDefinition?.taskDefinitionArn} ${textOf(number)}`;
    },
    async read({ ecs }, number) {
      const { taskDefinition } = await ecs.describeTaskDefinition({ taskDefinition: `f${number}` });
      return `${taskDefinition?.taskDefinitionArn} ${taskDefinition?.containerDefinitions?.[0]?.image}`;
    },
  },
  message: {
    async write({ sqs }, number) {
      const { QueueUrl } = await sqs.createQueue({ QueueName: `q${number}` });
      const { MessageId } = await sqs.sendMessage({ QueueUrl, MessageBody: textOf(number) });
      return `${MessageId} ${textOf(number)}`;
    },
    async read({ sqs }, number) {
      const { QueueUrl } = await sqs.getQueueUrl({ QueueName: `q${number}` });
      const { Messages = [] } = await sqs.receiveMessage({ QueueUrl });
      return Messages.map(({ MessageId, Body }) => `${MessageId} ${Body}`).join();
    },
  },
};

let directory = "";

afterEach(async () => {
  await stopDetached(directory);
  rmSync(directory, { recursive: true, force: true });
});

/** A region of its own that kills itself as it is at a certain write: see `dies-at.fixture.ts`. */
async function startDying(diesAt: string): Promise<Region> {
  vi.stubEnv("FARDEL_TEST_DIES_AT", diesAt);
  vi.stubEnv("NODE_OPTIONS", `--import=${resolve(import.meta.dirname, "dies-at.fixture.ts")}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const region = clientsOf(await startDetached({ directory, port: 0 }));
  vi.unstubAllEnvs();
  return region;
}

/** Writes one thing after the other until the region is gone. */
async function writeUntilDead(region: Region, { write }: Writer, acknowledged: Written): Promise<void> {
  for (let number = 1; ; number++) {
    const written = await write(region, number).catch(() => undefined);
    if (written === undefined) return;
    acknowledged.set(String(number), written);
  }
}

async function createStacksUntilDead({ cloudFormation }: Region, begun: Set<string>): Promise<void> {
  for (let number = 1; ; number++) {
    const StackName = `stack${number}`;
    const made = await cloudFormation.createStack({ StackName, TemplateBody: stackOf(number) }).catch(() => undefined);
    if (made === undefined) return;
    begun.add(StackName);
  }
}

async function stackEnd({ cloudFormation }: Region, StackName: string): Promise<string> {
  return vi.waitUntil(
    async () => {
      const { Stacks = [] } = await cloudFormation.describeStacks({ StackName });
      const status = Stacks[0]?.StackStatus ?? "";
      return status.endsWith("_IN_PROGRESS") ? undefined : `${status} ${Stacks[0]?.Outputs?.[0]?.OutputValue}`;
    },
    { timeout: 30_000, interval: 50 },
  );
}

test.each(["write:40", "written:97", "write:181", "written:333", "write:620"])(
  "killed at %s, a region has every write that it has answered, and ends the stacks it has begun",
  async (diesAt) => {
    directory = mkdtempSync(join(tmpdir(), "fardel-writes-"));
    const region = await startDying(diesAt);
    await region.s3.createBucket({ Bucket: "objects" });
    const acknowledged = new Map<string, Written>(Object.keys(writers).map((kind) => [kind, new Map()]));
    const stacks = new Set<string>();
    await Promise.all([
      createStacksUntilDead(region, stacks),
      ...Object.entries(writers).map(([kind, writer]) =>
        writeUntilDead(region, writer, acknowledged.get(kind) ?? new Map()),
      ),
    ]);
    expect(await readStatus(directory)).toBeUndefined();

    const again = clientsOf(await startDetached({ directory }));
    for (const [kind, { read }] of Object.entries(writers)) {
      const written = acknowledged.get(kind) ?? new Map();
      const found = await Promise.all(
        [...written.keys()].map(async (number) => [number, await read(again, Number(number))] as const),
      );
      expect(Object.fromEntries(found), kind).toEqual(Object.fromEntries(written));
    }
    const ends = await Promise.all([...stacks].map(async (name) => [name, await stackEnd(again, name)] as const));
    expect(Object.fromEntries(ends)).toEqual(
      Object.fromEntries([...stacks].map((name) => [name, `CREATE_COMPLETE /${name.replace("stack", "stack/")}`])),
    );
  },
);
