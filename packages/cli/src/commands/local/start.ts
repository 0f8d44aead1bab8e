import { resolve } from "node:path";
import { FardelError } from "@fardel/core/errors.ts";
import { readStatus } from "@fardel/drydock/control.ts";
import { greatestTimeScale, isTimeScale } from "@fardel/drydock/scaled-clock.ts";
import { InvalidArgumentError } from "commander";
import { defineCommand } from "../../command.ts";
import { askDrydock } from "../../local-admin.ts";
import { localDirectory, startDrydock } from "../../local-region.ts";

interface StartOptions {
  port?: number;
  state?: string;
  runtime: string;
  timeScale?: number;
}

export const start = defineCommand({
  usage: (command) =>
    command
      .option("--port <number>", "port for AWS calls (default: 4566)", portNumber)
      .option("--state <directory>", "where its state is kept (default: per user)")
      .option("--runtime <kind>", "how tasks run: process, docker or simulated", "process")
      .option(
        "--time-scale <number>",
        "how many times as fast its waits pass, 1 to 1000 (default: 1)",
        timeScaleNumber,
      ),
  async run({ output }, { port, state, runtime, timeScale }: StartOptions) {
    refuseRuntime(runtime);
    const directory = state === undefined ? localDirectory() : resolve(state);
    const running = await readStatus(directory);
    if (running !== undefined) {
      if (port !== undefined && !running.endpoint.endsWith(`:${port}`)) throw runsElsewhere(running.endpoint);
      if (timeScale !== undefined) await askDrydock(running, "PUT", "time-scale", { scale: timeScale });
      output.result(running, `drydock is running already at ${running.endpoint}.`);
      return undefined;
    }
    const started = await startDrydock({
      directory,
      ...(port !== undefined && { port }),
      ...(timeScale !== undefined && { timeScale }),
    });
    const other = directory === localDirectory() ? "" : `\nFor it, other commands need FARDEL_LOCAL_STATE=${directory}`;
    output.result(
      started,
      `drydock is running at ${started.endpoint} (region ${started.region}, account ${started.accountId}).${other}`,
    );
    return undefined;
  },
});

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError("It takes a number up to 65535; 0 is any free port");
}

function timeScaleNumber(text: string): number {
  const scale = Number(text);
  if (isTimeScale(scale)) return scale;
  throw new InvalidArgumentError(`It takes a number from 1 to ${greatestTimeScale}`);
}

function refuseRuntime(runtime: string): void {
  if (runtime === "process") return;
  const later = runtime === "docker" || runtime === "simulated";
  throw new FardelError(
    "Runtime",
    later ? `The runtime ${runtime} comes with a later version.` : `There is no runtime ${runtime}.`,
    {
      why: "In this version tasks run as processes of this machine.",
      fix: "Leave --runtime out.",
      exitCode: 2,
    },
  );
}

function runsElsewhere(endpoint: string): FardelError {
  return new FardelError("DrydockElsewhere", `drydock is running already at ${endpoint}.`, {
    fix: "Stop it first: `fardel local stop`. Or give the other one a --state of its own.",
  });
}
