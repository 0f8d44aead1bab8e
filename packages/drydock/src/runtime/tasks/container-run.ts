import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { Region } from "../../region.ts";
import { wallClock } from "../../scaled-clock.ts";
import { type Driver, type Launch, type RunningContainer, type StartedTask, StartFailure } from "./driver.ts";
import { watchHealth } from "./health.ts";
import { openLogDestination } from "./logs/destination.ts";
import { followOutput, type LogFollower } from "./logs/follower.ts";
import type { ContainerProgress } from "./ordering.ts";
import { type ContainerRecord, startedTask, type TaskRecord, taskDirectory, taskIdOf } from "./record.ts";
import type { ContainerState } from "./task.ts";

const shownStatus = {
  waiting: "PENDING",
  starting: "PENDING",
  running: "RUNNING",
  stopping: "RUNNING",
  stopped: "STOPPED",
} as const;

/** One container of a task: its process, its log and its health check. Decides nothing; the task's life does. */
export class ContainerRun {
  readonly definition: ContainerDefinition;
  readonly progress: ContainerProgress;
  private readonly region: Region;
  private readonly driver: Driver;
  private readonly directory: string;
  private readonly taskId: string;
  private readonly task: StartedTask;
  private readonly record: ContainerRecord;
  private readonly state: ContainerState;
  private container: RunningContainer | undefined;
  private following: Promise<LogFollower | undefined> | undefined;
  private cancelWatches = () => {};

  constructor(surroundings: { region: Region; driver: Driver }, task: TaskRecord, state: ContainerState) {
    const definition = task.spec.containerDefinitions.find(({ name }) => name === state.name);
    const record = task.containers[state.name];
    if (!definition || !record) throw new Error(`task ${task.spec.taskArn} has no container ${state.name}`);
    this.region = surroundings.region;
    this.driver = surroundings.driver;
    this.taskId = taskIdOf(task.spec.taskArn);
    this.task = startedTask(task.spec);
    this.directory = join(taskDirectory(this.region, task.spec.taskArn), state.name);
    this.definition = definition;
    this.record = record;
    this.state = { ...state };
    this.progress = {
      phase: state.lastStatus === "STOPPED" ? "stopped" : "waiting",
      healthStatus: state.healthStatus,
      exitCode: state.exitCode,
    };
  }

  get name(): string {
    return this.state.name;
  }

  get hasStopped(): boolean {
    return this.progress.phase === "stopped";
  }

  /** Whether anything of it is on this machine: it may have been started. */
  get hasTrace(): boolean {
    return existsSync(this.directory);
  }

  /** As DescribeTasks shows it. */
  snapshot(): ContainerState {
    const { exitCode } = this.progress;
    return {
      ...this.state,
      ...(exitCode !== undefined && { exitCode }),
      lastStatus: shownStatus[this.progress.phase],
      healthStatus: this.progress.healthStatus,
    };
  }

  pulled(digest: string): void {
    this.state.imageDigest = digest;
  }

  /** Starts it; throws a StartFailure that names it. `changed` is called at its end and when its health changes. */
  async start(launching: () => Promise<Launch>, changed: () => void): Promise<void> {
    this.progress.phase = "starting";
    this.record.createdAt = this.now();
    try {
      const ids = { taskId: this.taskId, runtimeId: this.record.runtimeId };
      const destination = await openLogDestination(this.region, this.definition, ids);
      const launch = await launching();
      const container = await this.driver.start(launch);
      this.record.stopSignal = launch.image.config.config?.StopSignal;
      this.record.startedAt = this.now();
      this.state.runtimeId = this.record.runtimeId;
      const { outputFile } = container;
      const follower =
        destination && outputFile && followOutput(this.region, outputFile, destination, launch.runtimeId);
      this.following = Promise.resolve(follower || undefined);
      this.watch(container, changed);
    } catch (error) {
      this.progress.phase = "stopped";
      const failure =
        error instanceof StartFailure ? error : new StartFailure("CannotStartContainerError", String(error), this.name);
      failure.container ??= this.name;
      this.state.reason = failure.message;
      throw failure;
    }
  }

  /** Takes up what an earlier drydock has started; a container without any trace on this machine has stopped. */
  adopt(launching: () => Promise<Launch>, changed: () => void): void {
    if (this.hasStopped) return;
    if (!this.hasTrace) {
      this.progress.phase = "stopped";
      return;
    }
    const container = this.driver.adopt(this.directory, launching, this.task);
    this.following = container.outputFile === undefined ? undefined : this.followAgain(container.outputFile);
    this.watch(container, changed);
  }

  /** Sends the image's stop signal, and SIGKILL after `timeout` milliseconds. */
  stop(timeout: number): void {
    this.progress.phase = "stopping";
    this.container?.stop(this.record.stopSignal ?? "SIGTERM", timeout);
  }

  /** SIGKILL, at once: to whoever looks it has crashed. */
  kill(): void {
    this.container?.stop("SIGKILL", 0);
  }

  async usage(): Promise<{ memoryBytes: number; cpuMilliseconds: number } | undefined> {
    return this.progress.phase === "running" ? this.container?.usage() : undefined;
  }

  failed(reason: string): void {
    this.state.reason = reason;
  }

  /** For a container that will not be started any more. */
  skip(): void {
    this.progress.phase = "stopped";
  }

  /** Resolves when everything the container has written is in its log stream. */
  async finishLogs(): Promise<void> {
    await (await this.following)?.finish();
  }

  private watch(container: RunningContainer, changed: () => void): void {
    const { clock } = this.region;
    const { healthCheck, startTimeout } = this.definition;
    this.container = container;
    this.progress.phase = "running";
    const cancels: (() => void)[] = [];
    this.cancelWatches = () => {
      for (const cancel of cancels) cancel();
    };
    if (healthCheck) {
      const report = (status: ContainerProgress["healthStatus"]) => {
        this.progress.healthStatus = status;
        changed();
      };
      const { healthStatus: status } = this.progress;
      const execute: RunningContainer["execute"] = (command, timeout) => container.execute(command, timeout);
      cancels.push(watchHealth({ check: healthCheck, clock, status, execute, report }));
    }
    if (startTimeout !== undefined) {
      const timedOut = () => {
        this.progress.startTimedOut = true;
        changed();
      };
      cancels.push(wallClock(clock).after(startTimeout * 1000, timedOut));
    }
    void container.exited.then(({ exitCode, reason }) => {
      this.cancelWatches();
      this.progress.phase = "stopped";
      this.progress.exitCode = exitCode;
      if (reason) this.state.reason = reason;
      this.record.finishedAt = this.now();
      changed();
    });
  }

  private async followAgain(outputFile: string): Promise<LogFollower | undefined> {
    const ids = { taskId: this.taskId, runtimeId: this.record.runtimeId };
    try {
      const destination = await openLogDestination(this.region, this.definition, ids);
      return destination && followOutput(this.region, outputFile, destination, this.record.runtimeId);
    } catch (error) {
      this.region.log(`task ${this.taskId}: the log of ${this.name} can't be followed any more: ${error}`);
      return undefined;
    }
  }

  private now(): Date {
    return new Date(this.region.clock.now());
  }
}
