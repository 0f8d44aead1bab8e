import type { Diagnosis, ReleaseOutcome } from "@fardel/core";
import { expect, test } from "vitest";
import { outcomeScreen } from "./outcome-screen.ts";
import { styleOf } from "./style.ts";

const style = { ...styleOf({}, { NO_COLOR: "1" }), width: 80 };

const crash: Diagnosis = {
  workload: "web",
  revision: "shop-local-web:4",
  verdict: "Its container ends with exit code 1 right after the start.",
  fix: "Mend what the log says, and deploy again.",
  failedTasks: 3,
  task: {
    arn: "arn:aws:ecs:eu-west-1:000000000000:task/local/5f0c7c4e2a",
    id: "7c4e2a11",
    lastStatus: "STOPPED",
    stopCode: "EssentialContainerExited",
    stoppedReason: "Essential container in task exited",
    containers: [{ name: "web", exitCode: 1, healthStatus: "UNKNOWN" }],
  },
  deploymentReason: "ECS deployment circuit breaker: tasks failed to start.",
  events: [],
  logLines: ["Error: no such file", "    at server.js:3"],
};

const outcome: ReleaseOutcome = {
  release: 4,
  outcome: "rolled back",
  serving: 3,
  services: { web: { change: "updated", result: "rolled back" } },
  failure: "Service web was not stable.",
  diagnoses: [crash],
  durationMs: 9_000,
};

test("a release that was rolled back", () => {
  expect(outcomeScreen(outcome, style)).toMatchInlineSnapshot(`
    "✗ Release 4 was rolled back: service web was not stable.

      web  shop-local-web:4
      Its container ends with exit code 1 right after the start.

        task           7c4e2a11, STOPPED (3 tasks have failed)
        stopCode       EssentialContainerExited
        stoppedReason  Essential container in task exited
        container      web: exit code 1
        deployment     ECS deployment circuit breaker: tasks failed to start.

        its last log lines:
          Error: no such file
              at server.js:3

      → Mend what the log says, and deploy again.

      Release 3 serves."
  `);
});

test("lines of a container that isn't the service's own are told as such", () => {
  const screen = outcomeScreen({ ...outcome, diagnoses: [{ ...crash, container: "worker" }] }, style);
  expect(screen).toContain("    the last log lines of worker:\n      Error: no such file\n");
});

test("a target that never became healthy, in a first release", () => {
  const { task: _, deploymentReason: __, ...rest } = crash;
  const unhealthy: Diagnosis = {
    ...rest,
    verdict: "Its health check /healthz is answered with 500.",
    failedTasks: 0,
    targetReason: "Health checks failed with these codes: [500]",
    events: ["(service web) (port 3000) is unhealthy in target-group web due to (reason Health checks failed)"],
    logLines: [],
  };
  const first: ReleaseOutcome = { ...outcome, outcome: "failed", serving: undefined, diagnoses: [unhealthy] };
  expect(outcomeScreen(first, style)).toMatchInlineSnapshot(`
    "✗ Release 4 failed: service web was not stable.

      web  shop-local-web:4
      Its health check /healthz is answered with 500.

        target         Health checks failed with these codes: [500]

        the newest events of its service:
          (service web) (port 3000) is unhealthy in target-group web due to (reason
          Health checks failed)

      → Mend what the log says, and deploy again.

      No release serves."
  `);
});
