import { mkdirSync } from "node:fs";
import type { Clock } from "../../../clock.ts";
import {
  type Architecture,
  type Driver,
  type Exit,
  type PulledImage,
  type RunningContainer,
  type StartedTask,
  StartFailure,
} from "../driver.ts";

/** What becomes of a simulated task: as a healthy app, or as one that is broken in one of the ways that apps are. */
export type Fate = "healthy" | "unhealthy" | "exits" | "no-image";

/** A task of no service ends by itself, as a migration does, after so long in the region's time (ms). */
const onceDuration = 1000;
/** How long a process that is broken takes to end by itself, in the region's time (ms). */
const exitDelay = 1000;

/**
 * Tasks without processes, for scale and for schedules that would take hours: a task is RUNNING at once, its health checks
 * pass, SIGTERM ends it, and a task of no service has done its work after a second of the region's time. Everything else,
 * scheduler, target groups, load balancer and API, is what runs real tasks. Nothing is written to logs, since nothing runs.
 *
 * `resolve` answers an image's digest and throws when there is none; `fateOf` is asked once per task.
 */
export function createSimulatedDriver(options: {
  clock: Clock;
  resolve: (reference: string) => Promise<string>;
  fateOf: (task: StartedTask) => Fate;
}): Driver {
  const fates = new Map<string, Fate>();
  const fateOf = (task: StartedTask): Fate => {
    const fate = fates.get(task.arn) ?? options.fateOf(task);
    fates.set(task.arn, fate);
    return fate;
  };
  const run = (task: StartedTask, fate: Fate) => {
    const container = new SimulatedContainer(options.clock, fate);
    if (fate === "exits") container.exitAfter(exitDelay, 1);
    else if (task.serviceName === undefined) container.exitAfter(onceDuration, 0);
    void container.exited.then(() => fates.delete(task.arn));
    return container;
  };
  return {
    pull: async (reference, architecture) => emptyImage(await options.resolve(reference), architecture),
    address: async (task) => ({
      host: "simulated",
      port: 0,
      simulated: { task: task.arn, healthy: fateOf(task) === "healthy" },
    }),
    async start({ directory, task }) {
      // The trace by which an adoption knows that the container was started.
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const fate = fateOf(task);
      if (fate !== "no-image") return run(task, fate);
      throw new StartFailure("CannotPullContainerError", "a fault has made the image unavailable");
    },
    adopt: (_directory, _launch, task) => run(task, "healthy"),
  };
}

class SimulatedContainer implements RunningContainer {
  readonly exited: Promise<Exit>;
  private readonly clock: Clock;
  private readonly fate: Fate;
  private end: (exit: Exit) => void = () => {};
  private cancelExit = () => {};

  constructor(clock: Clock, fate: Fate) {
    this.clock = clock;
    this.fate = fate;
    this.exited = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  exitAfter(delay: number, exitCode: number): void {
    this.cancelExit = this.clock.after(delay, () => this.end({ exitCode }));
  }

  stop(signal: string): void {
    this.cancelExit();
    this.end({ exitCode: signal === "SIGKILL" ? 137 : 0 });
  }

  async execute(): Promise<number> {
    return this.fate === "unhealthy" ? 1 : 0;
  }

  async usage() {
    return { memoryBytes: 0, cpuMilliseconds: 0 };
  }
}

function emptyImage(digest: string, architecture: Architecture): PulledImage {
  return {
    digest,
    config: { os: "linux", architecture, rootfs: { type: "layers", diff_ids: [] } },
    createRoot: async () => {},
  };
}
