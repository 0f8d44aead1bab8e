// Services and moments that do lose requests, on AWS as here. They show that the load tool can see, and that neither
// drydock's load balancer nor its scheduler hides what a real one would not.
import { Agent } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RolloutApp } from "../e2e/rollout.fixture.ts";
import { kinds } from "../load/kinds.ts";
import type { LoadSummary, Outcome } from "../load/samples.ts";

const app = new RolloutApp();

const service = (name: string, { tasks = 2, drain = "3s", env = "" } = {}) => `
  ${name}:
    image: app
    command: [node, server.js]
    port: 8080
    route: { path: /${name}/* }
    health: { path: /${name}/healthz, interval: 5s, timeout: 2s, unhealthy: 2, grace: 0s, drain: ${drain} }
    scale: ${tasks}
    env: { BELOW: /${name}, ${env} }
`;

const manifest = `app: controls
region: eu-west-1
images:
  app: { build: . }
services:
  ${service("undrained", { drain: "0s" })}
  ${service("lone", { tasks: 1, env: 'STARTS_AFTER: "1500"' })}
  ${service("abrupt", { env: 'QUITS_AT_ONCE: "yes"' })}
  ${service("hasty", { tasks: 1, env: 'KEEP_ALIVE: "5000"' })}
  ${service("patient")}
`;

beforeAll(async () => {
  app.edit("fardel.yaml", () => manifest);
  await app.up();
});
afterAll(() => app.close());

/** What becomes of 50 requests a second, of every kind, to one of the services. */
async function loadDuring(name: string, work: () => Promise<unknown>): Promise<LoadSummary> {
  return (await app.loadDuring(work, { below: `/${name}`, rate: 50 })).load;
}

/** How many requests of a load ended in one of some ways, whatever their kind. */
const ended = ({ outcomes }: LoadSummary, ...ways: string[]) =>
  Object.values(outcomes).reduce((sum, counts) => ways.reduce((more, way) => more + (counts[way] ?? 0), sum), 0);

describe.concurrent("requests are lost", () => {
  test("without a deregistration delay: those under way on the tasks that go", async () => {
    const load = await loadDuring("undrained", () => app.update("controls-undrained", { forceNewDeployment: true }));
    expect(ended(load, "502")).toBeGreaterThan(0);
    expect(ended(load, "truncated", "cut")).toBeGreaterThan(0);
  });

  test("where the only task may be stopped before there is another: nobody is there", async () => {
    const deploymentConfiguration = { minimumHealthyPercent: 0, maximumPercent: 100 };
    const load = await loadDuring("lone", () =>
      app.update("controls-lone", { forceNewDeployment: true, deploymentConfiguration }),
    );
    // 503 without any target, 502 of one that doesn't listen yet: the load balancer falls back on it, there is no better one.
    expect(ended(load, "502", "503")).toBeGreaterThan(10);
  });

  test("when a person stops a task: it is told to end before the load balancer knows", async () => {
    const rollout = await loadDuring("abrupt", () => app.update("controls-abrupt", { forceNewDeployment: true }));
    expect(rollout.losses).toEqual([]);
    const load = await loadDuring("abrupt", async () => {
      const { taskArns = [] } = await app.aws.ecs.listTasks({ cluster: "local", serviceName: "controls-abrupt" });
      await app.aws.ecs.stopTask({ cluster: "local", task: taskArns[0] });
    });
    expect(ended(load, "502")).toBeGreaterThan(0);
  });

  test("when a target closes idle connections sooner than the load balancer: those that come just then", async () => {
    const outcomes = await Promise.all([meetIdleConnections("hasty"), meetIdleConnections("patient")]);
    const [hasty, patient] = outcomes.map((ended) => ended.filter(({ status }) => status === 502).length);
    expect({ hasty, patient }).toEqual({ hasty: expect.any(Number), patient: 0 });
    expect(hasty).toBeGreaterThan(0);
  });
});

test("requests are lost when a task ends while the load balancer, which lags, still sends to it", async () => {
  await app.fault({ kind: "load-balancer-lag", seconds: 3, earlyStop: true });
  const load = await loadDuring("patient", () => app.update("controls-patient", { desiredCount: 1 }));
  expect(load.outcomes.plain?.["502"]).toBeGreaterThan(0);
});

/**
 * Requests on connections that have been idle for about 5 s, while the app computes something. When it is done, it first
 * closes connections whose time is up, those too on which a request has come meanwhile: the common way for this to happen.
 */
async function meetIdleConnections(name: string): Promise<Outcome[]> {
  const agent = new Agent({ keepAlive: true });
  const sending = { url: `${app.url}/${name}`, agent, timeout: 30_000 };
  await Promise.all(Array.from({ length: 40 }, () => kinds.slow(sending)));
  // Node closes a connection one second after the keep-alive timeout.
  await wait(3_500);
  const busy = fetch(`${sending.url}/busy`);
  const asked: Promise<Outcome>[] = [];
  for (let volley = 0; volley < 10; volley++) {
    await wait(100);
    for (let request = 0; request < 3; request++) asked.push(kinds.plain(sending));
  }
  await busy;
  const outcomes = await Promise.all(asked);
  agent.destroy();
  return outcomes;
}
