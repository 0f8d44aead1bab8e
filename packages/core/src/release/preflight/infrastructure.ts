import type { App } from "../../config/app.ts";
import { whereWritten } from "../../config/where-written.ts";
import { FardelError } from "../../errors.ts";
import type { EnvironmentDescriptor } from "../../infra/descriptor.ts";

/**
 * That the queues and schedules of a manifest have something to stand on.
 *
 * @throws FardelError `INFRASTRUCTURE_BEHIND`
 */
export function checkInfrastructure(app: App, { queues, scheduler }: EnvironmentDescriptor): void {
  const missing = [
    ...Object.keys(app.queues).flatMap((name) =>
      queues[name] === undefined ? [{ path: `queues.${name}`, what: `the queue ${name} isn't there` }] : [],
    ),
    ...Object.values(app.tasks).flatMap(({ name, schedule }) =>
      schedule !== undefined && scheduler === undefined
        ? [{ path: `tasks.${name}.schedule`, what: `there is no role to run ${name} as` }]
        : [],
    ),
  ];
  if (missing.length === 0) return;
  throw new FardelError(
    "INFRASTRUCTURE_BEHIND",
    `The infrastructure of ${app.environment} isn't what the manifest says.`,
    {
      where: missing.map(({ path }) => whereWritten(app, path)).join("\n"),
      why: missing.map(({ what }) => `${what} yet`).join("\n"),
      fix: `Run \`fardel up ${app.environment}\`, which makes it.`,
    },
  );
}
