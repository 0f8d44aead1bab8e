import { expect, test } from "vitest";
import type { Gate } from "./gates.ts";
import { rolloutOf, runWith, type Script, scriptedEcs } from "./watch.fixture.ts";
import { watchRollouts } from "./watch.ts";

const ours = (service: string, statuses: Script["statuses"], more: Partial<Script> = {}): Script => ({
  service,
  id: "ours",
  taskDefinition: `${service}:2`,
  statuses,
  ...more,
});
const before = (service: string): Script => ({
  service,
  id: "before",
  taskDefinition: `${service}:2`,
  statuses: ["SUCCESSFUL"],
});

async function watch(scripts: Script[], rollouts = [rolloutOf("web")]) {
  const { aws, stopped } = scriptedEcs(scripts);
  const { run, events } = runWith(aws);
  const ended = await watchRollouts(run, rollouts);
  const results = Object.fromEntries(ended.map(({ rollout, result }) => [rollout.service, result]));
  return { ended, results, stopped, events };
}

test("serves when its own service deployment has succeeded, not when an earlier one of the same definition has", async () => {
  const { results, ended } = await watch([
    ours("web", ["PENDING", "IN_PROGRESS", "IN_PROGRESS", "SUCCESSFUL"], { hidden: 3 }),
    before("web"),
  ]);
  expect(results).toEqual({ web: "serving" });
  expect(ended[0]?.durationMs).toBeGreaterThan(0);
});

test("is rolled back when ECS goes back to the revision before, though the service is stable then", async () => {
  const { ended } = await watch([
    ours("web", ["IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"], { reason: "circuit breaker" }),
  ]);
  expect(ended).toMatchObject([{ result: "rolled back", reason: "circuit breaker", stopped: false }]);
});

test("failed when ECS had nowhere to go back to", async () => {
  expect((await watch([ours("web", ["ROLLBACK_FAILED"])])).results).toEqual({ web: "failed" });
  const gaveUp = ours("web", ["IN_PROGRESS"], {
    deployments: [
      {
        id: "ecs-svc/web",
        status: "PRIMARY",
        rolloutState: "FAILED",
        rolloutStateReason: "ECS deployment circuit breaker: tasks failed to start.",
      },
    ],
  });
  expect((await watch([gaveUp])).ended).toMatchObject([
    { result: "failed", reason: "ECS deployment circuit breaker: tasks failed to start." },
  ]);
});

test("is superseded, and not rolled back, when somebody else's newer deployment has stopped it", async () => {
  const theirs: Script = {
    service: "web",
    id: "theirs",
    taskDefinition: "web:3",
    statuses: ["IN_PROGRESS"],
    hidden: 1,
  };
  const { results, stopped } = await watch(
    [theirs, ours("web", ["IN_PROGRESS", "STOPPED"]), ours("worker", ["IN_PROGRESS", "IN_PROGRESS", "SUCCESSFUL"])],
    [rolloutOf("web"), rolloutOf("worker")],
  );
  expect(results).toEqual({ web: "superseded", worker: "serving" });
  expect(stopped).toEqual([]);
});

test("stopped with no newer deployment is failed", async () => {
  expect((await watch([ours("web", ["STOPPED"]), before("web")])).results).toEqual({ web: "failed" });
});

test("as soon as one fails, the others of its wave are sent back", async () => {
  const { ended, stopped } = await watch(
    [ours("web", ["IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"]), ours("worker", ["IN_PROGRESS"])],
    [rolloutOf("web"), rolloutOf("worker")],
  );
  expect(stopped).toEqual(["arn:aws:ecs:eu-west-1:123456789012:service-deployment/prod/worker/ours"]);
  expect(ended).toMatchObject([
    { rollout: { service: "web" }, result: "rolled back", stopped: false },
    { rollout: { service: "worker" }, result: "rolled back", stopped: true },
  ]);
});

test("one that came to its end just before it was to be stopped serves", async () => {
  const { results } = await watch(
    [ours("web", ["ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"]), ours("worker", ["IN_PROGRESS", "SUCCESSFUL"])],
    [rolloutOf("web"), rolloutOf("worker")],
  );
  expect(results).toEqual({ web: "rolled back", worker: "serving" });
});

