import type { ScaleOutcome, ScaleRequest } from "@fardel/core";
import { FardelError } from "@fardel/core/errors.ts";
import { InvalidArgumentError } from "commander";
import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { guardedSignal } from "../guarded-signal.ts";
import { environmentOption, lockOption } from "./arguments.ts";

interface ScaleOptions {
  environment: string;
  min?: number;
  max?: number;
  waitForLock?: boolean;
}

export const scale = defineCommand({
  usage: (command) =>
    lockOption(
      environmentOption(
        command
          .description(
            "Change how many tasks a service keeps. Releases leave it so until fardel.yaml says another number.",
          )
          .argument("<service>", "a service of fardel.yaml")
          .argument("[count]", "the number of tasks", taskCount)
          .option("--min <count>", "the fewest tasks of a service that scales by itself", taskCount)
          .option("--max <count>", "the most", taskCount),
      ),
    ),
  async run(session, service: string, count: number | undefined, options: ScaleOptions) {
    const { environment, waitForLock = false } = options;
    const to = target(count, options);
    const core = await import("@fardel/core");
    const { app, aws } = await openEnvironment(session, environment);
    const { signal, done } = guardedSignal(session, "What ECS has begun goes on. Ctrl-C again stops here.");
    const [descriptor, origin] = await Promise.all([
      core.readDescriptor(aws, app.name, environment),
      core.findOrigin(app.directory),
    ]);
    const { event: emit } = session.output;
    const outcome = await core.scale({ aws, descriptor, origin, emit, signal, waitForLock, service, to });
    done();
    session.output.result(outcome, summary(outcome));
    return outcome.reached ? 0 : 1;
  },
});

function target(count: number | undefined, { min, max }: ScaleOptions): ScaleRequest["to"] {
  const bounds = { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
  const bounded = Object.keys(bounds).length > 0;
  if (count !== undefined && !bounded) return { count };
  if (count === undefined && bounded) return bounds;
  throw new FardelError("ScaleHow", "It takes a number of tasks, or bounds.", {
    fix: "Run `fardel scale web 4`, or `fardel scale web --min 2 --max 10`.",
    exitCode: 2,
  });
}

function summary({ service, before, desired, bounds, reached }: ScaleOutcome): string {
  const between = bounds ? `, between ${bounds.min} and ${bounds.max}` : "";
  const now = `${service} keeps ${desired} tasks (before ${before})${between}`;
  return reached ? `${now}.` : `${now}; not all of them run.`;
}

function taskCount(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) <= 5000) return Number(text);
  throw new InvalidArgumentError("It takes a number of tasks, at most 5000.");
}
