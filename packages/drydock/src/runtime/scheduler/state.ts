import type {
  DeploymentLifecycleHookAction,
  DeploymentLifecycleHookStage,
  DeploymentLifecycleHookStatus,
  DeploymentRolloutState,
  DeploymentStrategy,
  ServiceDeploymentLifecycleStage,
  ServiceDeploymentRollbackMonitorsStatus,
  ServiceDeploymentStatus,
  ServiceRevisionCleanup,
  TaskStopCode,
  ThresholdType,
} from "@aws-sdk/client-ecs";

/**
 * What the scheduler knows of one service: a plain value, kept in the store between two looks. Times are milliseconds
 * since the epoch, durations milliseconds.
 */
export interface ServiceState {
  name: string;
  desiredCount: number;
  minimumHealthyPercent: number;
  maximumPercent: number;
  /** How long after its start a task's failing health checks are overlooked. */
  healthCheckGracePeriod: number;
  circuitBreaker: CircuitBreaker;
  /** When a deployment counts as successful, where that is before it is steady. */
  earlySuccess: EarlySuccess | undefined;
  /** How deployments go from now on; one under way keeps the plan it began with. */
  plan: DeploymentPlan;
  /** Where the listener rules send requests; absent until a deployment has shifted any. */
  traffic?: Traffic;
  /** Of the alarms that the plan names, those in state ALARM at present. */
  alarmsRaised?: string[];
  /** availabilityZoneRebalancing is ENABLED. */
  zoneRebalancing: boolean;
  /** The service is being deleted: its tasks stop, its deployments don't change any more. */
  draining: boolean;
  /** Newest first; the first is the PRIMARY one. One without tasks leaves the list. */
  deployments: Deployment[];
  /** The deployment a failing one returns to, whether it is still listed or not. */
  lastCompleted?: string;
  /** How the newest deployment went: what the API calls a service deployment. */
  rollout: Rollout;
  /** By deployment, also the last completed one: the Availability Zones in which its tasks can be placed at present. */
  zones: Record<string, string[]>;
  /** Conditions that last, and when the service last said so. */
  said: Partial<Record<Condition, number>>;
  /** So many tasks more than desired have been started in other zones, to take the place of as many of a crowded one. */
  rebalancing?: number;
  tasks: ServiceTask[];
}

/** What a service says once when it begins, and again every six hours while it lasts. */
export type Condition = "steady" | "stuck" | "throttled" | "unplaceable" | "unbalanced";

export interface EarlySuccess {
  /** Of desiredCount: so many tasks have to be healthy. */
  healthyPercent: number;
  /** BLOCKING: the replaced tasks have to be gone, too. */
  cleanup: ServiceRevisionCleanup;
}

/** How a deployment gets from one revision to the next. */
export interface DeploymentPlan {
  strategy: DeploymentStrategy;
  /** The new revision's share of production traffic, step by step up to 100, and how long each but the last one bakes. */
  steps: { percent: number; bake: number }[];
  /** How long both revisions run on after the last step. */
  bakeTime: number;
  hooks: PauseHook[];
  alarms?: { names: string[]; rollback: boolean };
}

export interface PauseHook {
  stages: DeploymentLifecycleHookStage[];
  timeout: number;
  timeoutAction: DeploymentLifecycleHookAction;
}

/** What the production and the test listener rules are to say; without a rule nothing comes of it. */
export interface Traffic {
  production: Route;
  test: Route;
}

export interface Route {
  /** Percent by deployment; empty while ECS has left the rule as it was made. */
  weights: Record<string, number>;
  /** The load balancer has it. */
  applied: boolean;
}

/** PRE_PRODUCTION_TRAFFIC_SHIFT is documented as a stage of a service deployment; the SDK's type has it for hooks only. */
export type Stage = ServiceDeploymentLifecycleStage | DeploymentLifecycleHookStage;

/** How far a deployment that goes by stages has come. */
export interface Lifecycle {
  stage: Stage;
  since: number;
  /** Index into the plan's steps. */
  step: number;
  /** The step's traffic has arrived and bakes until then. */
  bakesUntil?: number;
  hooks: HookRun[];
}

