// However a release goes that has its traffic shifted, no request is lost, also of those that take their time. Each test shows
// that it would have seen one lost: the revision that went was in the midst of answering some when it got its last one. One
// test takes the drain away, and then those are lost.
import type { ServiceDeployment } from "@aws-sdk/client-ecs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { addAlarm, raiseAlarm } from "../e2e/alarm.fixture.ts";
import { setDrain } from "../e2e/drain.fixture.ts";
import { expectNoneLost } from "../e2e/rollout.fixture.ts";
import type { Answered } from "../load/answered.ts";
import { everyKind } from "../load/kinds.ts";
import { untilAnswered } from "../load/open-loop.ts";
import type { LoadSummary } from "../load/samples.ts";
import { ShiftingApp } from "./shifting.fixture.ts";

vi.setConfig({ testTimeout: 150_000 });

const app = new ShiftingApp();
beforeAll(() => app.start());
afterAll(() => app.close());

const bakes = ({ status, lifecycleStage }: ServiceDeployment) =>
  status === "IN_PROGRESS" && lifecycleStage === "BAKE_TIME";
const numbers = (answered: { revision: number }[]) => answered.map(({ revision }) => revision);

function expectBusyToTheEnd(answered: Answered | undefined): void {
  expect(answered?.underWay).toBeGreaterThan(5);
}

function expectAllAnswered({ losses, outcomes }: LoadSummary): void {
  expect(losses).toEqual([]);
  expect(Object.keys(outcomes)).toEqual(expect.arrayContaining(Object.keys(everyKind)));
}

/** No further from what it is to be than chance would take it, were each request's way left to chance. Dealt out in turn it is nearer. */
function expectShare({ share, requests }: { share: number; requests: number }, percent: number): void {
  const wanted = percent / 100;
  const deviation = Math.sqrt((wanted * (1 - wanted)) / requests);
  expect(requests).toBeGreaterThan(200);
  expect(Math.abs(share - wanted), `${share} of ${requests}`).toBeLessThan(3 * deviation);
}

test("E4: by a blue-green shift no request is lost", async () => {
  const { serving, next } = await app.revisions();
  app.write("blue-green", "{ strategy: blue-green }");
  const flow = await app.underProductionLoad(() => app.fardel("deploy"));
  expect(flow.result.exitCode, flow.result.stderr).toBe(0);
  expectNoneLost(flow);
  const answered = await app.answered(flow.samples);
  expect(numbers(answered)).toEqual([serving, next]);
  expectBusyToTheEnd(answered[0]);
});

test.each([
  ["canary", 10],
  ["linear", 50],
])(
  "E4: by a %s shift no request is lost, production goes by the weights, and test traffic by none",
  async (strategy, step) => {
    const { serving, next } = await app.revisions();
    app.write(strategy, `{ strategy: ${strategy}, step: ${step}, every: 1m }`);
    const testLoad = app.startTestLoad();
    const flow = await app.underProductionLoad(async () => {
      const watched = await app.watchWeights(() => app.fardel("deploy"));
      return { ...watched, tests: testLoad.stop() };
    });
    const { result, weighings, tests } = flow.result;
    expectAllAnswered(await tests);
    expect(result.exitCode, result.stderr).toBe(0);
    expectNoneLost(flow);
    const answered = await app.answered(flow.samples);
    expect(numbers(answered)).toEqual([serving, next]);
    expectBusyToTheEnd(answered[0]);
    const [first, stepping, last] = weighings;
    expect(weighings.map(({ weights }) => weights)).toEqual([
      [0, 100],
      [step, 100 - step],
      [0, 100],
    ]);
    if (!first || !stepping || !last) return;
    expect(await app.share(flow.samples, next, first)).toMatchObject({ share: 0 });
    expectShare(await app.share(flow.samples, next, stepping), step);
    expect(await app.share(flow.samples, next, last)).toMatchObject({ share: 1 });
    const tested = await app.share(testLoad.samples, next, stepping);
    expect(tested).toMatchObject({ share: 1 });
    expect(tested.requests).toBeGreaterThan(50);
  },
);

test("E10: by a rejection at the gate no request is lost, neither production's nor those at the test address", async () => {
  const { serving, next } = await app.revisions();
  app.write("rejected", "{ strategy: blue-green, approve: manual }");
  const flow = await app.underProductionLoad(async () => {
    const left = await app.fardel("deploy", "--no-wait");
    expect(left.exitCode, left.stderr).toBe(4);
    const testLoad = app.startTestLoad();
    await untilAnswered(testLoad, "slow");
    const rejected = await app.fardel("reject");
    return { rejected, tests: testLoad.stop(), samples: testLoad.samples };
  });
  const { rejected, tests, samples } = flow.result;
  expect(rejected.exitCode, rejected.stderr).toBe(3);
  expectNoneLost(flow);
  expectAllAnswered(await tests);
  expect(numbers(await app.answered(flow.samples))).toEqual([serving]);
  const tested = await app.answered(samples);
  expect(numbers(tested)).toEqual([next, serving]);
  expectBusyToTheEnd(tested[0]);
});

