import { rm } from "node:fs/promises";
import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { Region } from "../../region.ts";
import type { Collection } from "../../store/store.ts";
import type { AddressBook } from "../network.ts";
import { ContainerRun } from "./container-run.ts";
import { type Driver, StartFailure } from "./driver.ts";
import { isEssential, type Progress, startSteps, stopSteps, taskHealth } from "./ordering.ts";
import { Preparation } from "./preparation.ts";
import { isStopped, type StopRequest, type TaskRecord, taskDirectory, taskIdOf } from "./record.ts";
import type { TaskState, TaskStatus } from "./task.ts";

export interface LifeSurroundings {
  region: Region;
  driver: Driver;
  report: (state: TaskState) => void;
  records: Collection<TaskRecord>;
  addresses: AddressBook;
}

/** On Fargate "the valid values are 2-120 seconds" and the default is 30. */
const defaultStopSeconds = 30;

/**
 * One task from PROVISIONING to STOPPED. Whatever happens (a container started, ended, became healthy, a stop was asked for)
 * is written down and followed by `advance`, which looks at the whole and does what is next.
 */
export class TaskLife {
  readonly taskId: string;
  readonly taskArn: string;
  readonly ended: Promise<void>;
  private readonly surroundings: LifeSurroundings;
  private readonly record: TaskRecord;
  private readonly preparation: Preparation;
  private readonly runs: ContainerRun[];
  private prepared = false;
  private finishing = false;
  private end = () => {};

  constructor(surroundings: LifeSurroundings, record: TaskRecord) {
    this.surroundings = surroundings;
    this.record = record;
    this.taskArn = record.spec.taskArn;
    this.taskId = taskIdOf(this.taskArn);
    this.preparation = new Preparation(surroundings, record);
    this.runs = record.state.containers.map((state) => new ContainerRun(surroundings, record, state));
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  /** Starts a new task. */
  begin(): void {
    if (this.record.stopRequest) {
      this.advance();
      return;
    }
    this.update("PENDING");
    this.prepare().then(
      () => {
        this.prepared = true;
        this.advance();
      },
      (error) => this.fail(error),
    );
  }

  /** Goes on with a task of an earlier drydock, which may have died between writing its state down and reporting it. */
  resume(): void {
    this.report();
    if (isStopped(this.record)) {
      this.close();
      return;
    }
    const wasStarting = ["PROVISIONING", "PENDING", "ACTIVATING"].includes(this.record.state.lastStatus);
    if (wasStarting && !this.record.stopRequest) {
      if (!this.runs.some((run) => run.hasTrace)) {
        this.beginAgain();
        return;
      }
      this.record.stopRequest = {
        stopCode: "TaskFailedToStart",
        reason: "ResourceInitializationError: drydock was restarted while the task was starting",
      };
    }
    for (const run of this.runs) run.adopt(() => this.preparation.launch(run.definition), this.changed);
    this.prepared = true;
    this.advance();
  }

  /** Nothing of the task has run yet, so nobody has lost anything: it starts as if it had just been asked for. */
  private beginAgain(): void {
    this.releaseAddress();
    for (const container of Object.values(this.record.containers)) container.ports = [];
    this.begin();
  }

  /** The first request stays. Kept at once, acted upon later: the caller may be in the middle of a report. */
  stop(request: StopRequest): void {
    if (this.record.stopRequest) return;
    this.record.stopRequest = request;
    this.surroundings.records.put(this.taskId, this.record);
    queueMicrotask(() => this.advance());
  }

  /** Takes the processes of every running container away; what that means for the task shows when they have exited. */
  kill(): void {
    for (const run of this.runs) run.kill();
  }

  /** What a container's processes use, undefined for one that doesn't run. */
  async usage(container: string): Promise<{ memoryBytes: number; cpuMilliseconds: number } | undefined> {
    return this.runs.find(({ name }) => name === container)?.usage();
  }

  private async prepare(): Promise<void> {
    await this.preparation.secrets();
    if (this.record.stopRequest) return;
    this.update("PENDING", { pullStartedAt: this.now() });
    await Promise.all(this.runs.map(async (run) => run.pulled((await this.preparation.image(run.definition)).digest)));
    if (this.record.stopRequest) return;
    this.update("PENDING", { pullStoppedAt: this.now() });
    await this.preparation.ports();
    if (this.record.stopRequest) this.releaseAddress();
  }

  private advance(): void {
    if (isStopped(this.record)) return;
    if (!this.record.stopRequest && this.runs.some((run) => run.hasStopped && isEssential(run.definition))) {
      this.record.stopRequest = { stopCode: "EssentialContainerExited", reason: "Essential container in task exited" };
    }
    if (this.record.stopRequest) this.advanceStop(this.record.stopRequest);
    else if (this.prepared) this.advanceStart();
  }

  private advanceStart(): void {
    const { start, failure } = startSteps(this.definitions, this.progress);
    if (failure) {
      this.fail(new StartFailure("CannotStartContainerError", failure.reason, failure.container));
      return;
    }
    for (const run of this.runs.filter(({ name }) => start.includes(name))) {
      run
        .start(() => this.preparation.launch(run.definition), this.changed)
        .then(this.changed, (error) => this.fail(error));
    }
    const isUp = this.runs.every(({ progress }) => progress.phase === "running" || progress.phase === "stopped");
    if (isUp && this.record.state.startedAt === undefined) {
      this.update("ACTIVATING");
      this.update("RUNNING", { startedAt: this.now(), connectivity: "CONNECTED", connectivityAt: this.now() });
    }
  }

  private readonly changed = (): void => {
    if (isStopped(this.record)) return;
    this.update(this.record.state.lastStatus);
    this.advance();
  };

  /** A task that can't start: everything that has started already is stopped again. */
  private fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const container = error instanceof StartFailure ? error.container : undefined;
    this.runs.find(({ name }) => name === container)?.failed(reason);
    if (!(error instanceof StartFailure)) {
      this.surroundings.region.log(`task ${this.taskId}: ${error instanceof Error ? error.stack : reason}`);
    }
    this.record.stopRequest ??= { stopCode: "TaskFailedToStart", reason };
    this.advance();
  }

