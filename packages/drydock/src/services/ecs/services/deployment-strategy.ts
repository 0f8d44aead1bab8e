import type { DeploymentConfiguration, DeploymentLifecycleHook } from "@aws-sdk/client-ecs";
import type { DeploymentPlan } from "../../../runtime/scheduler/state.ts";
import { invalidParameter, unsupported } from "../errors.ts";

const minute = 60_000;
const defaultHookTimeout = 1440;

const linearDefaults = { stepPercent: 10, stepBakeTimeInMinutes: 6 };
const canaryDefaults = { canaryPercent: 5, canaryBakeTimeInMinutes: 10 };

/** Checks what a request says of strategy, alarms and hooks; `before` is the configuration it changes. */
export function checkStrategyRequest(requested: DeploymentConfiguration, before: DeploymentConfiguration): void {
  const strategy = requested.strategy ?? before.strategy ?? "ROLLING";
  const { bakeTimeInMinutes: bake, linearConfiguration: linear, canaryConfiguration: canary } = requested;
  // "You must provide this parameter when you use the BLUE_GREEN deployment strategy" (bakeTimeInMinutes).
  if (requested.strategy === "BLUE_GREEN" && before.strategy !== "BLUE_GREEN" && bake === undefined) {
    throw invalidParameter("bakeTimeInMinutes must be specified when the deployment strategy is BLUE_GREEN.");
  }
  if (bake && strategy === "ROLLING") {
    throw invalidParameter("bakeTimeInMinutes is not valid when the deployment strategy is ROLLING.");
  }
  checkMinutes("bakeTimeInMinutes", bake);
  if (linear && strategy !== "LINEAR") {
    throw invalidParameter("linearConfiguration is only valid when the deployment strategy is LINEAR.");
  }
  if (canary && strategy !== "CANARY") {
    throw invalidParameter("canaryConfiguration is only valid when the deployment strategy is CANARY.");
  }
  checkPercent("stepPercent", linear?.stepPercent, 3);
  checkMinutes("stepBakeTimeInMinutes", linear?.stepBakeTimeInMinutes);
  checkPercent("canaryPercent", canary?.canaryPercent, 0.1);
  checkMinutes("canaryBakeTimeInMinutes", canary?.canaryBakeTimeInMinutes);
  if (requested.alarms?.enable && requested.alarms.alarmNames?.length === 0) {
    throw invalidParameter("alarmNames must be specified when deployment alarms are enabled.");
  }
}

/** With the strategy's own configuration, and only with that one. Throws for hooks that wouldn't get their turn. */
export function completeStrategy(configuration: DeploymentConfiguration): DeploymentConfiguration {
  for (const hook of configuration.lifecycleHooks ?? []) checkHook(hook, configuration.strategy === "ROLLING");
  const { linearConfiguration, canaryConfiguration, ...rest } = configuration;
  if (rest.strategy === "ROLLING" && rest.bakeTimeInMinutes) return { ...rest, bakeTimeInMinutes: 0 };
  if (rest.strategy === "LINEAR")
    return { ...rest, linearConfiguration: { ...linearDefaults, ...linearConfiguration } };
  if (rest.strategy === "CANARY")
    return { ...rest, canaryConfiguration: { ...canaryDefaults, ...canaryConfiguration } };
  return rest;
}

/** A completed configuration in the scheduler's terms. */
export function deploymentPlan(configuration: DeploymentConfiguration): DeploymentPlan {
  const { strategy = "ROLLING", bakeTimeInMinutes = 0, lifecycleHooks = [], alarms } = configuration;
  return {
    strategy,
    steps: stepsOf(configuration),
    bakeTime: bakeTimeInMinutes * minute,
    hooks: lifecycleHooks.map(({ lifecycleStages = [], timeoutConfiguration: timeout }) => ({
      stages: lifecycleStages,
      timeout: (timeout?.timeoutInMinutes ?? defaultHookTimeout) * minute,
      timeoutAction: timeout?.action ?? "ROLLBACK",
    })),
    ...(alarms?.enable ? { alarms: { names: alarms.alarmNames ?? [], rollback: alarms.rollback ?? false } } : {}),
  };
}

function stepsOf({
  strategy,
  linearConfiguration,
  canaryConfiguration,
}: DeploymentConfiguration): DeploymentPlan["steps"] {
  const last = { percent: 100, bake: 0 };
  if (strategy === "ROLLING") return [];
  if (strategy === "LINEAR") {
    const { stepPercent = 10, stepBakeTimeInMinutes = 6 } = linearConfiguration ?? {};
    // In tenths of a percent: ten times 3.3 is not 33 where 0.1 is no exact number.
    const tenths = Math.round(stepPercent * 10);
    const steps = Array.from({ length: Math.ceil(1000 / tenths) - 1 }, (_, index) => ({
      percent: ((index + 1) * tenths) / 10,
      bake: stepBakeTimeInMinutes * minute,
    }));
    return [...steps, last];
  }
  if (strategy !== "CANARY") return [last];
  const { canaryPercent = 5, canaryBakeTimeInMinutes = 10 } = canaryConfiguration ?? {};
  return canaryPercent < 100 ? [{ percent: canaryPercent, bake: canaryBakeTimeInMinutes * minute }, last] : [last];
}

/** "Valid values are multiples of 0.1 from … to 100.0." */
function checkPercent(name: string, percent: number | undefined, least: number): void {
  if (percent === undefined) return;
  const isMultiple = Math.abs(percent * 10 - Math.round(percent * 10)) < 1e-6;
  if (percent < least || percent > 100 || !isMultiple) {
    throw invalidParameter(`${name} must be a multiple of 0.1 from ${least.toFixed(1)} to 100.0.`);
  }
}

function checkMinutes(name: string, minutes: number | undefined): void {
  if (minutes !== undefined && !(minutes >= 0 && minutes <= 1440)) {
    throw invalidParameter(`${name} must be between 0 and 1440 minutes.`);
  }
}

function checkHook(hook: DeploymentLifecycleHook, isRolling: boolean): void {
  const { targetType = "AWS_LAMBDA", lifecycleStages = [], timeoutConfiguration } = hook;
  if (targetType !== "PAUSE") {
    throw unsupported(
      `drydock has no Lambda: a lifecycleHook of targetType ${targetType} can't run. Use targetType PAUSE, and answer it ` +
        "with ContinueServiceDeployment.",
    );
  }
  if (hook.hookTargetArn !== undefined) throw invalidParameter("hookTargetArn is not applicable for PAUSE hooks.");
  if (lifecycleStages.length === 0) throw invalidParameter("lifecycleStages must be specified for a lifecycle hook.");
  const shifting = lifecycleStages.find((stage) => /^(TEST|PRODUCTION)_TRAFFIC_SHIFT$/.test(stage));
  if (shifting) throw invalidParameter(`PAUSE hooks cannot be configured at the ${shifting} stage.`);
  const foreign = isRolling && lifecycleStages.find((stage) => stage !== "PRE_SCALE_UP" && stage !== "POST_SCALE_UP");
  if (foreign) {
    throw unsupported(
      `drydock pauses a ROLLING deployment at PRE_SCALE_UP and POST_SCALE_UP only: it has no stage ${foreign}.`,
    );
  }
  const minutes = timeoutConfiguration?.timeoutInMinutes;
  if (minutes !== undefined && minutes < 1) {
    throw invalidParameter("timeoutInMinutes of a lifecycle hook must be at least 1.");
  }
}
