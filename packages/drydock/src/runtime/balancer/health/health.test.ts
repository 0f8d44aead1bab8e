import { expect, test } from "vitest";
import {
  afterCheck,
  type CheckResult,
  type HealthCheckSettings,
  registrationInProgress,
  type TargetHealth,
} from "./health.ts";
import { codeMatcher } from "./matcher.ts";

const settings: HealthCheckSettings = {
  path: "/",
  port: undefined,
  interval: 5000,
  timeout: 2000,
  healthyThreshold: 3,
  unhealthyThreshold: 2,
  successCodes: "200-299,301",
};

function after(results: CheckResult[], health: TargetHealth = registrationInProgress): TargetHealth {
  return results.reduce((before, result) => afterCheck(before, result, settings), health);
}

const ok = { status: 204 };
const bad = { status: 500 };

test("a new target is healthy after one passed check", () => {
  expect(after([ok])).toMatchObject({ state: "healthy" });
  expect(after([bad, ok])).toMatchObject({ state: "healthy" });
  expect(after([ok]).reason).toBeUndefined();
});

test("a new target is unhealthy after as many failures as the unhealthy threshold", () => {
  expect(after([bad])).toMatchObject({ state: "initial", reason: "Elb.InitialHealthChecking" });
  expect(after([bad, bad])).toMatchObject({
    state: "unhealthy",
    reason: "Target.ResponseCodeMismatch",
    description: "Health checks failed with these codes: [500]",
  });
});

test("a healthy target needs failures in a row to become unhealthy", () => {
  expect(after([ok, bad, ok, bad])).toMatchObject({ state: "healthy" });
  expect(after([ok, bad, "timeout"])).toMatchObject({
    state: "unhealthy",
    reason: "Target.Timeout",
    description: "Request timed out",
  });
});

test("an unhealthy target comes back after as many passes in a row as the healthy threshold", () => {
  const unhealthy = after(["error", "error"]);
  expect(unhealthy).toMatchObject({ reason: "Target.FailedHealthChecks", description: "Health checks failed" });
  expect(after([ok, ok], unhealthy)).toMatchObject({ state: "unhealthy", reason: "Target.FailedHealthChecks" });
  expect(after([ok, ok, bad, ok, ok], unhealthy)).toMatchObject({ state: "unhealthy" });
  expect(after([ok, ok, ok], unhealthy)).toMatchObject({ state: "healthy" });
  expect(after([{ status: 404 }], unhealthy)).toMatchObject({
    description: "Health checks failed with these codes: [404]",
  });
});

test("reads success codes", () => {
  const matches = codeMatcher("200-299, 301");
  expect([200, 204, 299, 300, 301, 302].filter((status) => matches?.(status))).toEqual([200, 204, 299, 301]);
  expect(codeMatcher("2xx")).toBeUndefined();
  expect(codeMatcher("")).toBeUndefined();
});
