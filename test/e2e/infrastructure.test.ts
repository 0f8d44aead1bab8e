import {
  type App,
  type Aws,
  applyInfrastructure,
  destroyInfrastructure,
  type EnvironmentDescriptor,
  type FardelEvent,
  loadBalancerUrl,
  planInfrastructure,
  readDescriptor,
} from "@fardel/core";
import { shop, tinyShop } from "@fardel/core/infra/shop.fixture.ts";
import { dataStackPolicy } from "@fardel/core/infra/templates/data.ts";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BareRegion, stackOutcomes, startBareRegion } from "./bare-region.fixture.ts";

const { main } = shop.databases;
if (main === undefined) throw new Error("the shop has a database");
// The version that comes with fardel: nothing is fetched.
const app: App = { ...shop, environment: "local", cluster: "local", databases: { main: { ...main, version: "18" } } };
let region: BareRegion;
let aws: Aws;
let descriptor: EnvironmentDescriptor;

beforeAll(async () => {
  region = await startBareRegion();
  ({ aws } = region);
});
afterAll(() => region.close());

/** Applies, and tells what became of each stack, in order. */
async function apply(changed: App = app): Promise<string[]> {
  const events: FardelEvent[] = [];
  descriptor = await applyInfrastructure(changed, aws, (event) => events.push(event));
  return stackOutcomes(events);
}

async function destroy(data: boolean, doomed: App = app): Promise<string[]> {
  const events: FardelEvent[] = [];
  await destroyInfrastructure(doomed, aws, (event) => events.push(event), { data });
  return stackOutcomes(events);
}

async function stackNames(): Promise<(string | undefined)[]> {
  const { Stacks = [] } = await aws.cloudFormation.describeStacks({});
  return Stacks.map((stack) => stack.StackName).sort();
}

/** The value ECS would put into a container for a secret of the manifest. */
async function secretValue(reference: string): Promise<string> {
  const valueFrom = descriptor.secrets[reference] ?? "";
  const [key = ""] = valueFrom.split(":").slice(7);
  const SecretId = valueFrom.split(":").slice(0, 7).join(":");
  const { SecretString = "{}" } = await aws.secretsManager.getSecretValue({ SecretId });
  return JSON.parse(SecretString)[key];
}

describe("infrastructure in the embedded region", () => {
  test("is planned without touching anything", async () => {
    const plan = await planInfrastructure(app, aws);
    expect(plan.map(({ stack, action }) => [stack, action])).toEqual([
      ["fardel", "create"],
      ["shop-registry", "create"],
      ["local", "create"],
      ["shop-local-data", "create"],
      ["shop-local", "create"],
    ]);
    expect(await stackNames()).toEqual([]);
  });

  test("comes to be in one go", async () => {
    const finished = await apply();
    expect(finished.slice(0, 3).sort()).toEqual(["fardel created", "local created", "shop-registry created"]);
    expect(finished.slice(3)).toEqual(["shop-local-data created", "shop-local created"]);
    expect(descriptor).toEqual(await readDescriptor(aws, "shop", "local"));
    expect(descriptor.accountId).toBe(region.accountId);
  });

  test("has a load balancer that answers, a database and a registry", async () => {
    const url = await loadBalancerUrl(aws, descriptor);
    const response = await fetch(`${url}/`);
    expect([response.status, await response.text()]).toEqual([404, "No service of shop is routed here."]);

    const client = new Client({ connectionString: await secretValue("databases.main.url") });
    await client.connect();
    const { rows } = await client.query("select current_database() as database, current_user as user");
    await client.end();
    expect(rows).toEqual([{ database: "main", user: await secretValue("databases.main.user") }]);

    const { repositories = [] } = await aws.ecr.describeRepositories({ repositoryNames: ["shop/web"] });
    expect(repositories[0]?.repositoryUri).toBe(descriptor.repositories.web);
  });

  test("keeps the applied templates in the state bucket", async () => {
    const { Contents = [] } = await aws.s3.listObjectsV2({ Bucket: descriptor.stateBucket, Prefix: "infra/" });
    expect(Contents.map(({ Key }) => Key)).toEqual([
      "infra/fardel.json",
      "infra/local.json",
      "infra/shop-local-data.json",
      "infra/shop-local.json",
      "infra/shop-registry.json",
    ]);
  });

  test("is left alone when nothing has changed", async () => {
    const finished = await apply();
    expect(finished).toHaveLength(5);
    expect(finished.filter((outcome) => !outcome.endsWith(" unchanged"))).toEqual([]);
  });

  test("changes only where the manifest does, and says so before", async () => {
    const { worker: _, ...services } = app.services;
    const { migrate } = app.tasks;
    if (migrate === undefined) throw new Error("the shop has a task");
    const jobs: App = { ...app, services, tasks: { migrate, report: { ...migrate, name: "report" } } };
    const plan = await planInfrastructure(jobs, aws);
    expect(plan.flatMap(({ changes }) => changes).map(({ action, logicalId }) => [action, logicalId])).toEqual(
      expect.arrayContaining([["add", "ReportLogs"]]),
    );
    expect(plan.flatMap(({ changes }) => changes).filter(({ action }) => action === "remove")).toEqual([]);
    expect((await apply(jobs)).filter((outcome) => !outcome.endsWith("unchanged"))).toEqual(["shop-local updated"]);
    expect(Object.keys(descriptor.logGroups)).toEqual(["web", "migrate", "report"]);
  });

  test("is taken down but for the database, its network and the release records", async () => {
    expect(await destroy(false)).toEqual(["shop-local deleted", "shop-registry deleted"]);
    expect(await stackNames()).toEqual(["fardel", "local", "shop-local-data"]);
    await expect(readDescriptor(aws, "shop", "local")).rejects.toMatchObject({ code: "DESCRIPTOR_MISSING" });
  });

  test("comes back to the same database", async () => {
    expect(await apply()).toEqual(
      expect.arrayContaining(["shop-local-data unchanged", "shop-registry created", "shop-local created"]),
    );
  });

  test("leaves nothing when the data may go too", async () => {
    expect(await destroy(true)).toHaveLength(5);
    expect(await stackNames()).toEqual([]);
    expect((await aws.s3.listBuckets({})).Buckets ?? []).toEqual([]);
    expect((await aws.ecr.describeRepositories({})).repositories ?? []).toEqual([]);
    expect((await aws.logs.describeLogGroups({})).logGroups ?? []).toEqual([]);
    expect((await aws.secretsManager.listSecrets({})).SecretList ?? []).toEqual([]);
    expect((await aws.ssm.describeParameters({})).Parameters ?? []).toEqual([]);
    const { Vpcs = [] } = await aws.ec2.describeVpcs({ Filters: [{ Name: "tag-key", Values: ["fardel:cluster"] }] });
    expect(Vpcs).toEqual([]);
  });
});

