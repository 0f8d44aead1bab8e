import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { FardelEvent } from "@fardel/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLoad } from "../load/open-loop.ts";
import { fastClock, type Shop, startShop } from "./release.fixture.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await startShop({ clock: fastClock(10) });
  write("one", "{ strategy: blue-green }");
  await shop.setUp();
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "secret" });
  expect((await shop.deploy()).outcome).toMatchObject({ outcome: "succeeded", release: 1 });
});
afterAll(() => shop.close());

function write(text: string, rollout: string): void {
  shop.write({ worker: false, text, web: `    rollout: ${rollout}` });
}

/** As `fardel up`: the infrastructure first, which follows the manifest, then a release that has to serve, under load. */
async function up(emit?: (event: FardelEvent) => void): Promise<void> {
  const load = startLoad({ url: shop.url, rate: 50, mix: { plain: 100 } });
  await shop.setUp();
  const { outcome } = await shop.deploy({ ...(emit && { emit }) });
  const after = load.samples.length;
  while (load.samples.length < after + 25) await wait(10);
  const { losses } = await load.stop();
  expect(outcome).toMatchObject({ outcome: "succeeded" });
  expect(losses).toEqual([]);
}

/** Which of the two target groups serves: its rule's weights, and in which of them the tasks are. */
async function traffic() {
  const { aws, descriptor } = shop;
  const { Rules = [] } = await aws.elbv2.describeRules({ ListenerArn: descriptor.loadBalancer?.listeners.http });
  const [action] = Rules.find(({ IsDefault }) => !IsDefault)?.Actions ?? [];
  const groups = [descriptor.targetGroups.web, descriptor.alternateTargetGroups.web];
  return Promise.all(
    groups.map(async (TargetGroupArn = "") => {
      const { TargetHealthDescriptions = [] } = await aws.elbv2.describeTargetHealth({ TargetGroupArn });
      const weight = action?.ForwardConfig?.TargetGroups?.find(
        (each) => each.TargetGroupArn === TargetGroupArn,
      )?.Weight;
      return { weight, targets: TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth?.State) };
    }),
  );
}

const serves = { weight: 100, targets: ["healthy", "healthy"] };
const idle = { weight: 0, targets: [] };

test("a service goes from blue-green to rolling and on again: no request is lost, and its rule points where its tasks are", async () => {
  expect(await traffic()).toEqual([serves, idle]);
  write("two", "{ strategy: blue-green }");
  await up();
  expect(await traffic()).toEqual([idle, serves]);
  // Rolling goes on in the target group that serves, whichever of the two it is.
  for (const text of ["three", "four"]) {
    write(text, "{ strategy: rolling }");
    await up();
    expect(await (await fetch(shop.url)).text()).toBe(text);
    expect(await traffic()).toEqual([idle, serves]);
  }
  write("five", "{ strategy: blue-green }");
  await up();
  expect(await (await fetch(shop.url)).text()).toBe("five");
  expect(await traffic()).toEqual([serves, idle]);
  write("six", "{ strategy: canary, step: 50, every: 1m }");
  await up();
  expect(await traffic()).toEqual([idle, serves]);
});

test("with early success the deployment may end before its old tasks have: the check waits until they are gone", async () => {
  const { ecs } = shop.aws;
  const service = { cluster: "local", service: "shop-web" };
  write("seven", "{ strategy: rolling, earlySuccess: 50, check: /smoke }");
  // Long enough for old tasks to be there when half of the new ones serve.
  const manifest = join(shop.directory, "fardel.yaml");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace("drain: 2s", "drain: 30s"));
  let definitions: (string | undefined)[] = [];
  let looked: Promise<unknown> = Promise.resolve();
  const look = async () => {
    const lists = await Promise.all(
      (["RUNNING", "STOPPED"] as const).map((desiredStatus) =>
        ecs.listTasks({ cluster: "local", serviceName: "shop-web", desiredStatus }),
      ),
    );
    const { tasks = [] } = await ecs.describeTasks({
      cluster: "local",
      tasks: lists.flatMap(({ taskArns = [] }) => taskArns),
    });
    const there = tasks.filter(({ lastStatus }) => lastStatus !== "STOPPED");
    definitions = there.map(({ taskDefinitionArn }) => taskDefinitionArn);
  };
  await up((event) => {
    if (event.type === "rollout.checked") looked = look();
  });
  await looked;
  const { serviceDeployments = [] } = await ecs.listServiceDeployments(service);
  const { serviceDeployments: [newest] = [] } = await ecs.describeServiceDeployments({
    serviceDeploymentArns: serviceDeployments
      .slice(0, 1)
      .flatMap(({ serviceDeploymentArn }) => serviceDeploymentArn ?? []),
  });
  expect(newest).toMatchObject({
    status: "SUCCESSFUL",
    deploymentConfiguration: {
      strategy: "ROLLING",
      earlySuccessCriteria: { enable: true, healthyPercent: 50, sourceServiceRevisionCleanup: "DEFERRED" },
    },
  });
  expect(definitions.length).toBeGreaterThan(0);
  expect(new Set(definitions).size).toBe(1);
  expect(await (await fetch(shop.url)).text()).toBe("seven");
});
