// System A on this machine, through the command line: a copy of the example, a region of its own.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TaskDefinition } from "@aws-sdk/client-ecs";
import { RDS } from "@aws-sdk/client-rds";
import { type Aws, connectAws } from "@fardel/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fardel, resultOf, succeed } from "../command-line.ts";

const example = resolve(import.meta.dirname, "..", "..", "examples", "managr");
const root = mkdtempSync(join(tmpdir(), "fardel-managr-"));
const place = { directory: join(root, "managr"), home: join(root, "home") };
const path = (...names: string[]) => join(place.directory, ...names);

let aws: Aws;
let rds: RDS;
let address: string;

beforeAll(async () => {
  cpSync(example, place.directory, { recursive: true, filter: (from) => !from.endsWith("node_modules") });
  mkdirSync(place.home);
  await succeed(place, "local", "start", "--port", "0");
  const { endpoint, region } = JSON.parse((await succeed(place, "local", "status", "--json")).stdout);
  aws = connectAws({ environment: "local", region, endpoint }, {});
  rds = new RDS({ endpoint, region, credentials: { accessKeyId: "local", secretAccessKey: "local" } });
});
afterAll(async () => {
  rds?.destroy();
  await fardel(place, "local", "reset", "--yes");
  rmSync(root, { recursive: true, force: true });
});

