// System B through the command line and, where a peer would, through AWS's own clients: a copy of examples/cgap on an embedded
// region of its own, whose waits are shorter.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ECR } from "@aws-sdk/client-ecr";
import { ECS, type Task } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { SecretsManager } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resultOf, fardel as runFardel, succeed as runWell } from "../command-line.ts";

const root = mkdtempSync(join(tmpdir(), "fardel-cgap-"));
const place = { directory: join(root, "app"), home: join(root, "home") };
const fardel = (...args: string[]) => runFardel(place, ...args);
const succeed = (...args: string[]) => runWell(place, ...args);

const cluster = "local";
const parts = ["wsgi", "indexer", "ingester", "deployment"];
const secret = "/cgap/local/application";
const configuration = { ENV_NAME: "cgap-one", AUTH0_SECRET: "unseen" };
const soon = { timeout: 60_000 };

let ecs: ECS;
let ecr: ECR;
let balancer: ElasticLoadBalancingV2;
let secrets: SecretsManager;
/** Where the load balancer answers. */
let portal: string;

beforeAll(async () => {
  const example = resolve(import.meta.dirname, "..", "..", "examples", "cgap");
  cpSync(example, place.directory, { recursive: true, filter: (path) => !path.endsWith("node_modules") });
  const { stdout } = await succeed("local", "start", "--port", "0", "--time-scale", "3", "--json");
  const { endpoint, region } = JSON.parse(stdout);
  const options = { endpoint, region, credentials: { accessKeyId: "local", secretAccessKey: "local" } };
  ecs = new ECS(options);
  ecr = new ECR(options);
  balancer = new ElasticLoadBalancingV2(options);
  secrets = new SecretsManager(options);
});
afterAll(async () => {
  await fardel("local", "reset", "--yes");
  rmSync(root, { recursive: true, force: true });
});

function edit(file: string, from: string, to: string): void {
  const path = join(place.directory, file);
  const text = readFileSync(path, "utf8");
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

async function ask(path: string, method = "GET") {
  const response = await fetch(`${portal}${path}`, { method });
  return { status: response.status, body: await response.json() };
}

/** Of a part of the system, those that have stopped included. */
async function tasksOf(part: string): Promise<Task[]> {
  const family = `cgap-local-${part}`;
  const lists = (["RUNNING", "STOPPED"] as const).map((desiredStatus) =>
    ecs.listTasks({ cluster, family, desiredStatus }),
  );
  const tasks = (await Promise.all(lists)).flatMap(({ taskArns = [] }) => taskArns);
  return tasks.length === 0 ? [] : ((await ecs.describeTasks({ cluster, tasks })).tasks ?? []);
}

async function runningTasks(part: string): Promise<Task[]> {
  return (await tasksOf(part)).filter(({ lastStatus }) => lastStatus === "RUNNING");
}

const arns = (tasks: readonly Task[]) => new Set(tasks.map(({ taskArn = "" }) => taskArn));
const times = (tasks: readonly Task[], at: "createdAt" | "stoppedAt") =>
  tasks.map((task) => task[at]?.getTime() ?? Number.NaN);

/** Health by target, of the portal's target group. */
async function targets(): Promise<(string | undefined)[]> {
  const { services = [] } = await ecs.describeServices({ cluster, services: ["cgap-wsgi"] });
  const TargetGroupArn = services[0]?.loadBalancers?.[0]?.targetGroupArn;
  const { TargetHealthDescriptions = [] } = await balancer.describeTargetHealth({ TargetGroupArn });
  return TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth?.State);
}

