import type {
  DeploymentConfiguration,
  DeploymentLifecycleHook,
  DeploymentLifecycleHookStage,
} from "@aws-sdk/client-ecs";
import type { Rollout } from "../../config/app.ts";

const strategies = {
  rolling: "ROLLING",
  "blue-green": "BLUE_GREEN",
  linear: "LINEAR",
  canary: "CANARY",
} as const;

/**
 * How ECS is to bring a revision. What isn't wanted is said, too: an update leaves as it was what it doesn't name.
 *
 * Rolling: no old task stops before a new one is healthy, and what doesn't become healthy is rolled back by ECS itself, also when
 * nobody watches. The circuit breaker "can only be used for services using the rolling update", so that with the other strategies
 * whoever watches takes its place (`isHopeless`).
 */
export function deploymentConfiguration(rollout: Rollout): DeploymentConfiguration {
  const { strategy, alarms, bakeSeconds, stepPercent, stepSeconds, earlySuccessPercent } = rollout;
  const rolling = strategy === "rolling";
  return {
    strategy: strategies[strategy],
    // "This value must be greater than or equal to the minimumHealthyPercent value" (healthyPercent).
    minimumHealthyPercent: earlySuccessPercent ?? 100,
    maximumPercent: 200,
    deploymentCircuitBreaker: { enable: rolling, rollback: rolling },
    alarms: { alarmNames: alarms, enable: alarms.length > 0, rollback: alarms.length > 0 },
    lifecycleHooks: hooksOf(rollout),
    ...(!rolling && { bakeTimeInMinutes: minutes(bakeSeconds) }),
    ...(strategy === "linear" && {
      linearConfiguration: { stepPercent, stepBakeTimeInMinutes: minutes(stepSeconds) },
    }),
    ...(strategy === "canary" && {
      canaryConfiguration: { canaryPercent: stepPercent, canaryBakeTimeInMinutes: minutes(stepSeconds) },
    }),
    ...(rolling && {
      earlySuccessCriteria:
        earlySuccessPercent === undefined
          ? { enable: false }
          : { enable: true, healthyPercent: earlySuccessPercent, sourceServiceRevisionCleanup: "DEFERRED" },
    }),
  };
}

/** How a service is to roll out anew what it runs already, before it has another strategy: nobody is asked, and nothing is skipped. */
export function plainRolling(rollout: Rollout): DeploymentConfiguration {
  return deploymentConfiguration({
    ...rollout,
    strategy: "rolling",
    approve: "automatic",
    check: undefined,
    earlySuccessPercent: undefined,
  });
}

/** Whether ECS moves the traffic of such a deployment from one revision to the other. */
export function shiftsTraffic({ strategy = "ROLLING" }: DeploymentConfiguration = {}): boolean {
  return strategy !== "ROLLING";
}

/** On the way back nobody is asked, and the traffic is shifted at once: what is brought back has served before. */
export function withoutGates(configuration: DeploymentConfiguration): DeploymentConfiguration {
  const { linearConfiguration: _, canaryConfiguration: __, ...rest } = configuration;
  return { ...rest, lifecycleHooks: [], ...(shiftsTraffic(rest) && { strategy: "BLUE_GREEN", bakeTimeInMinutes: 0 }) };
}

/** ECS counts in minutes: part of one is a whole one. */
export function minutes(seconds: number): number {
  return Math.ceil(seconds / 60);
}

/** Whether a rollout waits for somebody, or for a check, before production traffic. That of a rolling update comes after it. */
export function isGated({ strategy, approve, check }: Rollout): boolean {
  return approve === "manual" || (check !== undefined && strategy !== "rolling");
}

function hooksOf(rollout: Rollout): DeploymentLifecycleHook[] {
  if (!isGated(rollout)) return [];
  return [
    {
      targetType: "PAUSE",
      lifecycleStages: [gateStage(rollout)],
      timeoutConfiguration: {
        timeoutInMinutes: minutes(rollout.gateSeconds),
        action: rollout.onGateTimeout === "continue" ? "CONTINUE" : "ROLLBACK",
      },
    },
  ];
}

/**
 * The last stage without production traffic that a deployment comes to once: PRE_PRODUCTION_TRAFFIC_SHIFT "is invoked before every
 * traffic shift step". New tasks of a rolling update have traffic as soon as they are there.
 */
function gateStage({ strategy }: Rollout): DeploymentLifecycleHookStage {
  return strategy === "rolling" ? "PRE_SCALE_UP" : "POST_TEST_TRAFFIC_SHIFT";
}

/** What makes a difference, with ECS's defaults for what it completes. */
export function comparableConfiguration(configuration: DeploymentConfiguration = {}) {
  const { strategy = "ROLLING", minimumHealthyPercent = 100, maximumPercent = 200 } = configuration;
  const { alarms, lifecycleHooks, linearConfiguration: linear, canaryConfiguration: canary } = configuration;
  const {
    enable: early = false,
    healthyPercent,
    sourceServiceRevisionCleanup,
  } = configuration.earlySuccessCriteria ?? {};
  return {
    strategy,
    minimumHealthyPercent,
    maximumPercent,
    bakeMinutes: strategy === "ROLLING" ? 0 : (configuration.bakeTimeInMinutes ?? 0),
    ...(strategy === "LINEAR" && { step: `${linear?.stepPercent}% every ${linear?.stepBakeTimeInMinutes} min` }),
    ...(strategy === "CANARY" && { step: `${canary?.canaryPercent}% for ${canary?.canaryBakeTimeInMinutes} min` }),
    gates: (lifecycleHooks ?? []).map(
      ({ targetType, lifecycleStages = [], timeoutConfiguration: timeout }) =>
        `${targetType} at ${lifecycleStages.join(", ")}, ${timeout?.action} after ${timeout?.timeoutInMinutes} min`,
    ),
    alarms: alarms?.enable ? [...(alarms.alarmNames ?? [])].sort() : [],
    earlySuccess: early ? `${healthyPercent}% ${sourceServiceRevisionCleanup}` : "none",
  };
}
