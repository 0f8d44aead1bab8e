import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../../clock.ts";
import type { Driver, Launch, PullImage, RunningContainer } from "../driver.ts";
import { freePort } from "../ports.ts";
import { containerArguments, hostCommand, hostSurroundings, NotExecutable, rootDirectory } from "./command.ts";
import { groupUsage, signalProcess } from "./process-table.ts";
import { stopSignal } from "./signals.ts";
import { containerVariable, SupervisedProcess } from "./supervisor.ts";

/**
 * Runs an image's entry point on the host, from the image's unpacked layers: no container engine, and no isolation either.
 * The process runs as the user of drydock, so what only isolation could give has no effect: user, memory and CPU limits,
 * ulimits, capabilities, a read-only root, DNS and host entries. Its own are: working directory, environment, HOME, TMPDIR,
 * process group, ports, and a root directory with the image's files, which goes with the task. An app has to listen on PORT, and
 * does so on 127.0.0.1 where it is Node and asks for every address: `loopback.ts`.
 */
export function createProcessDriver(options: { pull: PullImage; clock: Clock }): Driver {
  const { clock } = options;
  return {
    pull: options.pull,
    address: async (_task, taken) => ({ host: "127.0.0.1", port: await freePort(taken()) }),
    async start(launch) {
      mkdirSync(launch.directory, { recursive: true, mode: 0o700 });
      await launch.image.createRoot(rootDirectory(launch));
      const surroundings = hostSurroundings(launch);
      const argv = containerArguments(launch);
      try {
        if (launch.image.config.architecture !== launch.architecture) {
          throw new NotExecutable(`exec ${argv[0]}: exec format error`);
        }
        const command = hostCommand(launch, argv, surroundings);
        const supervised = await SupervisedProcess.start({ ...command, directory: launch.directory }, clock);
        return running(supervised, launch.directory, async () => launch, clock);
      } catch (error) {
        if (error instanceof NotExecutable) return endedAtOnce(launch.directory, error.message);
        throw error;
      }
    },
    adopt: (directory, launch) => running(SupervisedProcess.adopt(directory, clock), directory, launch, clock),
  };
}

function running(
  supervised: SupervisedProcess,
  directory: string,
  launch: () => Promise<Launch>,
  clock: Clock,
): RunningContainer {
  return {
    exited: supervised.exited,
    outputFile: join(directory, "output"),
    stop: (signal, timeout) => supervised.stop(stopSignal(signal), timeout),
    async execute(command, timeout) {
      const made = await launch();
      const { executable, arguments: argv, ...where } = hostCommand(made, command, hostSurroundings(made));
      const child = spawn(executable, argv, {
        cwd: where.workingDirectory,
        env: { ...where.environment, [containerVariable]: directory },
        stdio: "ignore",
        detached: true,
      });
      await once(child, "spawn");
      const { pid } = child;
      const cancel = clock.after(timeout, () => pid && signalProcess(-pid, "SIGKILL"));
      const [exitCode] = (await once(child, "exit")) as [number | null];
      cancel();
      return exitCode ?? undefined;
    },
    async usage() {
      const { group } = supervised;
      return group === undefined ? { memoryBytes: 0, cpuMilliseconds: 0 } : groupUsage(group);
    },
  };
}

/** What a container runtime does when the kernel refuses the program: the reason in the log, exit code 1. */
function endedAtOnce(directory: string, message: string): RunningContainer {
  const outputFile = join(directory, "output");
  appendFileSync(outputFile, `${message}\n`);
  return {
    exited: Promise.resolve({ exitCode: 1 }),
    outputFile,
    stop: () => {},
    execute: async () => undefined,
    usage: async () => ({ memoryBytes: 0, cpuMilliseconds: 0 }),
  };
}
