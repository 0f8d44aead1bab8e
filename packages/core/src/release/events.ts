import type { CallCounts } from "../aws/calls.ts";
import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import type { ReleaseResult, RolloutResult } from "./outcome.ts";

export type ReleaseEvent =
  /** Something a person should know that is no failure: a lock taken over, an interrupted release found. */
  | { type: "release.notice"; message: string }
  | { type: "release.started"; release: number; environment: string; rollbackTo?: number; redeploys?: number }
  /** A step of the release has ended, whatever came of it. */
  | { type: "release.phase"; phase: string; durationMs: number }
  | { type: "definition.registered"; workload: string; taskDefinition: string }
  | { type: "task.started"; task: string; taskArn: string }
  | { type: "task.log"; task: string; line: string }
  | { type: "task.finished"; task: string; exitCode: number; durationMs: number }
  /** `revision`: the task definition, as family:revision. */
  | { type: "rollout.started"; service: string; revision: string; action: "create" | "update" | "scale" | "return" }
  | {
      type: "rollout.progress";
      service: string;
      desired: number;
      /** Of the new revision. */
      running: number;
      /** As the load balancer finds them; absent where there is none to look at them. */
      healthy?: number;
      pending: number;
      failed: number;
      oldRunning: number;
      /** Lifecycle stage as ECS names it, for a rollout that goes through stages. */
      stage?: string;
      /** Per cent of the production traffic that the new revision gets, where ECS shifts it. */
      productionPercent?: number;
      /** Both revisions stay until then: ISO 8601. */
      bakesUntil?: string;
      message?: string;
    }
  /** A rollout has come to its gate, and waits. */
  | {
      type: "rollout.waiting";
      environment: string;
      service: string;
      /** What it waits for: a person, or its check. */
      waitsFor: "approval" | "check";
      /** Where the new revision answers; absent for a rolling update, of which no task runs yet, and without a route. */
      testUrl?: string;
      /** Until when it waits, ISO 8601, and what happens then. */
      until?: string;
      otherwise: "roll-back" | "continue";
    }
  /** `failure` says why the check of a new revision didn't pass; for a rolling update it comes when that has finished. */
  | { type: "rollout.checked"; service: string; failure?: string }
  | { type: "rollout.finished"; service: string; outcome: RolloutResult; durationMs: number }
  /** A rolling update has finished, and is watched until then, ISO 8601. With other strategies that is a stage of the rollout. */
  | { type: "rollout.baking"; service: string; until: string }
  | { type: "rollout.baked"; service: string; outcome: RolloutResult; durationMs: number }
  | { type: "service.unchanged"; service: string }
  | { type: "service.removed"; service: string }
  | { type: "rule.changed"; service: string; action: "create" | "update" | "delete"; conditions: string }
  /** `min` and `max` where the bounds were set. */
  | { type: "scaling.changed"; service: string; action: "create" | "update" | "delete"; min?: number; max?: number }
  /** `schedule`: such as `0 3 * * * (Europe/Berlin)`; absent for a deleted one. */
  | { type: "schedule.changed"; task: string; action: "create" | "update" | "delete"; schedule?: string }
  | { type: "release.diagnosis"; diagnosis: Diagnosis }
  /** What the command has asked of AWS until its release ended, repetitions included. */
  | { type: "release.calls"; total: number; calls: CallCounts }
  | { type: "release.finished"; release: number; outcome: ReleaseResult; durationMs: number };
