import type {
  Deployment,
  Service as EcsService,
  LoadBalancer,
  ServiceDeploymentStatus,
  UpdateServiceRequest,
} from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import type { Aws } from "../../aws/clients.ts";
import type { Service } from "../../config/app.ts";
import { FardelError } from "../../errors.ts";
import type { ServiceChange } from "../changes.ts";
import { descriptor, shop } from "../release.fixture.ts";
import { serviceSettings, withRules } from "./service-settings.ts";
import { betweenDeployments, readyForStrategies } from "./strategy-change.ts";
import { runWith, type Script, scriptedEcs } from "./watch.fixture.ts";

const { web, worker } = shop.services as Record<"web" | "worker", Service>;
const blueGreen: Service = { ...web, rollout: { ...web.rollout, strategy: "blue-green", approve: "manual" } };
const one: LoadBalancer = {
  targetGroupArn: descriptor.targetGroups.web ?? "",
  containerName: "web",
  containerPort: 80,
};
const [both] = withRules(serviceSettings(blueGreen, descriptor), "rule/1", "rule/test").loadBalancers;

interface There {
  strategy?: "ROLLING" | "BLUE_GREEN";
  loadBalancers?: LoadBalancer[];
  /** What is under way of it; `strategy` says how. */
  underWay?: Partial<Script> & { strategy?: "ROLLING" | "BLUE_GREEN" };
  /** What becomes of a rolling update that it is asked for; none where ECS refuses it. */
  update?: ServiceDeploymentStatus[];
}

/** An ECS of these services by their names in the manifest, each with a completed revision 1. */
function ecsOf(services: Record<string, There>) {
  const scripts: Script[] = [];
  const asked: string[] = [];
  const updates: UpdateServiceRequest[] = [];
  const there = new Map<string, EcsService>();
  const strategies = new Map<string, string>();
  const outcomes = new Map<string, ServiceDeploymentStatus[]>();
  const primary = (id: string, taskDefinition: string): Deployment[] => [
    { id, taskDefinition, status: "PRIMARY", rolloutState: "COMPLETED" },
  ];
  for (const [name, { strategy = "ROLLING", loadBalancers = [one], underWay, update }] of Object.entries(services)) {
    const service = `shop-${name}`;
    const deployments = primary("ecs-svc/1", `${name}:1`);
    there.set(service, {
      serviceName: service,
      status: "ACTIVE",
      loadBalancers,
      deployments,
      deploymentConfiguration: { strategy },
    });
    scripts.push({ service, id: "first", taskDefinition: `${name}:1`, statuses: ["SUCCESSFUL"] });
    if (update) outcomes.set(service, update);
    if (!underWay) continue;
    const { strategy: how = strategy, ...script } = underWay;
    scripts.unshift({ service, id: "under-way", taskDefinition: `${name}:2`, statuses: ["IN_PROGRESS"], ...script });
    strategies.set(`${service}/under-way`, how);
  }
  const scripted = scriptedEcs(scripts);
  const { aws } = scripted;
  const ecs = {
    ...aws.ecs,
    async listServiceDeployments(input: { service: string }) {
      const { serviceDeployments = [] } = await aws.ecs.listServiceDeployments(input);
      return {
        serviceDeployments: serviceDeployments.map((each) => ({
          ...each,
          status: scripts.find(({ service, id }) => each.serviceDeploymentArn?.endsWith(`${service}/${id}`))
            ?.statuses[0],
        })),
      };
    },
    async describeServiceDeployments(input: { serviceDeploymentArns: string[] }) {
      const { serviceDeployments = [] } = await aws.ecs.describeServiceDeployments(input);
      return {
        serviceDeployments: serviceDeployments.map((each) => {
          const path = each.serviceDeploymentArn?.split("/").slice(-2).join("/") ?? "";
          if (each.status !== "IN_PROGRESS") asked.push(`${path} ${each.status}`);
          return {
            ...each,
            sourceServiceRevisions: [{ arn: "revision/before" }],
            targetServiceRevision: { arn: `revision/${path}` },
            deploymentConfiguration: { strategy: strategies.get(path) ?? "ROLLING" },
          };
        }),
      };
    },
    async describeServices({ services: names }: { services: string[] }) {
      return { services: names.flatMap((name) => there.get(name) ?? []) };
    },
    async describeTaskDefinition({ taskDefinition }: { taskDefinition: string }) {
      return { taskDefinition: { taskDefinitionArn: taskDefinition } };
    },
    async updateService(request: UpdateServiceRequest) {
      const { service = "", loadBalancers = [], taskDefinition = "" } = request;
      asked.push(`update ${service}`);
      const statuses = outcomes.get(service);
      if (!statuses) throw new FardelError("AWS_InvalidParameterException", "ECS refuses it.");
      updates.push(request);
      scripts.unshift({ service, id: "prepared", taskDefinition, statuses });
      const updated = { ...there.get(service), loadBalancers, deployments: primary("ecs-svc/2", taskDefinition) };
      there.set(service, updated);
      return { service: updated };
    },
  };
  return { ...scripted, asked, updates, there, ...runWith({ ...aws, ecs } as unknown as Aws) };
}

