import { expect, test } from "vitest";
import type { Aws } from "../aws/clients.ts";
import type { App, SecretSource, Service } from "../config/app.ts";
import { FardelError } from "../errors.ts";
import type { CurrentState } from "./current.ts";
import { preflight } from "./preflight.ts";
import { descriptor, shop } from "./release.fixture.ts";

const web = shop.services.web as Service;
const named = (name: string, jsonKey?: string): SecretSource => ({
  kind: "named",
  name,
  secretName: `/shop/production/${name}`,
  jsonKey,
});

function appWith(secrets: Record<string, SecretSource>): App {
  return { ...shop, services: { web: { ...web, secrets } }, tasks: {}, release: { ...shop.release, before: [] } };
}

const nothing: CurrentState = {
  services: new Map(),
  tasks: new Map(),
  rules: { listener: undefined, own: new Map(), foreign: new Set() },
  newest: undefined,
  serving: undefined,
};

const missing = () => {
  throw new FardelError("AWS_ResourceNotFoundException", "gone");
};

/** An environment in which all is well, with these secrets; a function stands for what AWS answers. */
function world(values: Record<string, string | (() => never)>) {
  const read: string[] = [];
  const answerFor = (id: string) => {
    const value = values[id] ?? missing;
    return typeof value === "function" ? value() : value;
  };
  const aws = {
    secretsManager: {
      describeSecret: async ({ SecretId = "" }) => {
        answerFor(SecretId);
        const ARN = SecretId.startsWith("arn:")
          ? SecretId
          : `arn:aws:secretsmanager:eu-west-1:1:secret:${SecretId}-AbCdEf`;
        return { ARN, VersionIdsToStages: { v1: ["AWSCURRENT"] } };
      },
      getSecretValue: async ({ SecretId = "" }) => {
        read.push(SecretId);
        return { SecretString: answerFor(SecretId) };
      },
    },
    logs: {
      describeLogGroups: async () => ({
        logGroups: Object.values(descriptor.logGroups).map((logGroupName) => ({ logGroupName })),
      }),
    },
    elbv2: { describeTargetGroups: async () => ({}) },
    ecs: { describeClusters: async () => ({ clusters: [{ status: "ACTIVE" }] }) },
  };
  return { aws: aws as unknown as Aws, read };
}

async function check(app: App, aws: Aws, current = nothing, environment = descriptor) {
  const names = new Set([...Object.keys(app.services), ...Object.keys(app.tasks)]);
  return preflight({ aws, descriptor: environment }, app, names, current);
}

async function refusal(...args: Parameters<typeof check>): Promise<string> {
  const error = await check(...args).catch((error: FardelError) => error);
  if (!(error instanceof FardelError)) throw new Error("nothing was refused");
  return [error.message, error.where, error.why, error.fix].filter((part) => part !== undefined).join("\n");
}

test("finds the ARNs of named secrets, and reads a value only where a key of it is asked for", async () => {
  const { aws, read } = world({ "/shop/production/plain": "x", "/shop/production/json": '{"live":"y"}' });
  const { arns } = await check(appWith({ A: named("plain"), B: named("plain"), C: named("json", "live") }), aws);
  expect([...arns]).toEqual([
    ["/shop/production/plain", "arn:aws:secretsmanager:eu-west-1:1:secret:/shop/production/plain-AbCdEf"],
    ["/shop/production/json", "arn:aws:secretsmanager:eu-west-1:1:secret:/shop/production/json-AbCdEf"],
  ]);
  expect(read).toEqual(["/shop/production/json"]);
});

test("finds the keys of a JSON secret that is spread, and says what can't be spread", async () => {
  const spread = (name: string): App => {
    const app = appWith({});
    return { ...app, services: { web: { ...web, secrets: {}, spread: named(name) } } };
  };
  const { aws } = world({ "/shop/production/settings": '{"A":"hunter2","B":"x"}', "/shop/production/list": "[1]" });
  const { keys } = await check(spread("settings"), aws);
  expect([...keys]).toEqual([["/shop/production/settings", ["A", "B"]]]);
  expect(await refusal(spread("list"), aws)).toMatchInlineSnapshot(`
    "The secret /shop/production/list is to be spread, but is no JSON object.
    the manifest
    Nothing was changed.
    aws secretsmanager put-secret-value --secret-id /shop/production/list --secret-string '{"VARIABLE":"<value>"}'"
  `);
  expect(await refusal(spread("none"), aws)).toContain("needs the secret /shop/production/none, which doesn't exist");
});

test("one problem reads as a sentence", async () => {
  expect(await refusal(appWith({ KEY: named("stripe-key") }), world({}).aws)).toMatchInlineSnapshot(`
    "Service web needs the secret /shop/production/stripe-key, which doesn't exist.
    the manifest
    Nothing was changed.
    aws secretsmanager create-secret --name /shop/production/stripe-key --secret-string '<value>'"
  `);
});

test("all problems are told at once", async () => {
  const { aws } = world({ "/shop/production/json": '{"test":"hunter2"}', "/shop/production/text": "hunter2" });
  const app = appWith({
    KEY: named("stripe-key"),
    LIVE: named("json", "live"),
    OTHER: named("text", "live"),
    URL: { kind: "database", database: "other", field: "url" },
  });
  const environment = { ...descriptor, logGroups: {}, targetGroups: {} };
  const told = await refusal(app, aws, nothing, environment);
  expect(told).toMatchInlineSnapshot(`
    "6 things are missing for a release of shop.
    production
    the manifest
      service web needs the secret /shop/production/stripe-key, which doesn't exist
      aws secretsmanager create-secret --name /shop/production/stripe-key --secret-string '<value>'

    the manifest
      service web needs the key live of the secret /shop/production/json, which has only test
      Add live to its JSON (\`aws secretsmanager put-secret-value\`), or correct the name after #.

    the manifest
      service web needs the key live of the secret /shop/production/text, which is no JSON
      Store it as '{"live":"<value>"}', or take #live out.

    the manifest
      service web needs URL from a database that production doesn't have yet
      Run \`fardel up production\`, which makes it.

    the manifest
      service web has no log group in production yet
      Run \`fardel up production\`, which makes it.

    the manifest
      service web has a route, but no target group in production yet
      Run \`fardel up production\`, which makes it.

    Nothing was changed."
  `);
  expect(told).not.toContain("hunter2");
});

test("who may not look at a secret isn't stopped: ECS's own role may", async () => {
  const { aws } = world({
    "/shop/production/key": () => {
      throw new FardelError("AWS_AccessDeniedException", "no");
    },
  });
  const { arns } = await check(appWith({ KEY: named("key") }), aws);
  expect([...arns.values()]).toEqual(["arn:aws:secretsmanager:eu-west-1:123456789012:secret:/shop/production/key"]);
});

test("a service of somebody else is never touched", async () => {
  const ecs = { serviceName: "shop-web", status: "ACTIVE" };
  const services = new Map([["web", { ecs, definition: undefined, ours: false }]]);
  expect(await refusal(appWith({}), world({}).aws, { ...nothing, services })).toMatchInlineSnapshot(`
    "There is a service shop-web in cluster prod that fardel hasn't made for this app.
    the manifest
    Nothing was changed.
    Rename the service in the manifest, use another cluster, or delete that service."
  `);
});