describe("infrastructure that meets an obstacle", () => {
  const repositoryName = "blog/web";
  const { databases, ...withoutDatabases } = app;
  const blog = { ...withoutDatabases, databases: {}, name: "blog", tasks: {}, services: tinyShop.services };

  test("is told which resource failed and why, and is rolled back", async () => {
    await aws.ecr.createRepository({ repositoryName });
    const failure = await apply(blog).catch((error) => error);
    expect(failure).toMatchObject({
      code: "STACK_FAILED",
      message: "Could not create the stack blog-registry: WebRepository (AWS::ECR::Repository) failed.",
      why: expect.stringMatching(/already exists[\s\S]*\nWhat had been created was removed again\.$/),
    });
    const { Stacks = [] } = await aws.cloudFormation.describeStacks({ StackName: "blog-registry" });
    expect(Stacks.map((stack) => stack.StackStatus)).toEqual(["ROLLBACK_COMPLETE"]);
  });

  test("starts the failed stack over when the obstacle is gone", async () => {
    await aws.ecr.deleteRepository({ repositoryName });
    const finished = await apply(blog);
    expect(finished).toEqual(
      expect.arrayContaining([
        "blog-registry deleted",
        "blog-registry created",
        "local unchanged",
        "blog-local created",
      ]),
    );
  });

  test("plans a change that needs a stack which isn't there yet", async () => {
    const plan = await planInfrastructure({ ...blog, databases }, aws);
    expect(plan.map(({ stack, action }) => `${stack} ${action}`)).toEqual([
      "fardel none",
      "blog-registry none",
      "local none",
      "blog-local-data create",
      "blog-local update",
    ]);
    expect(plan.at(-1)?.changes.map(({ action, logicalId }) => `${action} ${logicalId}`)).toEqual([
      "add DatabaseIngress",
      "modify ExecutionRole",
      "modify Descriptor",
    ]);
  });

  test("goes when no other app is left", async () => {
    await destroy(false, blog);
    expect(await stackNames()).toEqual([]);
  });
});

describe("a database outside `local`", () => {
  const production: App = { ...app, environment: "production", cluster: "prod" };

  test("can't be deleted by deleting its stack", async () => {
    await apply(production);
    const refusal = await aws.cloudFormation.deleteStack({ StackName: "shop-prod-data" }).catch((error) => error);
    expect(refusal).toMatchObject({
      code: "AWS_ValidationError",
      why: expect.stringContaining("TerminationProtection"),
    });
    const { StackPolicyBody = "{}" } = await aws.cloudFormation.getStackPolicy({ StackName: "shop-prod-data" });
    expect(JSON.parse(StackPolicyBody)).toEqual(dataStackPolicy);
  });

  test("stays when the manifest no longer names it", async () => {
    const { main } = production.databases;
    if (main === undefined) throw new Error("the shop has a database");
    const services = tinyShop.services;
    const renamed = { ...production, services, tasks: {}, databases: { other: { ...main, name: "other" } } };
    await apply(renamed);
    const { StackResources = [] } = await aws.cloudFormation.describeStackResources({ StackName: "shop-prod-data" });
    const databases = StackResources.filter(({ ResourceType }) => ResourceType === "AWS::RDS::DBInstance");
    expect(databases.map(({ LogicalResourceId }) => LogicalResourceId).sort()).toEqual([
      "MainDatabase",
      "OtherDatabase",
    ]);
  });

  test("goes when the data may", async () => {
    const finished = await destroy(true, production);
    expect(finished).toEqual(expect.arrayContaining(["shop-prod-data deleted", "prod deleted", "fardel deleted"]));
    expect(await stackNames()).toEqual([]);
  });
});
