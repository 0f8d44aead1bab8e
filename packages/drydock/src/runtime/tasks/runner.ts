import type { Region } from "../../region.ts";
import { addressBookOf } from "../network.ts";
import type { Driver } from "./driver.ts";
import { TaskLife } from "./life.ts";
import { createRecord, isStopped, type StopRequest, taskIdOf, taskRecords } from "./record.ts";
import type { TaskSpec, TaskState } from "./task.ts";

export type { StopRequest };

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
   * Ends a task's running containers at once, as a machine does that fails: with `request` the task is stopped for that
   * reason, without one its containers have crashed. Unknown tasks, and without `request` those not yet running, are left alone.
   */
  kill(taskArn: string, request?: StopRequest): void;
  /**
   * To be called once, after a restart of drydock and before anything else: goes on with every task that was begun and not
   * STOPPED, and answers their ARNs. Where the processes still live the task goes on as if nothing had happened;
   * where they don't, or where it was still being started, it is stopped and reported as any other.
   */
  adopt(): string[];
  /** Stops every task (TerminationNotice) and waits until the last process is gone and the last report is made. */
  close(): Promise<void>;
}

/** Called with the whole state at every change, in order; never inside a store transaction of the runner's. */
export type ReportTask = (state: TaskState) => void;

const livesByRegion = new WeakMap<Region, Map<string, TaskLife>>();

/** The tasks that live in a region, by task id. */
export function livesOf(region: Region): Map<string, TaskLife> {
  const lives = livesByRegion.get(region) ?? new Map<string, TaskLife>();
  livesByRegion.set(region, lives);
  return lives;
}

export function createTaskRunner(options: { region: Region; driver: Driver; report: ReportTask }): TaskRunner {
  const { region, driver, report } = options;
  const records = taskRecords(region);
  const surroundings = { region, driver, report, records, addresses: addressBookOf(region) };
  const lives = livesOf(region);
  let closing = false;

  const keep = (life: TaskLife): TaskLife => {
    lives.set(life.taskId, life);
    void life.ended.then(() => lives.delete(life.taskId));
    return life;
  };

  const stop: TaskRunner["stop"] = (taskArn, request) => {
    const taskId = taskIdOf(taskArn);
    const life = lives.get(taskId);
    if (life) {
      life.stop(request);
      return;
    }
    const record = records.get(taskId);
    if (record && !isStopped(record)) records.put(taskId, { ...record, stopRequest: record.stopRequest ?? request });
  };

  return {
    stop,
    start(spec) {
      const taskId = taskIdOf(spec.taskArn);
      if (records.get(taskId)) return;
      const record = createRecord(spec);
      records.put(taskId, record);
      report(record.state);
      // Not within this call: the caller's transaction may still be rolled back, and with it the record. A task that
      // is asked for while drydock shuts down is reported STOPPED by the next one's `adopt`.
      setImmediate(() => {
        const recorded = records.get(taskId);
        if (!closing && recorded) keep(new TaskLife(surroundings, recorded)).begin();
      });
    },
    kill(taskArn, request) {
      lives.get(taskIdOf(taskArn))?.kill();
      if (request) stop(taskArn, request);
    },
    adopt() {
      const begun = records.list();
      for (const record of begun) keep(new TaskLife(surroundings, record)).resume();
      return begun.map((record) => record.spec.taskArn);
    },
    async close() {
      closing = true;
      const open = [...lives.values()];
      for (const life of open) {
        life.stop({ stopCode: "TerminationNotice", reason: "The embedded region is shutting down" });
      }
      await Promise.all(open.map((life) => life.ended));
    },
  };
}