  private advanceStop(request: StopRequest): void {
    if (this.record.state.desiredStatus !== "STOPPED") {
      const change = { desiredStatus: "STOPPED", stopCode: request.stopCode, stoppedReason: request.reason } as const;
      if (this.record.state.lastStatus === "RUNNING") this.update("DEACTIVATING", change);
      this.update("STOPPING", { ...change, stoppingAt: this.now() });
    }
    for (const run of this.runs) if (run.progress.phase === "waiting") run.skip();
    const stop = stopSteps(this.definitions, this.progress);
    for (const run of this.runs.filter(({ name }) => stop.includes(name))) {
      run.stop((run.definition.stopTimeout ?? defaultStopSeconds) * 1000);
    }
    if (this.finishing || !this.runs.every(({ hasStopped }) => hasStopped)) return;
    this.finishing = true;
    void this.finish();
  }

  /** After the last container: nothing of the task stays but its last state and its logs. */
  private async finish(): Promise<void> {
    const { region } = this.surroundings;
    this.update("DEPROVISIONING", { executionStoppedAt: this.now() });
    await Promise.all(this.runs.map((run) => run.finishLogs()));
    this.releaseAddress();
    await rm(taskDirectory(region, this.taskArn), { recursive: true, force: true, maxRetries: 3 }).catch((error) =>
      region.log(`task ${this.taskId}: its directory stays behind: ${error}`),
    );
    this.update("STOPPED", { stoppedAt: this.now() });
    this.close();
  }

  private releaseAddress(): void {
    this.surroundings.addresses.release(this.record.spec.network.address);
  }

  private close(): void {
    this.surroundings.records.delete(this.taskId);
    this.end();
  }

  private update(lastStatus: TaskStatus, change: Partial<TaskState> = {}): void {
    const { record, surroundings } = this;
    record.state = {
      ...record.state,
      ...change,
      lastStatus,
      healthStatus: taskHealth(this.definitions, this.progress),
      containers: this.runs.map((run) => run.snapshot()),
    };
    surroundings.records.put(this.taskId, record);
    this.report();
  }

  private report(): void {
    const { record, surroundings } = this;
    try {
      surroundings.report(record.state);
    } catch (error) {
      surroundings.region.log(`task ${this.taskId}: its report was not taken: ${error}`);
    }
  }

  private get definitions(): ContainerDefinition[] {
    return this.record.spec.containerDefinitions;
  }

  private get progress(): Progress {
    return Object.fromEntries(this.runs.map(({ name, progress }) => [name, progress]));
  }

  private now(): Date {
    return new Date(this.surroundings.region.clock.now());
  }
}