/** What a command with `--json` prints: its events, and at last its result. */
function linesOf({ stdout }: { stdout: string }): Record<string, unknown>[] {
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

async function text(at: string): Promise<string> {
  const response = await fetch(`${address}${at}`);
  expect(response.status).toBe(200);
  return response.text();
}

interface Lead {
  company: string;
  employees: number;
  score: number | null;
}

const leads = async (): Promise<Lead[]> => JSON.parse(await text("/api/leads"));

async function add(company: string, employees: number): Promise<Response> {
  return fetch(`${address}/api/leads`, { method: "POST", body: JSON.stringify({ company, employees }) });
}

/** The task definition that the service runs. */
async function serving(): Promise<TaskDefinition> {
  const { services = [] } = await aws.ecs.describeServices({ cluster: "local", services: ["managr-server"] });
  const { taskDefinition } = await aws.ecs.describeTaskDefinition({ taskDefinition: services[0]?.taskDefinition });
  return taskDefinition ?? {};
}

function edit(file: string, change: (source: string) => string): void {
  writeFileSync(path(file), change(readFileSync(path(file), "utf8")));
}

/** Builds the front end anew, as `npm run build` does. */
function build(): string {
  return execFileSync(process.execPath, ["build-client.js"], { cwd: place.directory, encoding: "utf8" });
}

describe("managr", () => {
  test("A1: one image with back end and built front end, built once, is what every container of the app runs", async () => {
    const lines = linesOf(await succeed(place, "up", "--json"));
    const built = lines.filter(({ type }) => type === "image.built").map(({ image }) => image);
    expect(built.toSorted()).toEqual(["agent", "server"]);
    address = String(lines.at(-1)?.url);

    const page = await text("/");
    const script = page.match(/src="(\/assets\/main-[0-9a-f]{8}\.js)"/)?.[1] ?? "";
    expect(await text(script)).toBe(readFileSync(path("client", "main.js"), "utf8"));
    expect(await leads()).toEqual([]);

    const { containerDefinitions = [] } = await serving();
    const [server, worker] = containerDefinitions;
    expect(server?.image).toMatch(/\/managr\/server@sha256:[0-9a-f]{64}$/);
    expect(worker?.image).toBe(server?.image);
    const { taskDefinition: migrate } = await aws.ecs.describeTaskDefinition({
      taskDefinition: "managr-local-migrate",
    });
    expect(migrate?.containerDefinitions?.map(({ image }) => image)).toEqual([server?.image]);
  });

  test("A1: the front end in the repository is the one its sources give", () => {
    const before = readFileSync(path("public", "index.html"), "utf8");
    build();
    expect(readFileSync(path("public", "index.html"), "utf8")).toBe(before);
  });

  test("A5: the task definition is the team's own file, with three containers, where fardel has filled in the rest", async () => {
    const file: TaskDefinition = JSON.parse(readFileSync(path("taskdefinitions", "managr.json"), "utf8"));
    const definition = await serving();
    expect(definition).toMatchObject({ family: "managr-local-server", cpu: file.cpu, memory: file.memory });
    expect(definition.containerDefinitions?.map(({ name, essential }) => [name, essential])).toEqual([
      ["server", true],
      ["worker", true],
      ["datadog-agent", false],
    ]);
    for (const { image: _, environment = [], ...theirs } of file.containerDefinitions ?? []) {
      const container = definition.containerDefinitions?.find(({ name }) => name === theirs.name);
      const variables = [...environment, { name: "DD_ENV", value: "local" }];
      expect(container).toMatchObject({ ...theirs, environment: expect.arrayContaining(variables) });
    }
    const { taskArns } = await aws.ecs.listTasks({ cluster: "local", serviceName: "managr-server" });
    const { tasks = [] } = await aws.ecs.describeTasks({ cluster: "local", tasks: taskArns });
    expect(
      tasks.flatMap(({ containers = [] }) => containers.map(({ name, lastStatus }) => [name, lastStatus])),
    ).toEqual([
      ["server", "RUNNING"],
      ["worker", "RUNNING"],
      ["datadog-agent", "RUNNING"],
    ]);
  });

  test("A5: the agent beside them gets traces and metrics of server and worker", async () => {
    expect((await add("Acme", 250)).status).toBe(201);
    expect((await add("", 250)).status).toBe(400);
    await expect.poll(leads, { timeout: 30_000 }).toEqual([{ id: "1", company: "Acme", employees: 250, score: 60 }]);
    const told = async () => {
      const lines = linesOf(await succeed(place, "logs", "server", "--json"));
      const agent = lines.filter(({ container }) => container === "datadog-agent");
      return agent.map(({ message }) => String(message).replace(/ in [\d.]+ ms$/, ""));
    };
    await expect
      .poll(told, { timeout: 60_000, interval: 500 })
      .toEqual(
        expect.arrayContaining([
          'trace managr-server env:local "POST /api/leads" done',
          "metric managr.leads.added:1|c|#service:managr-server,env:local",
          'trace managr-worker env:local "score a lead" done',
          "metric managr.leads.scored:1|c|#service:managr-worker,env:local",
        ]),
      );
  });

  test("A6: it stands on a load balancer, Application Auto Scaling, Fargate, ECR, Secrets Manager and RDS for PostgreSQL", async () => {
    const { LoadBalancers = [] } = await aws.elbv2.describeLoadBalancers({});
    expect(LoadBalancers).toMatchObject([{ Type: "application", Scheme: "internet-facing" }]);

    const [ServiceNamespace, ResourceId] = ["ecs", "service/local/managr-server"] as const;
    const scalable = { ServiceNamespace, ResourceIds: [ResourceId] };
    const { ScalableTargets } = await aws.applicationAutoScaling.describeScalableTargets(scalable);
    expect(ScalableTargets).toMatchObject([{ MinCapacity: 1, MaxCapacity: 3 }]);
    const policies = await aws.applicationAutoScaling.describeScalingPolicies({ ServiceNamespace, ResourceId });
    expect(policies.ScalingPolicies?.map((each) => each.TargetTrackingScalingPolicyConfiguration)).toMatchObject([
      { TargetValue: 600, PredefinedMetricSpecification: { PredefinedMetricType: "ALBRequestCountPerTarget" } },
    ]);

    const { services } = await aws.ecs.describeServices({ cluster: "local", services: ["managr-server"] });
    expect(services).toMatchObject([{ launchType: "FARGATE", runningCount: 1 }]);
    const { imageDetails = [] } = await aws.ecr.describeImages({ repositoryName: "managr/server" });
    expect(imageDetails).toHaveLength(1);

    const { DBInstances } = await rds.describeDBInstances({});
    expect(DBInstances).toMatchObject([{ Engine: "postgres", DBInstanceStatus: "available", MultiAZ: false }]);
    const [server, worker] = (await serving()).containerDefinitions ?? [];
    expect(worker?.secrets).toEqual(server?.secrets);
    expect(server?.secrets).toMatchObject([{ name: "DATABASE_URL" }]);
    const [, arn = ""] = server?.secrets?.[0]?.valueFrom?.match(/^(.*):url::$/) ?? [];
    const { SecretString = "{}" } = await aws.secretsManager.getSecretValue({ SecretId: arn });
    expect(JSON.parse(SecretString).url).toMatch(/^postgres(ql)?:\/\//);
  });

  test("A4: a deploy registers a revision in which only the image is another one, and ECS rolls it out", async () => {
    const before = await serving();
    edit(join("client", "main.js"), (source) => source.replace("2000", "1000"));
    expect(build()).toMatch(/^Built .*assets\/main-[0-9a-f]{8}\.js/);
    await succeed(place, "deploy");
    expect(await text("/")).toBe(readFileSync(path("public", "index.html"), "utf8"));

    const after = await serving();
    expect(after.revision).toBe((before.revision ?? 0) + 1);
    expect(differences(before, after)).toEqual([
      "containerDefinitions.0.image",
      "containerDefinitions.1.image",
      "registeredAt",
      "revision",
      "taskDefinitionArn",
    ]);
    const [newest] = await deployments();
    expect(newest).toMatchObject({
      status: "SUCCESSFUL",
      deploymentConfiguration: { strategy: "ROLLING", minimumHealthyPercent: 100, maximumPercent: 200 },
      sourceServiceRevisions: [{ arn: expect.any(String) }],
    });
    expect(await leads()).toMatchObject([{ company: "Acme" }]);
  });

  test("A2: an image of a pull request is pushed under its number, without a release", async () => {
    const pushed = resultOf(await succeed(place, "images", "push", "--tag", "pr-7", "--only", "server", "--json"));
    expect(pushed).toMatchObject({ images: [{ image: "server", tags: ["pr-7"] }] });
    const { imageDetails } = await aws.ecr.describeImages({
      repositoryName: "managr/server",
      imageIds: [{ imageTag: "pr-7" }],
    });
    const [server] = (await serving()).containerDefinitions ?? [];
    expect(server?.image).toMatch(new RegExp(`@${imageDetails?.[0]?.imageDigest}$`));
  });

  test("A5: a release whose worker crashes is taken back, told of the worker, and the old one serves all the while", async () => {
    const before = await serving();
    // However slow the machine is, the worker is gone before this serves.
    edit("server.js", () => "setInterval(() => {}, 1000);\n");
    edit("worker.js", () => 'throw new Error("no idea how to score");\n');
    const { exitCode, stderr } = await fardel(place, "deploy");
    expect(exitCode, stderr).toBe(3);
    expect(stderr).toContain("Its container worker exits with code 1 right after its start.");
    expect(stderr).toContain("the last log lines of worker:");
    expect(stderr).toContain("Error: no idea how to score");
    expect((await serving()).taskDefinitionArn).toBe(before.taskDefinitionArn);
    expect(await leads()).toMatchObject([{ company: "Acme" }]);
  });

  test("goes, with its data, when it is told to", async () => {
    const { stdout } = await succeed(place, "down", "--data", "--yes");
    expect(stdout).toContain("managr is gone from local.");
    expect((await fardel(place, "local", "status")).exitCode).toBe(1);
  });
});

async function deployments() {
  const of = { cluster: "local", service: "managr-server" };
  const { serviceDeployments = [] } = await aws.ecs.listServiceDeployments(of);
  const arns = serviceDeployments.map(({ serviceDeploymentArn = "" }) => serviceDeploymentArn);
  const described = await aws.ecs.describeServiceDeployments({ serviceDeploymentArns: arns });
  return (described.serviceDeployments ?? []).toSorted((a, b) => Number(b.createdAt) - Number(a.createdAt));
}

/** Paths of what isn't the same, or isn't in both. */
function differences(before: object, after: object): string[] {
  const [one, other] = [leaves(before), leaves(after)];
  const paths = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...paths].filter((each) => String(one[each]) !== String(other[each])).toSorted();
}

function leaves(value: unknown, at: string[] = []): Record<string, unknown> {
  if (typeof value !== "object" || value === null || value instanceof Date) return { [at.join(".")]: value };
  return Object.assign({}, ...Object.entries(value).map(([key, each]) => leaves(each, [...at, key])));
}
