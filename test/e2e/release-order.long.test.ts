import { setTimeout as wait } from "node:timers/promises";
import type { Task } from "@aws-sdk/client-ecs";
import { type App, type DeployRequest, exitCodeOf, type FardelEvent, releaseHistory, rollback } from "@fardel/core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { answeredBy } from "../load/answered.ts";
import { startLoad, untilAnswered } from "../load/open-loop.ts";
import { setDrain } from "./drain.fixture.ts";
import { origin, type Shop, startShop } from "./release.fixture.ts";

let shop: Shop;

interface Written {
  /** What web answers with; another text is another image, so that every service changes. */
  text: string;
  /** Whether the tasks of indexer can't start. */
  broken?: boolean;
  migration?: number;
}

function write({ text, broken = false, migration = 0 }: Written): void {
  shop.write({
    text,
    worker: false,
    migration,
    more: lingering("indexer", broken ? "[no-such-command]" : lingers) + lingering("ingester"),
  });
}

/** Its tasks take a while to stop, so that somebody who doesn't wait for their end is seen not to. */
const lingering = (name: string, command = lingers) => `
  ${name}:
    image: app
    command: ${command}
    health: { command: [node, -e, "0"], interval: 5s, timeout: 30s, unhealthy: 2, grace: 30s }
`;
const lingers =
  "[node, -e, 'setInterval(() => {}, 1000); process.on(\"SIGTERM\", () => setTimeout(process.exit, 700, 0))']";

beforeAll(async () => {
  shop = await startShop({ timeScale: 10 });
  write({ text: "one" });
  await shop.setUp();
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "hunter2" });
}, 120_000);
afterAll(() => shop.close());

/** A release with rules of its own. */
async function deploy(rules: Partial<App["release"]>, request: Partial<DeployRequest> = {}) {
  const app = await shop.app();
  return shop.deploy({ app: { ...app, release: { ...app.release, before: [], ...rules } }, ...request });
}

const answer = async () => (await fetch(shop.url)).text();
const history = async () => releaseHistory({ aws: shop.aws, descriptor: shop.descriptor }, 100);

/** Every task of the cluster that has not stopped. */
async function livingTasks(): Promise<Task[]> {
  const { aws } = shop;
  const lists = (["RUNNING", "STOPPED"] as const).map((desiredStatus) =>
    aws.ecs.listTasks({ cluster: "local", desiredStatus }),
  );
  const tasks = (await Promise.all(lists)).flatMap(({ taskArns = [] }) => taskArns);
  if (tasks.length === 0) return [];
  const { tasks: found = [] } = await aws.ecs.describeTasks({ cluster: "local", tasks });
  return found.filter(({ lastStatus }) => lastStatus !== "STOPPED");
}

/** `indexer:2`, the definitions that tasks run which have not stopped yet. */
async function running(): Promise<Set<string>> {
  return new Set(
    (await livingTasks()).map(({ taskDefinitionArn = "" }) => taskDefinitionArn.split("/shop-local-")[1] ?? ""),
  );
}

/** Looks at what runs at the moment something begins. */
function snapshots(when: (event: FardelEvent) => string | undefined) {
  const seen: Record<string, Promise<Set<string>>> = {};
  const emit = (event: FardelEvent) => {
    const name = when(event);
    if (name !== undefined) seen[name] = running();
  };
  return { emit, at: async (name: string) => [...((await seen[name]) ?? [])].sort() };
}

const beginnings = (event: FardelEvent) =>
  event.type === "rollout.started" ? event.service : event.type === "task.started" ? event.task : undefined;

test("row B7: a wave begins when the former serves and its old tasks are gone, an after-task when all old tasks are", async () => {
  const rules = { waves: [["indexer"], ["ingester", "web"]], after: ["migrate"] };
  expect((await deploy(rules)).outcome).toMatchObject({ release: 1, outcome: "succeeded" });
  write({ text: "two" });
  const { emit, at } = snapshots(beginnings);
  const events: FardelEvent[] = [];
  const app = await shop.app();
  // Their deployments are successful before the old tasks are gone, so that waiting for them alone wouldn't do.
  const early = Object.entries(app.services).map(([name, service]) => [
    name,
    { ...service, rollout: { ...service.rollout, earlySuccessPercent: 100 } },
  ]);
  const { outcome } = await deploy(rules, {
    app: { ...app, services: Object.fromEntries(early), release: { ...app.release, before: [], ...rules } },
    emit(event) {
      events.push(event);
      emit(event);
    },
  });
  expect(outcome).toMatchObject({ release: 2, outcome: "succeeded", serving: 2 });
  expect(await at("indexer")).toEqual(["indexer:1", "ingester:1", "web:1"]);
  expect(await at("web")).toEqual(expect.arrayContaining(["indexer:2", "ingester:1", "web:1"]));
  expect(await at("web")).not.toContain("indexer:1");
  expect(await at("migrate")).toEqual(["indexer:2", "ingester:2", "migrate:2", "web:2"]);
  const order = events.flatMap((event) =>
    event.type === "rollout.started" || event.type === "rollout.finished"
      ? `${event.service} ${event.type.replace("rollout.", "")}`
      : [],
  );
  expect(order.slice(0, 2)).toEqual(["indexer started", "indexer finished"]);
  expect(order.slice(2, 4).sort()).toEqual(["ingester started", "web started"]);
  expect(order.slice(4).sort()).toEqual(["ingester finished", "web finished"]);
  const [newest] = await history();
  expect(newest?.phases.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["rollouts", "cleaning up", "after-tasks"]),
  );
});

