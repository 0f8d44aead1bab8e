// What a workload is made of besides its image: sidecars, spread secrets, task definitions of one's own, Spot.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Shop, startShop } from "./release.fixture.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop({ timeScale: 10 });
  shop.write({ worker: false });
  await shop.setUp();
  const settings = { API_URL: "https://api.example.com", LOG_LEVEL: "debug", DATABASE_PASSWORD: "not this one" };
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "hunter2" });
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/settings", SecretString: JSON.stringify(settings) });
});
afterAll(() => shop.close());

/** Answers with its variables, and with what the container beside it has told it. */
const teller = `
let told = "nothing";
const server = require("node:http").createServer((request, response) => {
  if (request.url.startsWith("/tell/")) told = request.url.slice(6);
  response.end(JSON.stringify({ ...process.env, told }));
});
server.listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;
const sidecar = `setInterval(() => fetch(process.env.TELLER + "/tell/hello").catch(() => {}), 100);`;

function service(more: string): string {
  writeFileSync(join(shop.directory, "teller.cjs"), teller);
  writeFileSync(join(shop.directory, "sidecar.cjs"), sidecar);
  return `
  teller:
    image: app
    command: [node, teller.cjs]
    port: 9000
    route: { path: /teller/* }
    health: { path: /teller/, interval: 5s, timeout: 2s, healthy: 2, unhealthy: 2, grace: 60s, drain: 1s }
    env: { LOG_LEVEL: info }
    secrets: { DATABASE_PASSWORD: database-password, "*": settings }
${more}`;
}

async function release(more: string) {
  shop.write({ worker: false, more: service(more) });
  await shop.setUp();
  const { outcome } = await shop.deploy();
  expect(outcome, JSON.stringify(outcome)).toMatchObject({ outcome: "succeeded" });
}

const tell = async () => JSON.parse(await (await fetch(`${shop.url}/teller/`)).text());

async function runningTask() {
  const cluster = "local";
  const { taskArns } = await shop.aws.ecs.listTasks({ cluster, serviceName: "shop-teller" });
  const { tasks = [] } = await shop.aws.ecs.describeTasks({ cluster, tasks: taskArns });
  return tasks[0];
}

test("B5: a spread secret becomes variables, but for those that are written by name", async () => {
  await release("");
  expect(await tell()).toMatchObject({
    API_URL: "https://api.example.com",
    LOG_LEVEL: "info",
    DATABASE_PASSWORD: "hunter2",
  });
});

test("A5: a sidecar runs beside it, and reaches it by localhost", async () => {
  await release(
    `    sidecars: { agent: { image: app, command: [node, sidecar.cjs], env: { TELLER: "http://localhost:9000" } } }`,
  );
  const task = await runningTask();
  expect(task?.containers?.map(({ name, lastStatus }) => [name, lastStatus])).toEqual([
    ["teller", "RUNNING"],
    ["agent", "RUNNING"],
  ]);
  await expect.poll(async () => (await tell()).told, { timeout: 20_000 }).toBe("hello");
});

test("B2: runs on Spot, and back on demand", async () => {
  await release("    capacity: spot");
  expect(await runningTask()).toMatchObject({ capacityProviderName: "FARGATE_SPOT" });
  await release("");
  expect(await runningTask()).toMatchObject({ launchType: "FARGATE" });
  expect(await runningTask()).not.toHaveProperty("capacityProviderName", "FARGATE_SPOT");
});

test("A5: a task definition of one's own is the base, and parameters are merged over", async () => {
  const base = {
    family: "teller-by-hand",
    cpu: "1024",
    memory: "2048",
    containerDefinitions: [
      { name: "teller", image: "teller:1", environment: [{ name: "DD_SERVICE", value: "teller" }] },
    ],
  };
  writeFileSync(join(shop.directory, "teller.json"), JSON.stringify({ taskDefinition: base }));
  await release("    taskDefinition: teller.json");
  expect(await tell()).toMatchObject({ DD_SERVICE: "teller", API_URL: "https://api.example.com" });
  expect(await runningTask()).toMatchObject({ cpu: "1024", memory: "2048" });
  await release(
    `    taskDefinition: { containerDefinitions: [{ name: teller, environment: [{ name: EXTRA, value: "1" }] }] }`,
  );
  expect(await tell()).toMatchObject({ EXTRA: "1", LOG_LEVEL: "info" });
});
