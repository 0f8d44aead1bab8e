import type { DeploymentConfiguration, ThresholdConfiguration } from "@aws-sdk/client-ecs";
import { defaultThreshold } from "../../../runtime/scheduler/circuit-breaker.ts";
import type { ServiceState } from "../../../runtime/scheduler/state.ts";
import { invalidParameter } from "../errors.ts";
import type { ServiceSettings } from "../records.ts";
import { checkStrategyRequest, completeStrategy, deploymentPlan } from "./deployment-strategy.ts";

type SchedulerSettings = Pick<
  ServiceState,
  | "minimumHealthyPercent"
  | "maximumPercent"
  | "healthCheckGracePeriod"
  | "zoneRebalancing"
  | "circuitBreaker"
  | "earlySuccess"
  | "plan"
>;

/** As ECS completes it: what a request leaves out stays as it was, and at first has ECS's defaults. */
export function completeConfiguration(
  requested: DeploymentConfiguration = {},
  before: DeploymentConfiguration = {},
): DeploymentConfiguration {
  checkStrategyRequest(requested, before);
  const configuration: DeploymentConfiguration = {
    deploymentCircuitBreaker: { enable: false, rollback: false },
    maximumPercent: 200,
    minimumHealthyPercent: 100,
    alarms: { alarmNames: [], rollback: false, enable: false },
    strategy: "ROLLING",
    bakeTimeInMinutes: 0,
    ...before,
    ...Object.fromEntries(Object.entries(requested).filter(([, value]) => value !== undefined)),
  };
  checkPercentages(configuration);
  checkEarlySuccess(configuration);
  checkThreshold(configuration.deploymentCircuitBreaker?.thresholdConfiguration);
  return completeStrategy(configuration);
}

/** A service's settings in the scheduler's terms. */
export function schedulerSettings(settings: ServiceSettings): SchedulerSettings {
  const { deploymentConfiguration: configuration } = settings;
  const { deploymentCircuitBreaker: breaker, earlySuccessCriteria: early } = configuration;
  const { type, value } = { ...defaultThreshold, ...breaker?.thresholdConfiguration };
  return {
    minimumHealthyPercent: configuration.minimumHealthyPercent ?? 100,
    maximumPercent: configuration.maximumPercent ?? 200,
    healthCheckGracePeriod: settings.healthCheckGracePeriodSeconds * 1000,
    zoneRebalancing: settings.availabilityZoneRebalancing === "ENABLED",
    circuitBreaker: {
      enable: breaker?.enable ?? false,
      rollback: breaker?.rollback ?? false,
      resetOnHealthyTask: breaker?.resetOnHealthyTask ?? true,
      threshold: { type: type ?? defaultThreshold.type, value: value ?? defaultThreshold.value },
    },
    earlySuccess: early?.enable
      ? { healthyPercent: early.healthyPercent ?? 100, cleanup: early.sourceServiceRevisionCleanup ?? "BLOCKING" }
      : undefined,
    plan: deploymentPlan(configuration),
  };
}

function checkPercentages({ minimumHealthyPercent = 100, maximumPercent = 200 }: DeploymentConfiguration): void {
  if (minimumHealthyPercent < 0 || minimumHealthyPercent > 100) {
    throw invalidParameter("minimumHealthyPercent must be between 0 and 100 percent for a REPLICA service.");
  }
  if (maximumPercent < 100)
    throw invalidParameter("maximumPercent must be at least 100 percent for a REPLICA service.");
  if (minimumHealthyPercent === 100 && maximumPercent === 100) {
    throw invalidParameter(
      "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
    );
  }
}

/** "You must also specify healthyPercent and sourceServiceRevisionCleanup" (DeploymentEarlySuccessCriteria). */
function checkEarlySuccess(configuration: DeploymentConfiguration): void {
  const { earlySuccessCriteria, minimumHealthyPercent = 100, strategy } = configuration;
  if (!earlySuccessCriteria?.enable) return;
  if (strategy !== "ROLLING") {
    throw invalidParameter("earlySuccessCriteria is only valid when the deployment strategy is ROLLING.");
  }
  const { healthyPercent, sourceServiceRevisionCleanup } = earlySuccessCriteria;
  if (healthyPercent === undefined || sourceServiceRevisionCleanup === undefined) {
    throw invalidParameter(
      "healthyPercent and sourceServiceRevisionCleanup must be specified when earlySuccessCriteria is enabled.",
    );
  }
  if (healthyPercent < minimumHealthyPercent || healthyPercent > 100) {
    throw invalidParameter(
      "healthyPercent of earlySuccessCriteria must be at least minimumHealthyPercent and at most 100.",
    );
  }
}

function checkThreshold(threshold: ThresholdConfiguration | undefined): void {
  if (threshold && (threshold.value === undefined || threshold.value < 1)) {
    throw invalidParameter("The value of the deployment circuit breaker's threshold must be at least 1.");
  }
}