function changeOf(service: Service, name: string, ecs: EcsService | undefined): ServiceChange {
  const settings = serviceSettings(service, descriptor, { ecs, rule: "rule/1" });
  return {
    name,
    service: { ...service, name },
    action: ecs === undefined ? "create" : "update",
    definition: { kind: "registered", arn: `${name}:2`, image: "" },
    settings: withRules(settings, "rule/1", "rule/test"),
    desiredCount: undefined,
    differences: [],
    current: ecs && { ecs, definition: { taskDefinitionArn: `${name}:1` }, ours: true },
  };
}

/** Readies services, each to be deployed as the one of the manifest that is given with it. */
async function ready(services: Record<string, There & { wanted: Service }>, changes: { takenBack?: string } = {}) {
  const ecs = ecsOf(services);
  const wanted = Object.entries(services).map(([name, each]) =>
    changeOf(each.wanted, name, ecs.there.get(`shop-${name}`)),
  );
  const run = { ...ecs.run, ...(changes.takenBack !== undefined && { takenBack: async () => changes.takenBack }) };
  const { changes: found, failed } = await readyForStrategies(run, wanted);
  const notices = ecs.events.flatMap((event) => (event.type === "release.notice" ? event.message : []));
  return {
    ...ecs,
    changes: found,
    failed: failed.map(({ rollout, ...rest }) => ({ ...rest, service: rollout.service })),
    notices,
  };
}

describe("a service that rolls so far and is to shift its traffic", () => {
  test("first rolls out what it runs with both target groups, and is looked at again", async () => {
    const { updates, failed, changes, notices, events } = await ready({
      web: { wanted: blueGreen, update: ["IN_PROGRESS", "SUCCESSFUL"] },
    });
    expect(updates).toEqual([
      {
        cluster: "prod",
        service: "shop-web",
        taskDefinition: "web:1",
        forceNewDeployment: true,
        // The port is that of what runs: the new revision's is another.
        loadBalancers: [{ ...both, containerPort: 80 }],
        deploymentConfiguration: serviceSettings(web, descriptor).deploymentConfiguration,
      },
    ]);
    expect(updates[0]?.deploymentConfiguration).toMatchObject({ strategy: "ROLLING", lifecycleHooks: [] });
    expect(failed).toEqual([]);
    expect(changes[0]?.current?.ecs.deployments).toMatchObject([{ id: "ecs-svc/2" }]);
    expect(changes[0]?.settings.deploymentConfiguration).toMatchObject({ strategy: "BLUE_GREEN" });
    expect(notices).toEqual([
      "web gets its second target group first, by a rolling update of what it runs: ECS wants it before blue-green.",
    ]);
    expect(events).toContainEqual({ type: "rollout.started", service: "web", revision: "web:1", action: "update" });
    expect(events).toContainEqual(expect.objectContaining({ type: "rollout.finished", outcome: "serving" }));
  });

  test("isn't rolled out when that fails", async () => {
    const { failed } = await ready({ web: { wanted: blueGreen, update: ["ROLLBACK_SUCCESSFUL"] } });
    expect(failed).toMatchObject([{ service: "web", result: "rolled back" }]);
  });

  test("isn't rolled out when ECS refuses it, and what goes well of its wave goes back", async () => {
    const { failed, stopped } = await ready({
      web: { wanted: blueGreen },
      api: { wanted: blueGreen, update: ["IN_PROGRESS"] },
    });
    expect(failed).toMatchObject([
      { service: "web", result: "failed", reason: "ECS refuses it." },
      { service: "api", result: "rolled back", stopped: true },
    ]);
    expect(stopped.map((arn) => arn.split("/").slice(-2).join("/"))).toEqual(["shop-api/prepared"]);
  });

  test("goes back with a release that is taken back meanwhile", async () => {
    const takenBack = "It was taken back by ada on laptop";
    const { failed } = await ready({ web: { wanted: blueGreen, update: ["IN_PROGRESS"] } }, { takenBack });
    expect(failed).toMatchObject([{ service: "web", result: "rolled back", stopped: true }]);
  });
});