test("row B7: a failing after-task leaves the release serving, says so, and is run again by the next one", async () => {
  write({ text: "three", migration: 7 });
  const rules = { waves: [["web"], ["indexer", "ingester"]], after: ["migrate"] };
  const { outcome } = await deploy(rules);
  expect(outcome).toMatchObject({
    release: 3,
    outcome: "unfinished",
    serving: 3,
    failure:
      "The task migrate failed with exit code 7; the services stay as they are, and the next release runs the after-tasks again.",
    services: { web: { result: "serving" } },
    diagnoses: [{ workload: "migrate", verdict: "It exits with code 7 right after its start." }],
  });
  expect(exitCodeOf(outcome)).toBe(1);
  expect(await answer()).toBe("three");
  const again = await deploy(rules);
  expect(again.outcome).toMatchObject({ release: 4, outcome: "unfinished", serving: 4 });
});

test("rows B7, E10: when a later wave fails, all services return, the newest wave first, and no request is lost", async () => {
  write({ text: "four", broken: true });
  // 2.5 s on the clock on the wall: longer than the slow requests take.
  await setDrain(shop.aws, 25);
  const load = startLoad({ url: shop.url, rate: 100, mix: { plain: 80, slow: 20 } });
  onTestFinished(async () => void (await load.stop()));
  await untilAnswered(load, "slow");
  const { outcome, events } = await deploy({ waves: [["web"], ["ingester"], ["indexer"]] });
  await untilAnswered(load, "plain");
  const { losses } = await load.stop();
  await setDrain(shop.aws, 2);
  expect(outcome).toMatchObject({
    release: 5,
    outcome: "rolled back",
    serving: 4,
    failure: "The rollout of indexer failed; release 4 serves again.",
    services: {
      web: { result: "rolled back" },
      ingester: { result: "rolled back" },
      indexer: { result: "rolled back" },
    },
  });
  expect(exitCodeOf(outcome)).toBe(3);
  const returns = events.flatMap((event) =>
    event.type === "rollout.started" ? `${event.service} ${event.action}` : [],
  );
  expect(returns).toEqual(["web update", "ingester update", "indexer update", "ingester return", "web return"]);
  expect(losses).toEqual([]);
  const answered = answeredBy(load.samples, (text) => text);
  expect(answered.map(({ by }) => by)).toEqual(["three", "four"]);
  expect(answered[1]?.underWay).toBeGreaterThan(2);
  expect(await answer()).toBe("three");
});

test("what somebody else deploys while a later wave fails is theirs: superseded, not rolled back; a rollback then returns to the last good release", async () => {
  write({ text: "five", broken: true });
  let interfered: Promise<unknown> | undefined;
  const emit = (event: FardelEvent) => {
    if (event.type !== "rollout.started" || event.service !== "indexer") return;
    interfered = shop.aws.ecs.updateService({ cluster: "local", service: "shop-web", forceNewDeployment: true });
  };
  const { outcome } = await deploy({ waves: [["web", "ingester"], ["indexer"]] }, { emit });
  await interfered;
  expect(outcome).toMatchObject({
    release: 6,
    outcome: "superseded",
    failure:
      "The rollout of indexer failed; the other services run release 4 again, and somebody else has deployed web in the meantime, which stays.",
    services: { web: { result: "superseded" }, ingester: { result: "rolled back" } },
  });
  expect(exitCodeOf(outcome)).toBe(1);
  expect(await answer()).toBe("five");
  const { aws, descriptor } = shop;
  const back = await rollback({ aws, descriptor, origin, emit: () => {} });
  expect(back).toMatchObject({ release: 7, outcome: "succeeded", serving: 7 });
  expect((await history())[0]).toMatchObject({ number: 7, rollbackTo: 4 });
  expect(await answer()).toBe("three");
});

test("row B8: a release of some services changes only those, and may not part what goes together", async () => {
  write({ text: "six" });
  const rules = { together: [["indexer", "migrate"]], after: ["migrate"] };
  const before = shop.aws.calls.counts();
  await expect(deploy(rules, { only: ["indexer", "web"] })).rejects.toMatchObject({
    code: "SPLIT_BUNDLE",
    message: "indexer and migrate go together: a partial release may not part them.",
    exitCode: 2,
  });
  expect(shop.aws.calls.counts()).toEqual(before);
  const { outcome, events } = await deploy(rules, { only: ["indexer", "migrate"] });
  expect(outcome).toMatchObject({ release: 8, outcome: "succeeded", services: { indexer: { result: "serving" } } });
  expect(Object.keys(outcome.services)).toEqual(["indexer"]);
  expect(events.flatMap((event) => (event.type === "task.finished" ? event.task : []))).toEqual(["migrate"]);
  expect(await answer()).toBe("three");
});

test("of two releases at once the second waits for the first where that is asked for, and names it", async () => {
  const first = deploy({});
  const notices: string[] = [];
  const emit = (event: FardelEvent) => {
    if (event.type === "release.notice") notices.push(event.message);
  };
  const second = (async () => {
    while ((await shop.aws.s3.listObjectsV2({ Bucket: shop.descriptor.stateBucket, Prefix: "locks/" })).KeyCount === 0)
      await wait(10);
    return deploy({}, { waitForLock: true, emit, origin: { actor: "grace", host: "ci" } });
  })();
  expect((await first).outcome).toMatchObject({ release: 9, outcome: "succeeded" });
  expect((await second).outcome).toMatchObject({ release: 9, outcome: "unchanged" });
  expect(notices[0]).toMatch(/^Waiting for the lock: (A deploy|Release 9 \(deploy\)) by ada on laptop, since /);
  expect(await answer()).toBe("six");
});
