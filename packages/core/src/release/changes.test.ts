import type { Service as EcsService, TaskDefinition } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import type { App, Service } from "../config/app.ts";
import { changesFor, isNothing, newDefinitions, type Target } from "./changes.ts";
import type { CurrentService, CurrentState } from "./current.ts";
import { taskDefinition } from "./definitions/task-definitions.ts";
import { configurationOf } from "./partial.ts";
import { type ReleaseRecord, releasedConfiguration } from "./records/record.ts";
import { context, descriptor, shop } from "./release.fixture.ts";
import { serviceSettings } from "./rollout/service-settings.ts";
import { desiredRules, type ExistingRule } from "./routing/listener-rules.ts";

const { web, worker } = shop.services as Record<"web" | "worker", Service>;

const arnOf = (name: string, revision = 1) =>
  `arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-production-${name}:${revision}`;

function registered(app: App, name: string): TaskDefinition {
  const workload = app.services[name] ?? app.tasks[name];
  if (!workload) throw new Error(`no ${name}`);
  return { ...taskDefinition(workload, context), taskDefinitionArn: arnOf(name), status: "ACTIVE" };
}

function running(app: App, name: string, changes: Partial<EcsService> = {}): [string, CurrentService] {
  const service = app.services[name];
  if (!service) throw new Error(`no ${name}`);
  const definition = registered(app, name);
  const ecs: EcsService = {
    ...serviceSettings(service, descriptor),
    status: "ACTIVE",
    desiredCount: service.scale.min,
    deployments: [{ status: "PRIMARY", rolloutState: "COMPLETED", taskDefinition: definition.taskDefinitionArn }],
    ...changes,
  };
  return [name, { ecs, definition, ours: true }];
}

const rule: ExistingRule = {
  arn: "rule/web",
  priority: 10,
  conditions: web.route
    ? (desiredRules(new Map([["web", web.route]]), descriptor.targetGroups)[0]?.conditions ?? [])
    : [],
  targetGroup: descriptor.targetGroups.web,
};

const serving: ReleaseRecord = {
  version: 1,
  number: 6,
  app: "shop",
  environment: "production",
  actor: "ada",
  host: "laptop",
  images: {},
  services: {
    web: { taskDefinition: arnOf("web"), image: "" },
    worker: { taskDefinition: arnOf("worker"), image: "" },
  },
  tasks: { migrate: { taskDefinition: arnOf("migrate"), image: "" } },
  configuration: releasedConfiguration(shop),
  started: "",
  outcome: "succeeded",
  phases: [],
};

/** The shop as its release 6 has left it. */
const served: CurrentState = {
  services: new Map([running(shop, "web"), running(shop, "worker")]),
  tasks: new Map([["migrate", registered(shop, "migrate")]]),
  rules: { listener: "listener", own: new Map([["web", rule]]), foreign: new Set() },
  scaling: new Map(),
  schedules: new Map(),
  newest: serving,
  serving,
};

function target(app: App, only?: string[]): Target {
  const names = new Set(only ?? [...Object.keys(app.services), ...Object.keys(app.tasks)]);
  const configuration = configurationOf(app, names, serving);
  return { configuration, names, definitions: newDefinitions(app, names, context), whole: only === undefined };
}

const changes = (app: App, current = served, only?: string[]) => changesFor(target(app, only), current, descriptor);
const actions = (...args: Parameters<typeof changes>) => {
  const { services, tasks, rules, removed } = changes(...args);
  return {
    ...Object.fromEntries([...services, ...tasks].map(({ name, action }) => [name, action])),
    ...Object.fromEntries(rules.map(({ service, action }) => [`${service} rule`, action])),
    ...Object.fromEntries(removed.map(({ name }) => [name, "remove"])),
  };
};

test("nothing changes what is as it should be", () => {
  expect(actions(shop)).toEqual({ web: "none", worker: "none", migrate: "none" });
  expect(isNothing(changes(shop), serving)).toBe(true);
});

test("that a release was interrupted after it changed a service is something to bring to its end", () => {
  const before = { ...serving, services: { ...serving.services, web: { taskDefinition: arnOf("web", 0), image: "" } } };
  expect(isNothing(changes(shop), before)).toBe(false);
});

test("in an empty environment everything is made", () => {
  const empty = { ...served, services: new Map(), tasks: new Map(), rules: { ...served.rules, own: new Map() } };
  expect(actions(shop, { ...empty, serving: undefined })).toEqual({
    web: "create",
    worker: "create",
    migrate: "create",
    "web rule": "create",
  });
});

test("only what differs is changed", () => {
  const app = { ...shop, services: { web, worker: { ...worker, env: { A: "b" } } } };
  expect(actions(app)).toEqual({ web: "none", worker: "update", migrate: "none" });
  const [, change] = changes(app).services;
  expect(change?.differences).toEqual([{ path: "worker.environment.A", before: undefined, after: "b" }]);
});

test("what the manifest no longer has goes, unless the release is partial", () => {
  const app: App = { ...shop, services: { worker }, release: { ...shop.release, waves: [["worker"]] } };
  expect(actions(app)).toEqual({ worker: "none", migrate: "none", "web rule": "delete", web: "remove" });
  expect(actions(app, served, ["worker"])).toEqual({ worker: "none" });
});

test("what somebody else has made under such a name stays", () => {
  const [name, current] = running(shop, "web");
  const state = { ...served, services: new Map([[name, { ...current, ours: false }]]) };
  const app: App = { ...shop, services: {}, release: { ...shop.release, waves: [] } };
  expect(actions(app, state)).toEqual({ migrate: "none", "web rule": "delete" });
});

test("one that is being deleted is made anew", () => {
  const state = {
    ...served,
    services: new Map([running(shop, "web", { status: "DRAINING" }), running(shop, "worker")]),
  };
  expect(actions(shop, state)).toMatchObject({ web: "create", worker: "none" });
});

test("a rollout that was left behind is followed to its end", () => {
  const deployments = [{ status: "PRIMARY", rolloutState: "IN_PROGRESS" as const, taskDefinition: arnOf("web") }];
  const state = { ...served, services: new Map([running(shop, "web", { deployments }), running(shop, "worker")]) };
  expect(changes(shop, state).services[0]).toMatchObject({
    action: "update",
    definition: { kind: "registered", arn: arnOf("web") },
    differences: [{ path: "service.rollout", before: "IN_PROGRESS", after: "COMPLETED" }],
  });
});

test("a definition that was deregistered is registered again for the next rollout", () => {
  const [name, current] = running(shop, "web");
  const definition: TaskDefinition = { ...current.definition, status: "INACTIVE" };
  const state = { ...served, services: new Map([[name, { ...current, definition }]]) };
  expect(changes(shop, state).services[0]?.definition.kind).toBe("new");
});

test("a partial release keeps the rest as the release before has it", () => {
  const app = { ...shop, services: { web: { ...web, memoryMiB: 1024 }, worker: { ...worker, memoryMiB: 1024 } } };
  const { configuration } = target(app, ["web"]);
  expect(configuration.services.web?.memoryMiB).toBe(1024);
  expect(configuration.services.worker?.memoryMiB).toBe(512);
  expect(actions(app, served, ["web"])).toEqual({ web: "update" });
});
