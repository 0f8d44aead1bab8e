import type {
  DeploymentRolloutState,
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
  | { type: "event"; message: string };
