/** Why a rollout or a task failed, as far as AWS and the task's own output tell. Values of secrets are left out. */
export interface Diagnosis {
  /** Service or task. */
  workload: string;
  /** Task definition, as family:revision. */
  revision: string;
  /** Why, in one plain sentence. */
  verdict: string;
  /** What to do about it. */
  fix: string;
  /** The task the rest is about: the latest that failed. */
  task?: FailedTask;
  /** How many tasks of this revision have failed. */
  failedTasks: number;
  /** What the load balancer said about a task's target, while it lasted. */
  targetReason?: string;
  /** Why ECS gave the rollout up. */
  deploymentReason?: string;
  /** The newest events of the service since the rollout began, newest first. */
  events: string[];
  /** Where it isn't the workload's own: the container that verdict and lines are about. */
  container?: string;
  /** The last lines that it wrote, at most 20, oldest first. */
  logLines: string[];
}

export interface FailedTask {
  arn: string;
  /** The last eight characters of the ARN: enough to find it again. */
  id: string;
  lastStatus: string;
  /** Such as EssentialContainerExited. */
  stopCode?: string;
  stoppedReason?: string;
  containers: { name: string; exitCode?: number; reason?: string; healthStatus?: string }[];
}
