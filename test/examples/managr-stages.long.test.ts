// System A's stages: the example in a Git repository, released to its named environments, which here are in an embedded
// region where tasks are only pretended.
import { cpSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { findOrigin, type Origin } from "@fardel/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Place, startTaggedShop } from "../e2e/tagged-shop.fixture.ts";

const example = resolve(import.meta.dirname, "..", "..", "examples", "managr");
const repository = "managr/server";

let managr: Awaited<ReturnType<typeof startTaggedShop>>;
let pr: Place;
let staging: Place;
let production: Place;

beforeAll(async () => {
  managr = await startTaggedShop();
  const { directory, region, write } = managr;
  cpSync(example, directory, { recursive: true, filter: (from) => !from.endsWith("node_modules") });
  const manifest = readFileSync(join(directory, "fardel.yaml"), "utf8");
  // Images from outside, Node's among them, can't be had here.
  write({
    "fardel.yaml": manifest
      .replace("{ build: . }", `{ build: ., base: "${region.base}" }`)
      .replace("public.ecr.aws/datadog/agent:7", region.base),
  });
  commit("Take what there is here");
  managr.git("switch", "--quiet", "--create", "scores");
  write({ "migrate.js": `${readFileSync(join(directory, "migrate.js"), "utf8")}\n// One.\n` });
  commit("Score leads");
  pr = await managr.open("pr");
  await createKey(pr);
});
afterAll(() => managr.close());

/** Everything there is, as a commit; its hash. */
function commit(message: string): string {
  managr.git("add", "--all");
  managr.git("commit", "--quiet", "--message", message);
  return managr.git("rev-parse", "HEAD");
}

/** What a pipeline of Bitbucket knows of a pull request. */
function pullRequest(number: string): Promise<Origin> {
  return findOrigin(managr.directory, { BITBUCKET_PR_ID: number, BITBUCKET_BRANCH: "scores" });
}

async function succeed(place: Place, origin?: Origin) {
  const { outcome, events } = await place.deploy(origin && { origin });
  expect(outcome, JSON.stringify(outcome)).toMatchObject({ outcome: "succeeded" });
  return events;
}

/** The API key of Datadog's agent, which a person brings. */
async function createKey({ app, aws }: Place): Promise<void> {
  const Name = `/managr/${app.environment}/datadog-api-key`;
  await aws.secretsManager.createSecret({ Name, SecretString: "0123456789abcdef" });
}

async function service({ app, aws }: Place) {
  const { services = [] } = await aws.ecs.describeServices({ cluster: app.cluster, services: ["managr-server"] });
  const { taskDefinition } = await aws.ecs.describeTaskDefinition({ taskDefinition: services[0]?.taskDefinition });
  return { ...services[0], definition: taskDefinition };
}

/** The digest of the image that server and worker run. */
async function servingDigest(place: Place): Promise<string> {
  const { definition } = await service(place);
  const images = (definition?.containerDefinitions ?? []).slice(0, 2).map(({ image }) => image);
  const [digest] = new Set(images.map((image) => image?.split(`/${repository}@`)[1]));
  return digest ?? "";
}

describe("managr's stages", () => {
  test("A2: a pull request's image is pr-<id>", async () => {
    await succeed(pr, await pullRequest("7"));
    expect(await pr.tags("server")).toEqual({ [await servingDigest(pr)]: ["pr-7"] });
  });

  test("A2: the next push to a pull request takes its tag along", async () => {
    const before = await servingDigest(pr);
    managr.write({ "migrate.js": `${readFileSync(join(managr.directory, "migrate.js"), "utf8")}\n// Two.\n` });
    commit("Score leads better");
    await succeed(pr, await pullRequest("7"));
    const after = await servingDigest(pr);
    expect(after).not.toBe(before);
    expect(await pr.tags("server")).toEqual({ [before]: [], [after]: ["pr-7"] });
  });

  test("A6: a stage without its secret in Secrets Manager is not released to, and told which", async () => {
    managr.git("switch", "--quiet", "main");
    managr.git("merge", "--quiet", "scores");
    staging = await managr.open("staging");
    await expect(staging.deploy()).rejects.toMatchObject({
      message: "Service server needs the secret /managr/staging/datadog-api-key, which doesn't exist.",
      where: expect.stringMatching(
        /^fardel\.yaml:\d+ {2}services\.server\.sidecars\.datadog-agent\.secrets\.DD_API_KEY$/,
      ),
      fix: "aws secretsmanager create-secret --name /managr/staging/datadog-api-key --secret-string '<value>'",
    });
    await createKey(staging);
  });

  test("A2, A4: staging's image is staging-<commit>, and its task definition names it by digest", async () => {
    await succeed(staging);
    const digest = await servingDigest(staging);
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect((await staging.tags("server"))[digest]).toEqual(["pr-7", `staging-${managr.git("rev-parse", "main")}`]);
  });

  test("A2: production takes only what has a Git tag, and its image is prod-<tag>: the one that staging runs", async () => {
    production = await managr.open("production");
    await createKey(production);
    await expect(production.deploy()).rejects.toMatchObject({
      code: "IMAGE_TAG",
      message: "The image tag prod-{tag} can't be made: there is no {tag} here.",
    });
    managr.git("tag", "v1.4.0");
    const events = await succeed(production, await managr.origin());
    const built = events.filter((event) => event.type === "image.built" || event.type === "image.pushed");
    expect(built).toMatchObject([{ cached: true }, { sentBytes: 0 }]);
    const digest = await servingDigest(production);
    expect(digest).toBe(await servingDigest(staging));
    expect((await production.tags("server"))[digest]).toContain("prod-v1.4.0");
  });

  test("A3: each stage has a service of its own, with its own CPU, memory and number of tasks", async () => {
    const found = await Promise.all([pr, staging, production].map(service));
    const sizes = found.map(({ clusterArn, definition, desiredCount }) => {
      const [cluster] = clusterArn?.split("/").slice(-1) ?? [];
      return [cluster, definition?.cpu, definition?.memory, desiredCount];
    });
    expect(sizes).toEqual([
      ["pr", "256", "1024", 1],
      ["staging", "512", "2048", 2],
      ["production", "1024", "4096", 2],
    ]);
    const [onSpot] = found;
    expect(onSpot?.capacityProviderStrategy).toMatchObject([{ capacityProvider: "FARGATE_SPOT" }]);
  });

  test("A6: production scales by itself, its database has a standby", async () => {
    const resource = { ServiceNamespace: "ecs", ResourceId: "service/production/managr-server" } as const;
    const { ScalingPolicies } = await production.aws.applicationAutoScaling.describeScalingPolicies(resource);
    expect(ScalingPolicies?.map((each) => each.TargetTrackingScalingPolicyConfiguration)).toMatchObject([
      { TargetValue: 60, PredefinedMetricSpecification: { PredefinedMetricType: "ECSServiceAverageCPUUtilization" } },
    ]);
    const template = await production.aws.cloudFormation.getTemplate({ StackName: "managr-production-data" });
    expect(template.TemplateBody).toMatch(/"MultiAZ":\s*true/);
  });

  test("A5: named stages have Datadog's own agent, with its key from Secrets Manager", async () => {
    const { definition } = await service(production);
    const agent = definition?.containerDefinitions?.find(({ name }) => name === "datadog-agent");
    const [reference = ""] = managr.region.base.split(/:1$/);
    expect(agent).toMatchObject({
      image: expect.stringMatching(new RegExp(`^${reference}@sha256:`)),
      essential: false,
      secrets: [{ name: "DD_API_KEY", valueFrom: expect.stringContaining("/managr/production/datadog-api-key") }],
      environment: expect.arrayContaining([{ name: "DD_ENV", value: "production" }]),
      portMappings: [{ containerPort: 8126 }, { containerPort: 8125, protocol: "udp" }],
    });
    // What the region here gets in its place.
    expect(readFileSync(join(example, "fardel.yaml"), "utf8")).toContain("image: public.ecr.aws/datadog/agent:7");
  });
});
