import type { ImageConfig } from "@fardel/oci";
import type { RealAddress } from "../network.ts";

/** An image that is ready to run. */
export interface PulledImage {
  /** Of the manifest for this platform: `sha256:…`. */
  digest: string;
  config: ImageConfig;
  /** Makes a container's own root directory from the unpacked layers; the directory must not exist yet. */
  createRoot(directory: string): Promise<void>;
}

export type Architecture = "amd64" | "arm64";

/** A container port and the loopback port that stands for it on this machine. */
export interface PortBinding {
  containerPort: number;
  port: number;
}

/** The task that a container is part of. */
export interface StartedTask {
  arn: string;
  family: string;
  revision: number;
  /** Absent for a task that no service has asked for. */
  serviceName?: string;
}

/** Everything a driver needs to start one container. */
export interface Launch {
  task: StartedTask;
  /** `<task id>-<digits>`, as Fargate names containers; part of the metadata address in the environment. */
  runtimeId: string;
  /** The container's own directory on this machine, for the driver's files; removed with the task. */
  directory: string;
  image: PulledImage;
  /** Of the machine the task definition asks for; an image for another one doesn't run, as on Fargate. */
  architecture: Architecture;
  /** Of the container definition, after overrides; they replace the image's. */
  entryPoint?: string[];
  command?: string[];
  workingDirectory?: string;
  /** Without the image's own variables and without what a driver must add (PATH, HOME, PORT). */
  environment: Record<string, string>;
  /** This container's own ports, in the order of its port mappings. */
  ports: PortBinding[];
  /** Those of the task's other containers: "containers that belong to the same task can communicate over the localhost interface". */
  neighbourPorts: PortBinding[];
}

export interface Exit {
  /** As Docker counts: 128 + signal number for a death by signal. Absent when nobody could see it. */
  exitCode?: number;
  reason?: string;
}

/** A started container. */
export interface RunningContainer {
  /** Settles once, when every process of the container is gone. */
  readonly exited: Promise<Exit>;
  /** The file that receives stdout and stderr, merged in order; absent where nothing can write anything. */
  readonly outputFile?: string;
  /** Sends the signal (`SIGTERM`), and SIGKILL to all of its processes when `timeout` milliseconds have passed. Once. */
  stop(signal: string, timeout: number): void;
  /** Runs a command beside the container's main process; its exit code, or undefined when killed after `timeout` ms. */
  execute(command: string[], timeout: number): Promise<number | undefined>;
  usage(): Promise<{ memoryBytes: number; cpuMilliseconds: number }>;
}

/**
 * Makes an image ready, by reference (`host/repository:tag` or `…@sha256:…`); from an index the one for the architecture.
 * Throws when it can't be had; the message becomes part of CannotPullContainerError.
 */
export type PullImage = (reference: string, architecture: Architecture) => Promise<PulledImage>;

/** How containers really run. */
export interface Driver {
  readonly pull: PullImage;
  /** Where a container port of a task will really be; called once per port. `taken` are the ports other tasks have. */
  address(task: StartedTask, taken: () => ReadonlySet<number>): Promise<RealAddress>;
  /** Throws a StartFailure when the container can't be started. */
  start(launch: Launch): Promise<RunningContainer>;
  /**
   * Takes up a container that an earlier drydock has started in `directory`, or has seen the end of. `launch` makes its
   * launch again, when a command has to be executed.
   */
  adopt(directory: string, launch: () => Promise<Launch>, task: StartedTask): RunningContainer;
}

export type StartFailureKind =
  | "CannotPullContainerError"
  | "CannotStartContainerError"
  | "CannotCreateVolumeError"
  | "ResourceInitializationError";

/** Why a task can't start; the message begins with the kind, as ECS writes it into `stoppedReason`. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
  /** The container it is about, where it is about one. */
  container: string | undefined;

  constructor(kind: StartFailureKind, detail: string, container?: string) {
    super(`${kind}: ${detail}`);
    this.container = container;
  }
}
