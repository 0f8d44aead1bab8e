import type { Service as EcsService, Task } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import type { Aws } from "../../aws/clients.ts";
import type { Service } from "../../config/app.ts";
import { shop } from "../release.fixture.ts";
import { bakeTogether, type RaisedAlarms, type Served } from "./bake.ts";
import { rolloutOf, runWith } from "./watch.fixture.ts";
import type { EndedRollout } from "./watch.ts";

/** What there is to see of a service; the test changes it while it bakes. */
interface Seen {
  primary: string;
  tasks: Task[];
  targets: Record<string, { State: string; Description?: string }>;
  raised: string[];
}

const task = (id: string, changes: Partial<Task> = {}): Task => ({
  taskArn: id,
  startedBy: "ecs-svc/web",
  desiredStatus: "RUNNING",
  attachments: [{ details: [{ name: "privateIPv4Address", value: `10.0.0.${id}` }] }],
  ...changes,
});
const ended = (id: string, changes: Partial<Task>): Task => task(id, { desiredStatus: "STOPPED", ...changes });
const crashed = (id: string) =>
  ended(id, { stopCode: "EssentialContainerExited", stoppedReason: "Essential container in task exited" });

const well = (): Seen => ({
  primary: "ecs-svc/web",
  tasks: [task("1"), task("2")],
  targets: { "10.0.0.1": { State: "healthy" }, "10.0.0.2": { State: "healthy" } },
  raised: [],
});

/** AWS as far as a bake asks it; after some looks `change` happens. */
function world(change: (seen: Seen) => void, { after = 3 } = {}) {
  const seen = well();
  let looks = 0;
  const listed = ({ startedBy, desiredStatus = "RUNNING" }: { startedBy?: string; desiredStatus?: string }) =>
    seen.tasks.filter(
      (each) => each.desiredStatus === desiredStatus && (startedBy === undefined || each.startedBy === startedBy),
    );
  const aws = {
    target: {},
    ecs: {
      async describeServices({ services }: { services: string[] }): Promise<{ services: EcsService[] }> {
        looks += 1;
        if (looks === after) change(seen);
        return {
          services: services.map((serviceName) => ({
            serviceName,
            deployments: seen.primary === "" ? [] : [{ id: seen.primary, status: "PRIMARY" }],
          })),
        };
      },
      async *paginateListTasks(filter: { startedBy?: string; desiredStatus?: string }) {
        yield { taskArns: listed(filter).map(({ taskArn }) => taskArn) };
      },
      describeTasks: async ({ tasks }: { tasks: string[] }) => ({
        tasks: seen.tasks.filter(({ taskArn = "" }) => tasks.includes(taskArn)),
      }),
    },
    elbv2: {
      describeTargetHealth: async () => ({
        TargetHealthDescriptions: Object.entries(seen.targets).map(([Id, TargetHealth]) => ({
          Target: { Id },
          TargetHealth,
        })),
      }),
    },
    cloudWatch: {
      describeAlarms: async ({ AlarmNames = [] as string[] }) => ({
        MetricAlarms: seen.raised.filter((name) => AlarmNames.includes(name)).map((AlarmName) => ({ AlarmName })),
      }),
    },
  };
  return aws as unknown as Aws;
}

const serving: EndedRollout = {
  rollout: rolloutOf("web", { targetGroup: "group" }),
  result: "serving",
  reason: undefined,
  targetReason: undefined,
  stopped: false,
  durationMs: 1000,
};

async function bake(aws: Aws, { bakeSeconds = 300, created = false, raised = new Map() as RaisedAlarms } = {}) {
  const { run, events } = runWith(aws);
  const web = shop.services.web as Service;
  const service: Service = { ...web, rollout: { ...web.rollout, bakeSeconds, alarms: ["web-5xx"] } };
  const served = { ...serving, rollout: rolloutOf("web", { created, targetGroup: "group" }) };
  const [baked] = await bakeTogether(run, [{ service, ended: served }], raised);
  return { ...baked?.ended, events: events.map(({ type }) => type) };
}

test("what holds up serves when its time is over, and no sooner", async () => {
  const found = await bake(world(() => {}));
  expect(found).toMatchObject({ result: "serving", durationMs: 301_000, events: ["rollout.baking", "rollout.baked"] });
});

test("the first revision of a service doesn't bake, and without a bake time nothing is looked at", async () => {
  expect(
    await bake(
      world(() => {}),
      { created: true },
    ),
  ).toMatchObject({ durationMs: 1000, events: [] });
  expect(
    await bake(
      world(() => {}),
      { bakeSeconds: 0 },
    ),
  ).toMatchObject({ durationMs: 1000, events: [] });
});

