import { expect, test } from "vitest";
import type { Carried } from "../carry-out.ts";
import type { Changes, ServiceChange } from "../changes.ts";
import type { ReleaseResult, RolloutResult } from "../outcome.ts";
import { serviceOutcomes } from "./service-outcomes.ts";
import { rolloutOf } from "./watch.fixture.ts";

const change = (name: string): ServiceChange =>
  ({ name, action: "update", current: { definition: { taskDefinitionArn: `${name}:1` } } }) as ServiceChange;

/** A release of web and worker, each of which goes from its revision 1 to 2. */
function outcomes(result: ReleaseResult, results: Record<string, RolloutResult>, wentBack = result === "rolled back") {
  const ended = Object.entries(results).map(([service, result]) => ({
    rollout: rolloutOf(service),
    result,
    reason: undefined,
    targetReason: undefined,
    stopped: false,
    durationMs: 1000,
  }));
  const changes: Changes = {
    services: [change("web"), change("worker")],
    tasks: [],
    rules: [],
    removed: [],
    scaling: [],
    schedules: [],
  };
  const carried: Carried = {
    result,
    definitions: new Map(["web", "worker"].map((name) => [name, { taskDefinition: `${name}:2`, image: "" }])),
    rollouts: { ended, serving: result === "succeeded" },
    wentBack,
    failure: undefined,
    diagnoses: [],
  };
  return serviceOutcomes(changes, carried);
}

test("a release that succeeded leaves each with its new definition", () => {
  expect(outcomes("succeeded", { web: "serving", worker: "serving" })).toMatchObject({
    web: { change: "updated", result: "serving", taskDefinition: "web:2", durationMs: 1000 },
    worker: { result: "serving", taskDefinition: "worker:2" },
  });
});

test("what served already is rolled back with the rest", () => {
  expect(outcomes("rolled back", { web: "serving", worker: "rolled back" })).toMatchObject({
    web: { result: "rolled back", taskDefinition: "web:1" },
    worker: { result: "rolled back", taskDefinition: "worker:1" },
  });
});

test("nothing is brought back where somebody else has taken over, and what they run isn't this release's to say", () => {
  expect(outcomes("superseded", { web: "superseded", worker: "serving" })).toEqual({
    web: { change: "updated", result: "superseded", durationMs: 1000 },
    worker: { change: "updated", result: "serving", taskDefinition: "worker:2", durationMs: 1000 },
  });
});

test("what served goes back when one of the others failed, though somebody else has taken over a third", () => {
  expect(outcomes("superseded", { web: "superseded", worker: "serving" }, true)).toEqual({
    web: { change: "updated", result: "superseded", durationMs: 1000 },
    worker: { change: "updated", result: "rolled back", taskDefinition: "worker:1", durationMs: 1000 },
  });
});

test("a release whose after-task failed leaves each with its new definition", () => {
  expect(outcomes("unfinished", { web: "serving" })).toMatchObject({
    web: { result: "serving", taskDefinition: "web:2" },
    worker: { taskDefinition: "worker:2" },
  });
});

test("one whose turn never came is left as it was", () => {
  expect(outcomes("superseded", { web: "superseded" }).worker).toEqual({
    change: "updated",
    taskDefinition: "worker:1",
  });
});
