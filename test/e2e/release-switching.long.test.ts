import type { FardelEvent } from "@fardel/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Shop, startShop } from "./release.fixture.ts";
import { underLoad } from "./shop-load.fixture.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await startShop({ timeScale: 10 });
  write("one", "{ strategy: rolling }");
  await shop.setUp();
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "secret" });
  expect((await shop.deploy()).outcome).toMatchObject({ outcome: "succeeded", release: 1 });
});
afterAll(() => shop.close());

function write(text: string, rollout: string): void {
  shop.write({ worker: false, text, web: `    rollout: ${rollout}` });
}

/** As `fardel up`: the infrastructure first, which follows the manifest, then a release that has to serve, under load. */
async function up(emit: (event: FardelEvent) => void = () => {}): Promise<void> {
  const { result } = await underLoad(shop, async () => {
    await shop.setUp();
    return shop.deploy({ emit });
  });
  expect(result.outcome).toMatchObject({ outcome: "succeeded" });
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

test("a strategy with a gate needs an environment where its test address can be reached", async () => {
  write("two", "{ strategy: blue-green, approve: manual }");
  await expect(shop.deploy()).rejects.toMatchObject({
    code: "PREFLIGHT",
    message: "Port 9000 of the load balancer, where web is to be tried first, is open to nobody.",
    fix: "Run `fardel up local`, which opens it.",
  });
});

test("a service goes from rolling to blue-green, back and on again: no request is lost, and its rule points where its tasks are", async () => {
  write("two", "{ strategy: blue-green }");
  await up();
  expect(await traffic()).toEqual([idle, serves]);
  write("three", "{ strategy: rolling }");
  await up();
  expect(await (await fetch(shop.url)).text()).toBe("three");
  // Rolling goes on in the target group that serves, whichever of the two it is.
  expect(await traffic()).toEqual([idle, serves]);
  write("four", "{ strategy: blue-green }");
  await up();
  expect(await (await fetch(shop.url)).text()).toBe("four");
  expect(await traffic()).toEqual([serves, idle]);
});

test("with early success the deployment may end before its old tasks have: the check waits until they are gone", async () => {
  const { ecs } = shop.aws;
  const service = { cluster: "local", service: "shop-web" };
  write("five", "{ strategy: rolling, earlySuccess: 50, check: /smoke }");
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
  expect(await (await fetch(shop.url)).text()).toBe("five");
});