test.each<[string, There & { wanted: Service }]>([
  ["has both target groups", { wanted: blueGreen, loadBalancers: both ? [both] : [] }],
  ["has no load balancer", { wanted: blueGreen, loadBalancers: [] }],
  ["goes on rolling", { wanted: web }],
  ["goes back to rolling", { wanted: web, strategy: "BLUE_GREEN", loadBalancers: both ? [both] : [] }],
  ["shifts its traffic already", { wanted: blueGreen, strategy: "BLUE_GREEN", loadBalancers: both ? [both] : [] }],
  ["is without a route", { wanted: { ...worker, rollout: blueGreen.rollout }, loadBalancers: [] }],
])("a service that %s is left as it is", async (_, there) => {
  const { asked, failed, changes, notices } = await ready({ web: there });
  expect([asked, failed, notices]).toEqual([[], [], []]);
  expect(changes).toHaveLength(1);
});

test("a new service has nothing to get ready", async () => {
  const { run, asked } = ecsOf({});
  const change = changeOf(blueGreen, "web", undefined);
  expect(await readyForStrategies(run, [change])).toEqual({ changes: [change], failed: [] });
  expect(asked).toEqual([]);
});

describe("a deployment that is under way when the strategy changes", () => {
  test("comes to its end first, where it rolls", async () => {
    const { asked, stopped, notices } = await ready({
      web: {
        wanted: blueGreen,
        underWay: { statuses: ["IN_PROGRESS", "IN_PROGRESS", "SUCCESSFUL"] },
        update: ["SUCCESSFUL"],
      },
    });
    expect(stopped).toEqual([]);
    expect(asked).toEqual(["shop-web/under-way SUCCESSFUL", "update shop-web", "shop-web/prepared SUCCESSFUL"]);
    expect(notices[0]).toBe(
      "A deployment of web that is under way is waited for: ECS changes how a service is deployed only in between.",
    );
  });

  test("is sent back where it shifts traffic, and none of its events are told", async () => {
    const { run, there, asked, stopped, events } = ecsOf({
      web: { strategy: "BLUE_GREEN", loadBalancers: both ? [both] : [], underWay: {} },
    });
    const change = changeOf(web, "web", there.get("shop-web"));
    expect(await betweenDeployments(run, change)).toMatchObject({ name: "web", settings: change.settings });
    expect(stopped).toHaveLength(1);
    expect(asked.at(-1)).toBe("shop-web/under-way ROLLBACK_SUCCESSFUL");
    expect(events.map(({ type }) => type)).toEqual(["release.notice"]);
  });

  test("is rejected at its gate, which nobody can answer any more", async () => {
    const { answers, failed } = await ready({
      web: { wanted: blueGreen, underWay: { hook: "gate" }, update: ["SUCCESSFUL"] },
    });
    expect(answers).toEqual(["ROLLBACK gate"]);
    expect(failed).toEqual([]);
  });

  test("is overtaken as ever where the strategy stays", async () => {
    const { asked, stopped } = await ready({
      web: { wanted: blueGreen, strategy: "BLUE_GREEN", loadBalancers: both ? [both] : [], underWay: {} },
    });
    expect([asked, stopped]).toEqual([[], []]);
  });
});
