// A full life of the quickstart, watched from outside: what listens where, who may read the state, and whether the value
// of a secret shows up anywhere but in the variables of the tasks that asked for it.
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Aws, connectAws } from "@fardel/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CommandPlace, fardel, succeed } from "../command-line.ts";
import { commandLineOf, isLoopbackAddress, listeningAddresses, processesOf } from "./processes.ts";

const home = mkdtempSync(join(tmpdir(), "fardel-safety-"));
const app = join(home, "app");
const place: CommandPlace = { directory: app, home };
const state = join(home, "fardel", "local");
const named = `correct-horse-${randomBytes(12).toString("hex")}`;
const inJson = `battery-staple-${randomBytes(12).toString("hex")}`;

/** All that commands have printed. */
const printed: string[] = [];
/** Arguments of every process of this drydock and its tasks that was ever seen. */
const commandLines = new Set<string>();
const listening = new Set<string>();
let secrets: string[] = [];
let aws: Aws;

/** Runs a command, and looks at all processes meanwhile. */
async function watched(...args: string[]) {
  const look = () => {
    for (const pid of processesOf(home)) {
      commandLines.add(commandLineOf(pid));
      for (const address of listeningAddresses(pid)) listening.add(address);
    }
  };
  const timer = setInterval(look, 250);
  const ended = await fardel(place, ...args);
  clearInterval(timer);
  look();
  printed.push(ended.stdout, ended.stderr);
  return ended;
}

async function watchedSuccess(...args: string[]) {
  const ended = await watched(...args);
  expect(ended.exitCode, ended.stderr).toBe(0);
  return ended;
}

beforeAll(async () => {
  const example = resolve(import.meta.dirname, "..", "..", "examples", "quickstart");
  cpSync(example, app, { recursive: true, filter: (path) => !path.endsWith("node_modules") });
  const manifest = join(app, "fardel.yaml");
  const more = "{ DATABASE_URL: databases.main.url, API_KEY: api-key, TOKEN: settings#token }";
  writeFileSync(
    manifest,
    readFileSync(manifest, "utf8").replaceAll("secrets: { DATABASE_URL: databases.main.url }", `secrets: ${more}`),
  );
  await succeed(place, "local", "start", "--port", "0");
  const { endpoint, region } = JSON.parse((await succeed(place, "local", "status", "--json")).stdout);
  aws = connectAws({ environment: "local", region, endpoint }, {});
  await aws.secretsManager.createSecret({ Name: "/quickstart/local/api-key", SecretString: named });
  await aws.secretsManager.createSecret({
    Name: "/quickstart/local/settings",
    SecretString: JSON.stringify({ token: inJson }),
  });
});
afterAll(async () => {
  await fardel(place, "local", "reset", "--yes");
  rmSync(home, { recursive: true, force: true });
});

/** A secret as it is, and as it would look in a URL, in JSON inside JSON, or encoded. */
function disguises(secret: string): string[] {
  const base64 = Buffer.from(secret).toString("base64").replace(/=+$/, "");
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64];
}

function found(text: string): string[] {
  return secrets.filter((secret) => disguises(secret).some((each) => text.includes(each)));
}

