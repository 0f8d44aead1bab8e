import type { TaskStopCode } from "@aws-sdk/client-ecs";
import type { TaskSpec, TaskState } from "./task.ts";

/** Why a task is asked to stop, as DescribeTasks will show it. */
export interface StopRequest {
  stopCode: TaskStopCode;
  reason: string;
}

/**
 * Lives the lives of tasks: from a TaskSpec to STOPPED, by itself. Who decides what runs calls `start` and `stop`
 * and keeps what is reported; nothing here throws for what goes wrong in a task, it is reported as the task's state.
 */
export interface TaskRunner {
  /**
   * Begins a task; the first report (PROVISIONING) comes before `start` returns, all others later. The task is
   * recorded in the store at once, so called inside a store transaction it is kept or dropped with the caller's own
   * record. A task ARN that is known already is left alone.
   */
  start(spec: TaskSpec): void;
  /** Asks a task to stop; the first reason stays. Unknown or stopped tasks are left alone. */
  stop(taskArn: string, request: StopRequest): void;
  /**
   * To be called once, after a restart of drydock and before anything else: takes up every recorded task whose processes
   * still live, reports the others as STOPPED, and says which tasks it took up.
   */
  adopt(): string[];
  /** Stops every task (TerminationNotice) and waits until the last process is gone and the last report is made. */
  close(): Promise<void>;
}

/** Called with the whole state at every change, in order; never inside a store transaction of the runner's. */
export type ReportTask = (state: TaskState) => void;
