import type { TargetHealthReasonEnum } from "@aws-sdk/client-elastic-load-balancing-v2";
import { codeMatcher } from "./matcher.ts";

/** A target group's health check settings. Times in milliseconds. */
export interface HealthCheckSettings {
  path: string;
  /** Undefined: the port that the target gets its requests on (`traffic-port`). */
  port: number | undefined;
  interval: number;
  timeout: number;
  healthyThreshold: number;
  unhealthyThreshold: number;
  /** `200-299,301` */
  successCodes: string;
}

/** How one check went. */
export type CheckResult = { status: number } | "timeout" | "error";

/** What health checks say of a target, and the run of equal results that leads to the next change. */
export interface TargetHealth {
  state: "initial" | "healthy" | "unhealthy";
  reason?: TargetHealthReasonEnum;
  description?: string;
  passes: number;
  failures: number;
}

export const registrationInProgress: TargetHealth = {
  state: "initial",
  reason: "Elb.RegistrationInProgress",
  description: "Target registration is in progress",
  passes: 0,
  failures: 0,
};

/**
 * The health after one more check. "Your target is not in service until it passes one health check": a new target
 * needs one pass, whatever the healthy threshold, which is for coming back from unhealthy.
 */
export function afterCheck(health: TargetHealth, result: CheckResult, settings: HealthCheckSettings): TargetHealth {
  const failure = failureOf(result, settings);
  if (failure === undefined) {
    const passes = health.passes + 1;
    const isHealthy = health.state !== "unhealthy" || passes >= settings.healthyThreshold;
    return isHealthy ? { state: "healthy", passes, failures: 0 } : { ...health, passes, failures: 0 };
  }
  const failures = health.failures + 1;
  if (health.state === "unhealthy" || failures >= settings.unhealthyThreshold)
    return { state: "unhealthy", ...failure, passes: 0, failures };
  if (health.state === "healthy") return { state: "healthy", passes: 0, failures };
  return {
    state: "initial",
    reason: "Elb.InitialHealthChecking",
    description: "Initial health checks in progress",
    passes: 0,
    failures,
  };
}

/** ELB's reason and description of a failed check; undefined for a passed one. */
function failureOf(
  result: CheckResult,
  settings: HealthCheckSettings,
): { reason: TargetHealthReasonEnum; description: string } | undefined {
  if (result === "timeout") return { reason: "Target.Timeout", description: "Request timed out" };
  if (result === "error") return { reason: "Target.FailedHealthChecks", description: "Health checks failed" };
  if (codeMatcher(settings.successCodes)?.(result.status)) return undefined;
  return {
    reason: "Target.ResponseCodeMismatch",
    description: `Health checks failed with these codes: [${result.status}]`,
  };
}