/** By part: the image that is its newest, and its tags but those by which releases hold on to it. */
async function newest(): Promise<Record<string, { digest: string; tags: string[] }>> {
  const found = parts.map(async (part) => {
    const repositoryName = `cgap/${part}`;
    const { imageDetails = [] } = await ecr.describeImages({ repositoryName, imageIds: [{ imageTag: "latest" }] });
    const [{ imageDigest: digest = "", imageTags = [] } = {}] = imageDetails;
    return [part, { digest, tags: imageTags.filter((tag) => !tag.startsWith("fardel-release-")).toSorted() }] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

/** Variables and layers of an image, as a container engine would find them. */
async function imageOf(part: string): Promise<{ variables: string[]; layers: string[] }> {
  const repositoryName = `cgap/${part}`;
  const { images = [] } = await ecr.batchGetImage({ repositoryName, imageIds: [{ imageTag: "latest" }] });
  const { config, layers } = JSON.parse(images[0]?.imageManifest ?? "{}");
  const { downloadUrl = "" } = await ecr.getDownloadUrlForLayer({ repositoryName, layerDigest: config.digest });
  const { config: container } = (await (await fetch(downloadUrl)).json()) as { config: { Env: string[] } };
  return { variables: container.Env, layers: layers.map(({ digest }: { digest: string }) => digest) };
}

describe("cgap", () => {
  test("B5: a configuration that nobody has filled in yet stops the release before it begins", async () => {
    const { exitCode, stderr } = await fardel("up");
    await secrets.createSecret({ Name: secret, SecretString: JSON.stringify(configuration) });
    expect(exitCode).toBe(1);
    expect(stderr.replaceAll(/\s+/g, " ")).toContain(
      "Service wsgi, service indexer, service ingester and task deployment need the secret " +
        `${secret}, which doesn't exist.`,
    );
  });

  test("B1: one directory makes four images, told apart by the build argument ENTRYPOINT", async () => {
    const { stdout, stderr } = await succeed("up");
    portal = stdout.trim();
    expect(stderr).not.toContain("unseen");
    const images = await Promise.all(parts.map(imageOf));
    expect(images.map(({ variables }) => variables)).toEqual(
      parts.map((part) => expect.arrayContaining([`ENTRYPOINT=${part}`])),
    );
    // Dependencies and source, the same for all.
    expect(new Set(images.flatMap(({ layers }) => layers)).size).toBe(2);
  });

  test("B4: each has its alias tags, and is built, pushed and listed by one command, alone or with all", async () => {
    const serving = await newest();
    expect(serving).toEqual(
      Object.fromEntries(
        parts.map((part) => [part, { digest: expect.any(String), tags: ["latest", `latest-${part}`] }]),
      ),
    );
    const digests = parts.map((image) => ({ image, digest: serving[image]?.digest }));
    const built = resultOf(await succeed("images", "build", "--json")).images;
    expect(built).toMatchObject(digests);
    await succeed("images", "push", "--only", "indexer", "--tag", "trial");
    const listed = resultOf(await succeed("images", "list", "--json")).images;
    expect(listed).toMatchObject(digests);
    expect(listed[1].tags).toEqual(["latest", "latest-indexer", "trial"]);
  });

  test("B2: the portal serves with 8 tasks on Spot behind the load balancer, 4 indexers loop on Spot, 1 ingester polls", async () => {
    const [wsgi, indexer, ingester] = await Promise.all(["wsgi", "indexer", "ingester"].map(runningTasks));
    const onSpot = (tasks: Task[] = []) => tasks.map((task) => task.capacityProviderName === "FARGATE_SPOT");
    expect(onSpot(wsgi)).toEqual(Array(8).fill(true));
    expect(onSpot(indexer)).toEqual(Array(4).fill(true));
    expect(onSpot(ingester)).toEqual([false]);
    expect(await targets()).toEqual(Array(8).fill("healthy"));
    expect(await ask("/")).toEqual({ status: 200, body: { portal: "cgap-one", version: "1.0.0" } });
    await expect
      .poll(async () => {
        const { stdout } = await succeed("logs", "indexer");
        return new Set([...stdout.matchAll(/(\S+) +Indexed 0 items by portal 1\.0\.0\./g)].map(([, task]) => task))
          .size;
      }, soon)
      .toBe(4);
    expect((await ask("/submissions/family-7.vcf.gz", "POST")).status).toBe(202);
    await expect
      .poll(async () => (await succeed("logs", "ingester")).stdout, soon)
      .toContain("Ingested family-7.vcf.gz into cgap-one.");
  });

  test("B2: the number of tasks is changed from the command line and through the API", async () => {
    expect(resultOf(await succeed("scale", "ingester", "3", "--json"))).toMatchObject({ before: 1, desired: 3 });
    expect(await runningTasks("ingester")).toHaveLength(3);
    await ecs.updateService({ cluster, service: "cgap-ingester", desiredCount: 2 });
    await expect.poll(async () => (await runningTasks("ingester")).length, soon).toBe(2);
    const { services } = resultOf(await succeed("status", "--json"));
    expect(services).toContainEqual(expect.objectContaining({ name: "ingester", desired: 2, running: 2 }));
  });

  test("B3: the deployment task runs only when it is asked for, from the command line or the API, and its exit code comes back", async () => {
    expect(await tasksOf("deployment")).toEqual([]);
    const { stderr } = await succeed("run", "deployment");
    expect(stderr).toContain("task deployment | load-items is done, by portal 1.0.0.");
    const failed = await fardel("run", "deployment", "--", "node", "deployment.js", "reindex");
    expect(failed.exitCode, failed.stderr).toBe(3);
    expect(failed.stderr).toContain("reindex failed, the portal answers 404:");

    const { services = [] } = await ecs.describeServices({ cluster, services: ["cgap-wsgi"] });
    const { tasks: started = [] } = await ecs.runTask({
      cluster,
      taskDefinition: "cgap-local-deployment",
      launchType: "FARGATE",
      networkConfiguration: services[0]?.networkConfiguration,
    });
    const tasks = [...arns(started)];
    expect(tasks).toHaveLength(1);
    const exitCode = async () => (await ecs.describeTasks({ cluster, tasks })).tasks?.[0]?.containers?.[0]?.exitCode;
    await expect.poll(exitCode, soon).toBe(0);
    expect(await tasksOf("deployment")).toHaveLength(3);
  });

  test("B6: one command starts every service anew, whose tasks then have the changed configuration", async () => {
    await secrets.putSecretValue({
      SecretId: secret,
      SecretString: JSON.stringify({ ...configuration, ENV_NAME: "cgap-two" }),
    });
    expect((await succeed("status")).stdout).toContain("8 tasks still have the old value");
    const services = ["wsgi", "indexer", "ingester"];
    const before = await Promise.all(services.map(runningTasks));
    await succeed("redeploy");
    const after = await Promise.all(services.map(runningTasks));
    expect(after.map((tasks) => tasks.length)).toEqual([8, 4, 2]);
    expect(arns(after.flat()).intersection(arns(before.flat())).size).toBe(0);
    expect((await ask("/")).body).toEqual({ portal: "cgap-two", version: "1.0.0" });
    expect(await tasksOf("deployment")).toHaveLength(3);
  });

  test("B7: the portal's new tasks serve and its old ones are gone before the others follow, and the deployment task comes last", async () => {
    edit("package.json", '"version": "1.0.0"', '"version": "2.0.0"');
    edit("fardel.yaml", "local: {}", "local: { release: { after: [deployment] } }");
    const services = ["wsgi", "indexer", "ingester"];
    const old = arns((await Promise.all(services.map(runningTasks))).flat());
    const deployments = arns(await tasksOf("deployment"));
    const { stderr } = await succeed("deploy");
    expect(stderr).toContain("task deployment | load-items is done, by portal 2.0.0.");
    expect(await targets()).toEqual(Array(8).fill("healthy"));

    const [wsgi = [], ...others] = await Promise.all(services.map(tasksOf));
    const isOld = ({ taskArn = "" }: Task) => old.has(taskArn);
    const isNew = ({ taskArn = "", lastStatus }: Task) => !old.has(taskArn) && lastStatus === "RUNNING";
    const portalGone = Math.max(...times(wsgi.filter(isOld), "stoppedAt"));
    for (const tasks of others) {
      expect(Math.min(...times(tasks.filter(isNew), "createdAt"))).toBeGreaterThanOrEqual(portalGone);
    }
    const allGone = Math.max(...times([...wsgi, ...others.flat()].filter(isOld), "stoppedAt"));
    const latest = (await tasksOf("deployment")).filter(({ taskArn = "" }) => !deployments.has(taskArn));
    expect(times(latest, "createdAt")).toEqual([expect.any(Number)]);
    expect(Math.min(...times(latest, "createdAt"))).toBeGreaterThanOrEqual(allGone);
  });

  test("B8: a partial release changes what was chosen, never half of a bundle, and nothing in production", async () => {
    edit("package.json", '"version": "2.0.0"', '"version": "3.0.0"');
    const before = await newest();
    const split = await fardel("deploy", "--only", "wsgi", "--only", "indexer");
    expect(split.exitCode).toBe(2);
    expect(split.stderr).toContain("indexer and deployment go together: a partial release may not part them.");
    const production = await fardel("deploy", "production", "--only", "wsgi");
    expect(production.exitCode).toBe(2);
    expect(production.stderr).toContain("Releases of cgap to production have to be whole.");
    expect(await newest()).toEqual(before);

    const { stderr } = await succeed("deploy", "--only", "indexer", "--only", "deployment");
    expect(stderr).toContain("task deployment | Deployment, version 3.0.0.");
    expect(stderr).toContain("task deployment | load-items is done, by portal 2.0.0.");
    const after = await newest();
    const moved = parts.filter((part) => after[part]?.digest !== before[part]?.digest);
    expect(moved).toEqual(["indexer", "deployment"]);
    expect(after.indexer?.tags).toEqual(["latest", "latest-indexer"]);
    await expect.poll(async () => (await succeed("logs", "indexer")).stdout, soon).toContain("Indexer, version 3.0.0.");
  });
});