test("a new service isn't stopped by ECS, which has nothing to go back to, but left to be removed", async () => {
  const { ended, stopped } = await watch(
    [ours("web", ["ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"]), ours("worker", ["IN_PROGRESS"])],
    [rolloutOf("web"), rolloutOf("worker", { created: true })],
  );
  expect(stopped).toEqual([]);
  expect(ended).toMatchObject([{}, { rollout: { service: "worker" }, result: "rolled back", stopped: true }]);
});

test("a change of the number of tasks alone is over when they run", async () => {
  expect((await watch([], [rolloutOf("web", { deploys: false })])).results).toEqual({ web: "serving" });
});

test("another count than the one asked for is an old answer at first, and somebody else's later", async () => {
  const durationOf = async (desiredCount: number) => {
    const { ended } = await watch([], [rolloutOf("web", { deploys: false, desiredCount })]);
    return ended[0]?.result === "serving" ? ended[0].durationMs : Number.NaN;
  };
  expect(await durationOf(2)).toBeLessThan(15_000);
  expect(await durationOf(5)).toBeGreaterThanOrEqual(15_000);
});

test("progress is told when it changes, and not at every look", async () => {
  const deployments = [
    { id: "ecs-svc/web", status: "PRIMARY", desiredCount: 2, runningCount: 1, pendingCount: 1, failedTasks: 0 },
    { id: "ecs-svc/old", status: "ACTIVE", desiredCount: 2, runningCount: 2, pendingCount: 0, failedTasks: 0 },
  ];
  const { events } = await watch([
    ours("web", ["IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "SUCCESSFUL"], { deployments }),
  ]);
  expect(events.filter(({ type }) => type === "rollout.progress")).toEqual([
    {
      type: "rollout.progress",
      service: "web",
      desired: 2,
      running: 1,
      pending: 1,
      failed: 0,
      oldRunning: 2,
    },
  ]);
});

async function watchGate(gate: Gate, leave?: AbortSignal) {
  const { aws, answers } = scriptedEcs([ours("web", ["IN_PROGRESS"], { hook: "hook-1" })]);
  const { run, events } = runWith(aws);
  const [ended] = await watchRollouts({ ...run, ...(leave && { leave }) }, [rolloutOf("web", { gate })]);
  return { ended, answers, waits: events.flatMap((event) => (event.type === "rollout.waiting" ? event.waitsFor : [])) };
}

test("a check that passes approves, and one that fails rejects and says why", async () => {
  const check = (failure?: string) => ({ approve: false, testUrl: "http://test", check: async () => failure });
  expect(await watchGate(check())).toMatchObject({
    ended: { result: "serving" },
    answers: ["CONTINUE hook-1"],
    waits: ["check"],
  });
  expect(await watchGate(check("it answers 404"))).toMatchObject({
    ended: { result: "rolled back", reason: "Its check failed: it answers 404." },
    answers: ["ROLLBACK hook-1"],
  });
});

test("that a person is waited for is told before anybody reads it, and also when it is over", async () => {
  const script = ours("web", ["IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "IN_PROGRESS", "SUCCESSFUL"], {
    hook: "hook-1",
  });
  const { aws } = scriptedEcs([script]);
  const { run, events } = runWith(aws);
  const told: string[] = [];
  const atGate = async (service: string, waits: boolean) => {
    const isRead = events.some(({ type }) => type === "rollout.waiting");
    told.push(`${service} ${waits ? "waits" : "goes on"}, ${isRead ? "read" : "unread"}`);
    // Somebody approves.
    delete script.hook;
  };
  const gate = { approve: true, testUrl: "http://test" };
  const [ended] = await watchRollouts({ ...run, atGate }, [rolloutOf("web", { gate })]);
  expect(ended).toMatchObject({ result: "serving" });
  expect(told).toEqual(["web waits, unread", "web goes on, read"]);
});

test("a person's gate is answered by nobody here: where nobody is to wait, the rollout is left waiting", async () => {
  const left = await watchGate({ approve: true, testUrl: "http://test" }, AbortSignal.abort());
  expect(left).toMatchObject({ ended: { result: "waiting" }, answers: [], waits: ["approval"] });
  const checked = { approve: true, testUrl: "http://test", check: async () => undefined };
  expect(await watchGate(checked, AbortSignal.abort())).toMatchObject({
    ended: { result: "waiting" },
    answers: [],
    waits: ["check", "approval"],
  });
});
