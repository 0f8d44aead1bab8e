import { resolve } from "node:path";
import { FardelError } from "@fardel/core/errors.ts";
import { readStatus } from "@fardel/drydock/control.ts";
import type { TaskRuntime } from "@fardel/drydock/region.ts";
import { greatestTimeScale, isTimeScale } from "@fardel/drydock/scaled-clock.ts";
import { InvalidArgumentError } from "commander";
import { defineCommand } from "../../command.ts";
import { askDrydock } from "../../local-admin.ts";
import { localDirectory, startDrydock } from "../../local-region.ts";

interface StartOptions {
  port?: number;
  state?: string;
  runtime?: TaskRuntime;
  timeScale?: number;
}

export const start = defineCommand({
  usage: (command) =>
    command
      .option("--port <number>", "port for AWS calls (default: 4566)", portNumber)
      .option("--state <directory>", "where its state is kept (default: per user)")
      .option("--runtime <kind>", "how tasks run: process (default) or simulated, without processes", taskRuntime)
      .option(
        "--time-scale <number>",
        "how many times as fast its waits pass, 1 to 1000 (default: 1)",
        timeScaleNumber,
      ),
  async run({ output }, { port, state, runtime, timeScale }: StartOptions) {
    const directory = state === undefined ? localDirectory() : resolve(state);
    const running = await readStatus(directory);
    if (running !== undefined) {
      if (port !== undefined && !running.endpoint.endsWith(`:${port}`)) throw runsElsewhere(running.endpoint);
      if (runtime !== undefined && runtime !== running.runtime) throw runsOtherwise(running.runtime);
      if (timeScale !== undefined) await askDrydock(running, "PUT", "time-scale", { scale: timeScale });
      const pace = timeScale === undefined ? "" : `; its waits pass ${timeScale} times as fast from now on`;
      output.result(running, `drydock is running already at ${running.endpoint}${pace}.`);
      return undefined;
    }
    const started = await startDrydock({
      directory,
      ...(port !== undefined && { port }),
      ...(runtime !== undefined && { runtime }),
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

function taskRuntime(text: string): TaskRuntime {
  if (text === "process" || text === "simulated") return text;
  throw new FardelError(
    "Runtime",
    text === "docker" ? "The runtime docker comes with a later version." : `There is no runtime ${text}.`,
    { fix: "Take process, or simulated, which runs no processes.", exitCode: 2 },
  );
}

function runsElsewhere(endpoint: string): FardelError {
  return new FardelError("DrydockElsewhere", `drydock is running already at ${endpoint}.`, {
    fix: "Stop it first: `fardel local stop`. Or give the other one a --state of its own.",
  });
}

function runsOtherwise(runtime: TaskRuntime): FardelError {
  return new FardelError("DrydockOtherwise", `drydock is running already, with the runtime ${runtime}.`, {
    why: "What it holds was made by that runtime.",
    fix: "`fardel local reset` first, or give the other one a --state of its own.",
  });
}
