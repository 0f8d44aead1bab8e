export type ReleaseEvent =
  | { type: "release.started"; release: number; environment: string }
  | { type: "task.started"; task: string; taskArn: string }
  | { type: "task.log"; task: string; line: string }
  | { type: "task.finished"; task: string; exitCode: number; durationMs: number }
  | { type: "rollout.started"; service: string; revision: string }
  | {
      type: "rollout.progress";
      service: string;
      desired: number;
      running: number;
      healthy: number;
      pending: number;
      failed: number;
      oldRunning: number;
      message?: string;
    }
  | { type: "rollout.finished"; service: string; outcome: "serving" | "rolled back" | "failed"; durationMs: number }
  | { type: "release.finished"; release: number; outcome: string; durationMs: number };
