import type { Aws, ReleasePlan } from "@fardel/core";
import { FardelError } from "@fardel/core/errors.ts";
import { defineCommand } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { planScreen } from "../render/plan-screen.ts";
import { environmentArgument } from "./arguments.ts";

export const plan = defineCommand({
  usage: (command) =>
    environmentArgument(
      command.description("Show what `up` would change, without changing it. Images aren't built for it."),
    ),
  async run(session, environment: string) {
    const core = await import("@fardel/core");
    const { app, aws } = await openEnvironment(session, environment);
    const [infrastructure, descriptor] = await Promise.all([
      core.planInfrastructure(app, aws),
      existingDescriptor(core, aws, app.name, environment),
    ]);
    const release = descriptor ? await core.planRelease({ app, aws, descriptor }) : firstRelease(app);
    const { output } = session;
    output.result({ infrastructure, release }, planScreen(infrastructure, release, output.style));
    return undefined;
  },
});

type Core = typeof import("@fardel/core");

async function existingDescriptor({ readDescriptor }: Core, aws: Aws, app: string, environment: string) {
  try {
    return await readDescriptor(aws, app, environment);
  } catch (error) {
    if (error instanceof FardelError && error.code === "DESCRIPTOR_MISSING") return undefined;
    throw error;
  }
}

/** Where there is no infrastructure yet, everything is new. */
function firstRelease({ services, tasks }: { services: object; tasks: object }): ReleasePlan {
  const created = (kind: "service" | "task") => (name: string) => ({
    name,
    kind,
    action: "create" as const,
    differences: [],
    unknownImage: false,
  });
  return {
    serving: undefined,
    workloads: [...Object.keys(services).map(created("service")), ...Object.keys(tasks).map(created("task"))],
    rules: [],
  };
}