test("by a rollback while both revisions bake no request is lost, and the old one serves within 2 s", async () => {
  const { serving, next } = await app.revisions();
  app.write("baked", "{ strategy: blue-green, bake: 60m }");
  const flow = await app.underProductionLoad(async (load) => {
    const deploy = app.fardel("deploy");
    const { serviceDeploymentArn } = await app.untilDeployment(bakes, deploy);
    const baking = Date.now();
    await untilAnswered(load, "slow");
    const asked = Date.now();
    await app.aws.ecs.stopServiceDeployment({ serviceDeploymentArn, stopType: "ROLLBACK" });
    await expect.poll(() => app.text(), { timeout: 2_000, interval: 20 }).not.toBe("baked\n");
    return { deploy: await deploy, baking, asked };
  });
  const { deploy, baking, asked } = flow.result;
  expect(deploy.exitCode, deploy.stderr).toBe(3);
  expectNoneLost(flow);
  const answered = await app.answered(flow.samples);
  expect(numbers(answered)).toEqual([serving, next]);
  expectBusyToTheEnd(answered[1]);
  expect(await app.share(flow.samples, next, { from: baking, to: asked })).toMatchObject({ share: 1 });
  // Nor did the new one get a request from then on.
  expect((answered[1]?.to ?? 0) - asked).toBeLessThan(2_000);
});

test("by an alarm while both revisions bake no request is lost", async () => {
  const { serving, next } = await app.revisions();
  await addAlarm(app.aws, "web-5xx");
  app.write("alarming", "{ strategy: blue-green, bake: 60m, alarms: [web-5xx] }");
  const flow = await app.underProductionLoad(async (load) => {
    const deploy = app.fardel("deploy");
    await app.untilDeployment(bakes, deploy);
    await untilAnswered(load, "slow");
    await raiseAlarm(app.aws, "web-5xx");
    return deploy;
  });
  expect(flow.result.exitCode, flow.result.stderr).toBe(3);
  expect(flow.result.stderr).toContain("In alarm: web-5xx.");
  expectNoneLost(flow);
  const answered = await app.answered(flow.samples);
  expect(numbers(answered)).toEqual([serving, next]);
  expectBusyToTheEnd(answered[1]);
});

test("rows B7, E10: by a second wave that fails no request of the first, which returns, is lost", async () => {
  const { serving, next } = await app.revisions();
  const failing = `  worker:
    image: app
    command: [no-such-command]
release:
  order: [[web], [worker]]
`;
  app.write("waves", "{ strategy: blue-green }", failing);
  const flow = await app.underProductionLoad(() => app.fardel("up"));
  expect(flow.result.exitCode, flow.result.stderr).toBe(3);
  expectNoneLost(flow);
  const answered = await app.answered(flow.samples);
  expect(numbers(answered)).toEqual([serving, next, serving]);
  for (const left of answered.slice(0, 2)) expectBusyToTheEnd(left);
});

test("without a drain the same load does lose what is under way", async () => {
  await setDrain(app.aws, 0);
  app.write("undrained", "{ strategy: blue-green }");
  const { load, result } = await app.underProductionLoad(() => app.fardel("deploy"));
  expect(result.exitCode, result.stderr).toBe(0);
  expect(load.outcomes.slow?.["502"]).toBeGreaterThan(0);
  expect(load.outcomes.download?.truncated).toBeGreaterThan(0);
});

// What goes has none of production's requests: it needn't drain.
test("E4: test traffic by a header reaches the new revision alone, production's requests the old one alone", async () => {
  const { serving } = await app.revisions();
  const { loadBalancers = [], deploymentConfiguration } = await app.service();
  const { productionListenerRule = "", ...others } = loadBalancers[0]?.advancedConfiguration ?? {};
  const ListenerArn = productionListenerRule.replace(":listener-rule/", ":listener/").replace(/\/[^/]+$/, "");
  const { Rules = [] } = await app.aws.elbv2.createRule({
    ListenerArn,
    Priority: 1,
    Conditions: [{ Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "x-test", Values: ["yes"] } }],
    Actions: [{ Type: "forward", TargetGroupArn: loadBalancers[0]?.targetGroupArn }],
  });
  const advancedConfiguration = { ...others, productionListenerRule, testListenerRule: Rules[0]?.RuleArn };
  const flow = await app.underProductionLoad(async (load) => {
    await app.aws.ecs.updateService({
      cluster: "local",
      service: "rollout-web",
      taskDefinition: "rollout-local-web:1",
      loadBalancers: loadBalancers.map((each) => ({ ...each, advancedConfiguration })),
      deploymentConfiguration: {
        ...deploymentConfiguration,
        alarms: { alarmNames: [], enable: false, rollback: false },
        lifecycleHooks: [{ targetType: "PAUSE", lifecycleStages: ["POST_TEST_TRAFFIC_SHIFT"] }],
      },
    });
    const { serviceDeploymentArn } = await app.untilDeployment(
      ({ lifecycleHookDetails: [hook] = [] }) => hook?.status === "AWAITING_ACTION",
    );
    const asked = Array.from({ length: 100 }, () => fetch(app.url, { headers: { "x-test": "yes" } }));
    const answers = await Promise.all(asked.map(async (response) => (await response).text()));
    await untilAnswered(load, "slow");
    await app.aws.ecs.stopServiceDeployment({ serviceDeploymentArn, stopType: "ROLLBACK" });
    await app.settled("rollout-web");
    return answers;
  });
  expect(new Set(flow.result)).toEqual(new Set(["one\n"]));
  expectNoneLost(flow);
  expect(numbers(await app.answered(flow.samples))).toEqual([serving]);
});
