import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { interrupted } from "../guarded-signal.ts";
import { diagnosisLines } from "../render/outcome-screen.ts";
import { environmentOption } from "./arguments.ts";

export const run = defineCommand({
  usage: (command) =>
    environmentOption(
      command
        .description(
          "Run a task as the serving release defines it, or a command in a service's image, and follow its output.",
        )
        .argument("<name>", "a task or service of fardel.yaml")
        .argument("[command...]", "what to run instead of its own command, after --"),
    ).addHelpText(
      "after",
      "\nFor example: fardel run migrate, fardel run web -e production -- node -e 'console.log(1)'",
    ),
  async run(session, workload: string, command: string[], { environment }: { environment: string }) {
    const core = await import("@fardel/core");
    const { app, aws } = await openEnvironment(session, environment);
    const descriptor = await core.readDescriptor(aws, app.name, environment);
    const { actor } = await core.findOrigin(app.directory);
    const controller = new AbortController();
    const takeBack = session.interrupts.handle(() => {
      session.output.note("Stopping the task. Ctrl-C again leaves it to itself.");
      controller.abort(interrupted());
    });
    const outcome = await core.runTask({
      aws,
      descriptor,
      workload,
      actor,
      emit: session.output.event,
      signal: controller.signal,
      ...(command.length > 0 && { command }),
    });
    takeBack();
    const { diagnosis, exitCode } = outcome;
    if (diagnosis) session.output.explain((style) => ["", ...diagnosisLines(diagnosis, style)].join("\n"));
    session.output.result(outcome, "");
    return exitCode;
  },
});