test.each<[string, (seen: Seen) => void, Partial<EndedRollout>]>([
  [
    "a task that ends by itself",
    (seen) => seen.tasks.push(crashed("3")),
    { result: "failed", reason: "A task of it failed while it baked: Essential container in task exited." },
  ],
  [
    "a task that ECS stops because its checks fail",
    (seen) =>
      seen.tasks.push(
        ended("3", { stopCode: "ServiceSchedulerInitiated", stoppedReason: "Task failed container health checks" }),
      ),
    { result: "failed", reason: "A task of it failed while it baked: Task failed container health checks." },
  ],
  [
    "a target that turns unhealthy",
    (seen) => Object.assign(seen.targets, { "10.0.0.2": { State: "unhealthy", Description: "codes: [500]" } }),
    { result: "failed", reason: "A task of it turned unhealthy while it baked.", targetReason: "codes: [500]" },
  ],
  [
    "a container that turns unhealthy",
    (seen) => Object.assign(seen.tasks[0] ?? {}, { healthStatus: "UNHEALTHY" }),
    { result: "failed", reason: "A task of it turned unhealthy while it baked." },
  ],
  ["an alarm", (seen) => seen.raised.push("web-5xx"), { result: "failed", reason: "In alarm: web-5xx." }],
  [
    "a service that is gone",
    (seen) => Object.assign(seen, { primary: "" }),
    { result: "failed", reason: "The service was deleted while it baked." },
  ],
  [
    "a deployment of somebody else",
    (seen) => Object.assign(seen, { primary: "ecs-svc/other" }),
    { result: "superseded", reason: undefined },
  ],
])("%s ends it at once", async (_what, change, end) => {
  const found = await bake(world(change));
  expect(found).toMatchObject(end);
  expect(found.durationMs).toBeLessThan(10_000);
});

test.each<[string, (seen: Seen) => void]>([
  ["an alarm of somebody else", (seen) => seen.raised.push("other")],
  ["a task that a person has stopped", (seen) => seen.tasks.push(ended("3", { stopCode: "UserInitiated" }))],
  ["a task whose Spot capacity is gone", (seen) => seen.tasks.push(ended("3", { stopCode: "SpotInterruption" }))],
  [
    "a task that autoscaling has stopped",
    (seen) =>
      seen.tasks.push(
        ended("3", {
          stopCode: "ServiceSchedulerInitiated",
          stoppedReason: "Scaling activity initiated by (deployment ecs-svc/web)",
        }),
      ),
  ],
  [
    "a new task that isn't healthy yet",
    (seen) => {
      seen.tasks.push(task("3"));
      Object.assign(seen.targets, { "10.0.0.3": { State: "unhealthy", Description: "codes: [500]" } });
    },
  ],
  ["a task of the revision before", (seen) => seen.tasks.push({ ...crashed("3"), startedBy: "ecs-svc/before" })],
])("%s says nothing of the revision", async (_what, change) => {
  expect(await bake(world(change))).toMatchObject({ result: "serving", durationMs: 301_000 });
});

test("services bake together: as soon as one fails it is over for all, and the others are told as they stand", async () => {
  const aws = world((seen) => seen.raised.push("web-5xx"));
  const { run, events } = runWith(aws);
  const served = (name: string, alarms: string[]): Served => {
    const web = shop.services.web as Service;
    const service: Service = { ...web, name, rollout: { ...web.rollout, bakeSeconds: 300, alarms } };
    const rollout = rolloutOf(name, { deployment: "ecs-svc/web" });
    return { service, ended: { ...serving, rollout } };
  };
  const baked = await bakeTogether(run, [served("web", ["web-5xx"]), served("worker", [])], new Map());
  expect(baked.map(({ ended }) => [ended.rollout.service, ended.result])).toEqual([
    ["web", "failed"],
    ["worker", "serving"],
  ]);
  expect(events.map(({ type }) => type)).toEqual([
    "rollout.baking",
    "rollout.baking",
    "rollout.baked",
    "rollout.baked",
  ]);
});

test("a person who takes the release back needn't wait for its bake", async () => {
  const { run } = runWith(world(() => {}));
  const service = shop.services.web as Service;
  const baking = { ...service, rollout: { ...service.rollout, bakeSeconds: 300 } };
  const takenBack = async () => "Ada has taken it back.";
  const [baked] = await bakeTogether({ ...run, takenBack }, [{ service: baking, ended: serving }], new Map());
  expect(baked?.ended).toMatchObject({ result: "serving" });
  expect(baked?.ended.durationMs).toBeLessThan(10_000);
});

test("what was so before it began says nothing either", async () => {
  const aws = world(
    (seen) => {
      seen.raised.push("web-5xx");
    },
    { after: 1 },
  );
  const raised = new Map([["web", new Set(["web-5xx"])]]);
  expect(await bake(aws, { raised })).toMatchObject({ result: "serving" });
});