describe.skipIf(process.platform !== "linux")("a full run on this machine", () => {
  test("goes through the life of an app", { timeout: 300_000 }, async () => {
    const { stdout } = await watchedSuccess("up");
    expect((await fetch(`${stdout.trim()}/healthz`)).status).toBe(200);
    const { SecretList = [] } = await aws.secretsManager.listSecrets({});
    const values = await Promise.all(SecretList.map(({ ARN }) => aws.secretsManager.getSecretValue({ SecretId: ARN })));
    const passwords = values.flatMap(({ SecretString = "{}" }) => {
      const value = SecretString.startsWith("{") ? JSON.parse(SecretString).password : undefined;
      return value === undefined ? [] : [value];
    });
    expect(passwords).not.toEqual([]);
    secrets = [named, inJson, ...passwords];

    const server = join(app, "server.js");
    writeFileSync(server, readFileSync(server, "utf8").replace("It works", "It works better"));
    await watchedSuccess("plan", "--json");
    await watchedSuccess("deploy", "--json");
    const looks = ["status", "history", "logs", "plan"].flatMap((command) => [[command], [command, "--json"]]);
    await Promise.all(looks.map((look) => watchedSuccess(...look)));
    await watchedSuccess("run", "migrate", "--json");
    await watchedSuccess("rollback", "--json");
  });

  test("the tasks did get the secrets: else nothing below would show anything", () => {
    const environments = processesOf(home).map((pid) => readFileSync(`/proc/${pid}/environ`, "utf8"));
    for (const secret of secrets) {
      const spellings = disguises(secret);
      expect(environments.some((each) => spellings.some((spelling) => each.includes(spelling)))).toBe(true);
    }
  });

  test("nothing listens beyond loopback", async () => {
    expect(listening.size).toBeGreaterThan(4);
    expect([...listening].filter((address) => !isLoopbackAddress(address))).toEqual([]);
    // The reading itself: a listener on every address is told apart.
    const open = createServer().listen(0, "0.0.0.0");
    await new Promise((resolve) => open.once("listening", resolve));
    expect(listeningAddresses(process.pid).every(isLoopbackAddress)).toBe(false);
    open.close();
  });

  test("no secret is an argument of any process", () => {
    expect(commandLines.size).toBeGreaterThan(4);
    expect([...commandLines].filter((line) => found(line).length > 0)).toEqual([]);
  });

  test("no secret lies in a file in clear", () => {
    const files = readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter((path) => found(contents(path)).length > 0)).toEqual([]);
  });

  // The last that looks at files has to come before: what an app prints is its log, which is kept as it came.
  test("no secret is printed, also not when the app prints it and dies", async () => {
    const server = join(app, "server.js");
    const source = readFileSync(server, "utf8");
    writeFileSync(
      server,
      "console.log('with', process.env.API_KEY, process.env.TOKEN, process.env.DATABASE_URL); process.exit(1);",
    );
    const failing = await watched("deploy");
    expect(failing.exitCode, failing.stderr).toBe(3);
    expect(failing.stderr).toMatch(/ with \S+ \S+ \S+/);
    writeFileSync(server, source);
    expect(printed.filter((text) => found(text).length > 0)).toEqual([]);
  });

  test("no secret is in a release record, an event of a service or a stack, or a task definition", async () => {
    const everything = JSON.stringify([await releaseObjects(), await descriptions()]);
    expect(everything).toContain("quickstart-local-web");
    expect(found(everything)).toEqual([]);
  });

  test("the state directory is for its owner alone", () => {
    expect(statSync(state).mode & 0o777).toBe(0o700);
  });
});

/** Empty for a file that has gone since. */
function contents(path: string): string {
  return existsSync(path) ? readFileSync(path, "latin1") : "";
}

async function releaseObjects(): Promise<string[]> {
  const { Buckets = [] } = await aws.s3.listBuckets({});
  const texts = Buckets.map(async ({ Name: Bucket = "" }) => {
    const { Contents = [] } = await aws.s3.listObjectsV2({ Bucket });
    return Promise.all(
      Contents.map(async ({ Key }) => (await aws.s3.getObject({ Bucket, Key })).Body?.transformToString() ?? ""),
    );
  });
  return (await Promise.all(texts)).flat();
}

async function descriptions(): Promise<unknown[]> {
  const { Stacks = [] } = await aws.cloudFormation.describeStacks({});
  const stacks = await Promise.all(
    Stacks.map(async ({ StackName }) => [
      await aws.cloudFormation.describeStackEvents({ StackName }),
      await aws.cloudFormation.getTemplate({ StackName }),
    ]),
  );
  const { taskDefinitionArns = [] } = await aws.ecs.listTaskDefinitions({});
  const definitions = await Promise.all(
    taskDefinitionArns.map((taskDefinition) => aws.ecs.describeTaskDefinition({ taskDefinition })),
  );
  const cluster = "local";
  const { serviceArns = [] } = await aws.ecs.listServices({ cluster });
  const { taskArns = [] } = await aws.ecs.listTasks({ cluster });
  const services = await aws.ecs.describeServices({ cluster, services: serviceArns });
  const tasks = await aws.ecs.describeTasks({ cluster, tasks: taskArns });
  return [Stacks, stacks, definitions, services, tasks];
}
