import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../../../clock.ts";
import type { Exit } from "../driver.ts";
import { commandLine, groupIsAlive, killByEnvironment, processExists, signalProcess } from "./process-table.ts";
import { keepUnusualVariables } from "./unusual-variables.ts";

/** In the environment of every process of a container, with the container's directory: finds those that left the group. */
export const containerVariable = "DRYDOCK_CONTAINER";

/**
 * Each container runs under a shell that outlives drydock, leads the process group and writes the exit code to a file, so that a
 * drydock started again knows how a container ended. When the main process ends the rest of the container is killed, as
 * the kernel does in a container; when the container was asked to stop, the rest gets the stop signal first.
 * The shell's own stderr is closed to the log: it would print "Terminated" there. A trap, unlike an ignored signal, is not
 * inherited by the command.
 */
const supervisorScript = `
directory=$1; shift
echo $$ >"$directory/supervisor"
trap : HUP INT QUIT TERM USR1 USR2 ALRM
/bin/sh -c 'echo $$ >"$0/main"; exec "$@" >&3 2>&3 3>&-' "$directory" "$@"
echo $? >"$directory/exit"
signal=KILL
[ -e "$directory/stopping" ] && read -r signal <"$directory/stopping"
kill -s "$signal" 0
`;

const pollMilliseconds = 20;
const adoptedPollMilliseconds = 200;
/** Nothing waits longer than this for a killed process to go: one that hangs in the kernel can't be helped. */
const unkillableMilliseconds = 2_000;

export interface SupervisedCommand {
  /** The container's directory: `output` and the supervisor's files are in it. */
  directory: string;
  /** Absolute. */
  executable: string;
  arguments: string[];
  workingDirectory: string;
  environment: Record<string, string>;
}

/** A process group under its supervisor, started by this drydock or by an earlier one. */
export class SupervisedProcess {
  readonly exited: Promise<Exit>;
  private readonly directory: string;
  private readonly clock: Clock;
  private readonly child: ChildProcess | undefined;
  /**
   * The process group: the supervisor's pid, undefined when an earlier drydock's supervisor is gone. It is told from a
   * process that has got its pid since by its command line, which names the directory.
   */
  readonly group: number | undefined;
  private cancelDeadline: (() => void) | undefined;
  private stopRequested = false;
  private killed = false;

  private constructor(directory: string, clock: Clock, child?: ChildProcess) {
    this.directory = directory;
    this.clock = clock;
    this.child = child;
    const recorded = this.readNumber("supervisor");
    this.group = child?.pid ?? (this.isSupervisor(recorded) ? recorded : undefined);
    this.exited = this.untilExit();
  }

  /** Starts the command in a session of its own, its output appended to `<directory>/output`. */
  static async start(wanted: SupervisedCommand, clock: Clock): Promise<SupervisedProcess> {
    const command = keepUnusualVariables(wanted);
    const output = openSync(join(command.directory, "output"), "a");
    try {
      const child = spawn(
        "/bin/sh",
        ["-c", supervisorScript, "drydock-task", command.directory, command.executable, ...command.arguments],
        {
          cwd: command.workingDirectory,
          env: { ...command.environment, [containerVariable]: command.directory },
          stdio: ["ignore", "ignore", "ignore", output],
          detached: true,
        },
      );
      await once(child, "spawn");
      child.unref();
      const supervised = new SupervisedProcess(command.directory, clock, child);
      await supervised.untilMainIsKnown();
      return supervised;
    } finally {
      closeSync(output);
    }
  }

  /** Takes up what runs, or ran, in a directory. */
  static adopt(directory: string, clock: Clock): SupervisedProcess {
    return new SupervisedProcess(directory, clock);
  }

  stop(signal: NodeJS.Signals, timeout: number): void {
    if (this.stopRequested || !this.supervisorIsAlive()) return;
    this.stopRequested = true;
    this.cancelDeadline = this.clock.after(timeout, () => this.kill());
    try {
      writeFileSync(join(this.directory, "stopping"), `${signal.slice("SIG".length)}\n`, { flag: "wx" });
    } catch {
      return; // An earlier drydock has sent the signal; or the directory is gone, and the deadline has to do.
    }
    // To the main process only, as in a container: a process manager such as npm hands the signal on by itself, and its
    // child would take a second one for "now". The supervisor sees to it that the rest of the group gets it, too.
    const main = this.readNumber("main");
    if (main !== undefined && this.readNumber("exit") === undefined) signalProcess(main, signal);
  }

  private kill(): void {
    if (this.group === undefined) return;
    this.killed = true;
    signalProcess(-this.group, "SIGKILL");
  }

  private async untilExit(): Promise<Exit> {
    await this.untilSupervisorEnds();
    const { group } = this;
    const exitCode = this.readNumber("exit");
    if (group !== undefined) {
      // Without an exit code somebody killed the supervisor, and the container's processes may go on.
      if (exitCode === undefined && this.child) signalProcess(-group, "SIGKILL");
      await this.untilGroupEnds(group);
    }
    this.cancelDeadline?.();
    await killByEnvironment(`${containerVariable}=${this.directory}`);
    if (exitCode !== undefined) return { exitCode };
    if (this.killed || this.child?.signalCode === "SIGKILL") return { exitCode: 137 };
    return { reason: "The container ended while nobody watched it; its exit code is not known." };
  }

  private async untilSupervisorEnds(): Promise<void> {
    if (this.child) {
      if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
      return;
    }
    while (this.supervisorIsAlive()) await wait(adoptedPollMilliseconds);
  }

  /** After a stop the rest of the group has until the deadline; otherwise it has been killed already. */
  private async untilGroupEnds(group: number): Promise<void> {
    for (let waited = 0; waited < unkillableMilliseconds && (await groupIsAlive(group)); ) {
      await wait(pollMilliseconds);
      if (!this.stopRequested || this.killed) waited += pollMilliseconds;
    }
  }

  private async untilMainIsKnown(): Promise<void> {
    while (this.readNumber("main") === undefined && this.child?.exitCode === null && this.child.signalCode === null) {
      await wait(1);
    }
  }

  private supervisorIsAlive(): boolean {
    if (this.child) return this.child.exitCode === null && this.child.signalCode === null;
    if (this.group === undefined || this.readNumber("exit") !== undefined) return false;
    // Reading a command line again is cheap on Linux only; there it also tells a zombie.
    return process.platform === "linux" ? this.isSupervisor(this.group) : processExists(this.group);
  }

  private isSupervisor(pid: number | undefined): boolean {
    const line = pid === undefined ? undefined : commandLine(pid);
    return line?.includes("drydock-task") === true && line.includes(this.directory);
  }

  /** A number followed by a newline; a file that is being written has none yet. */
  private readNumber(file: string): number | undefined {
    try {
      const text = readFileSync(join(this.directory, file), "latin1");
      return text.endsWith("\n") ? Number(text) : undefined;
    } catch {
      return undefined;
    }
  }
}