/** A pause of a deployment, waiting or over. */
export interface HookRun {
  id: string;
  stage: Stage;
  step: number;
  status: DeploymentLifecycleHookStatus;
  expiresAt: number;
  timeoutAction: DeploymentLifecycleHookAction;
}

export interface CircuitBreaker {
  enable: boolean;
  rollback: boolean;
  /** A task that becomes healthy takes the failures counted so far away. */
  resetOnHealthyTask: boolean;
  threshold: { type: ThresholdType; value: number };
}

export interface Deployment {
  /** `ecs-svc/<digits>`. */
  id: string;
  /** Of a replaced deployment: how many of its tasks are still wanted. The first deployment's is the service's. */
  desiredCount: number;
  rolloutState: DeploymentRolloutState;
  rolloutStateReason: string;
  /** Tasks that failed in a row while the deployment was under way. */
  failedTasks: number;
  throttle: Throttle;
  pace: Throttle;
  createdAt: number;
  updatedAt: number;
}

/** Waits of a deployment whose tasks don't reach RUNNING (`throttle`), or exit soon after (`pace`). */
export interface Throttle {
  /** Batches of starts that failed in a row. */
  failures: number;
  /** When the newest task counted into `failures` was noticed; tasks made before belong to the same batch. */
  lastFailureAt: number;
  /** No start before; 0 while starts needn't wait. */
  until: number;
}

export interface Rollout {
  deployment: string;
  /** The deployments whose tasks ran when this one began. */
  sources: string[];
  status: ServiceDeploymentStatus;
  statusReason?: string;
  circuitBreaker: { status: ServiceDeploymentRollbackMonitorsStatus; failureCount: number };
  plan: DeploymentPlan;
  /** The one of `sources` that serves until this deployment does: at full scale, and what a rollback returns to. */
  source?: string;
  /** Absent where it goes without stages: ROLLING without hooks. */
  lifecycle?: Lifecycle;
  /** `ignored`: in ALARM already when it began. */
  alarms: { status: ServiceDeploymentRollbackMonitorsStatus; ignored: string[]; triggered: string[] };
  rollback?: { deployment: string; reason: string; startedAt: number };
  createdAt: number;
  startedAt?: number;
  updatedAt: number;
  finishedAt?: number;
  stoppedAt?: number;
}

export interface ServiceTask {
  id: string;
  /** Its deployment's id. */
  deployment: string;
  zone: string;
  phase: "starting" | "running" | "stopping" | "stopped";
  createdAt: number;
  /** When it reached RUNNING. */
  runningSince?: number;
  stopCode?: TaskStopCode;
  /** Of its essential containers' health checks together; `none` where none of them has one. */
  containerHealth: "none" | "unknown" | "healthy" | "unhealthy";
  /** One per target group of its revision. */
  targets: Target[];
  /** Set by the scheduler once it wants the task gone: first its targets drain, then it is signalled. */
  retirement?: Retirement;
  /** It has been healthy at least once. */
  wasHealthy: boolean;
  /** Its end has been looked at. */
  settled: boolean;
}

export interface Retirement {
  reason: string;
  signalled: boolean;
  /** It makes way for a task in a zone with fewer of them. */
  rebalancing?: boolean;
}

export interface Target {
  targetGroupArn: string;
  port: number;
  /** As DescribeTargetHealth says; `unused` also when the target isn't registered. */
  state: "unused" | "initial" | "healthy" | "unhealthy" | "draining";
  /** Why it isn't healthy: "Health checks failed with these codes: [500]". */
  description?: string;
}

/** What is to be done in the world; the changes of the state itself come as the new state. */
export type Action =
  | { type: "startTasks"; deployment: string; count: number; rebalancing?: boolean }
  | { type: "stopTask"; task: string; reason: string; stopCode: "ServiceSchedulerInitiated" }
  | { type: "registerTarget"; task: string; targetGroupArn: string; port: number }
  | { type: "deregisterTarget"; task: string; targetGroupArn: string; port: number }
  | { type: "shiftTraffic"; rule: keyof Traffic; weights: Record<string, number> }
  | { type: "event"; message: string };
