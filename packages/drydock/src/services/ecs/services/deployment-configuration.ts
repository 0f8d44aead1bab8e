import type { DeploymentConfiguration } from "@aws-sdk/client-ecs";
import { defaultThreshold } from "../../../runtime/scheduler/circuit-breaker.ts";
import type { ServiceState } from "../../../runtime/scheduler/state.ts";
import { invalidParameter, unsupported } from "../errors.ts";

/** As ECS completes it: what a request leaves out stays as it was, and at first has ECS's defaults. */
export function completeConfiguration(
  requested: DeploymentConfiguration = {},
  before: DeploymentConfiguration = {},
): DeploymentConfiguration {
  refuseWhatIsNotBuilt(requested);
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
  return configuration;
}

/** The same in the scheduler's terms. */
export function schedulerSettings(
  configuration: DeploymentConfiguration,
): Pick<ServiceState, "minimumHealthyPercent" | "maximumPercent" | "circuitBreaker"> {
  const breaker = configuration.deploymentCircuitBreaker;
  const { type, value } = { ...defaultThreshold, ...breaker?.thresholdConfiguration };
  return {
    minimumHealthyPercent: configuration.minimumHealthyPercent ?? 100,
    maximumPercent: configuration.maximumPercent ?? 200,
    circuitBreaker: {
      enable: breaker?.enable ?? false,
      rollback: breaker?.rollback ?? false,
      resetOnHealthyTask: breaker?.resetOnHealthyTask ?? true,
      threshold: { type: type ?? defaultThreshold.type, value: value ?? defaultThreshold.value },
    },
  };
}

function refuseWhatIsNotBuilt(requested: DeploymentConfiguration): void {
  const asked = [
    requested.strategy !== undefined && requested.strategy !== "ROLLING" && `strategy ${requested.strategy}`,
    requested.alarms?.enable && "alarms",
    requested.lifecycleHooks?.length && "lifecycleHooks",
    requested.bakeTimeInMinutes && "bakeTimeInMinutes",
    requested.linearConfiguration && "linearConfiguration",
    requested.canaryConfiguration && "canaryConfiguration",
    requested.earlySuccessCriteria?.enable && "earlySuccessCriteria",
  ].find(Boolean);
  if (asked) {
    throw unsupported(
      `drydock doesn't build ${asked} of a deploymentConfiguration yet: use strategy ROLLING without it.`,
    );
  }
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
