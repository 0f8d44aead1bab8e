import type { App } from "../config/app.ts";
import { andList, nearest } from "../config/nearest.ts";
import { whereWritten } from "../config/where-written.ts";
import { FardelError } from "../errors.ts";
import { type ReleasedConfiguration, type ReleaseRecord, releasedConfiguration } from "./records/record.ts";

/**
 * The services and tasks that a release is made of: all, or those of a partial one.
 *
 * @throws FardelError (exit code 2) when the environment allows no partial release, when it would part what goes together, or
 * when there is no such service or task.
 */
export function releasedNames(app: App, only: readonly string[] | undefined): Set<string> {
  const all = [...Object.keys(app.services), ...Object.keys(app.tasks)];
  if (only === undefined) return new Set(all);
  const unknown = only.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    const meant = nearest(unknown, all);
    throw new FardelError(
      "UNKNOWN_WORKLOAD",
      `${app.name} has no service or task ${unknown}${meant === undefined ? "." : `; did you mean ${meant}?`}`,
      { where: whereWritten(app, "services"), fix: `There is ${all.join(", ")}.`, exitCode: 2 },
    );
  }
  if (!app.partial) {
    throw new FardelError("PARTIAL_RELEASE", `Releases of ${app.name} to ${app.environment} have to be whole.`, {
      where: whereWritten(app, "partial"),
      fix: "Release without --only, or set `partial: true` for this environment.",
      exitCode: 2,
    });
  }
  const names = new Set(only);
  refuseSplit(app, names);
  return names;
}

/** A bundle (`release.together`) is released as a whole or not at all. */
function refuseSplit(app: App, names: ReadonlySet<string>): void {
  for (const [index, bundle] of app.release.together.entries()) {
    const absent = bundle.filter((name) => !names.has(name));
    if (absent.length === 0 || absent.length === bundle.length) continue;
    const present = bundle.filter((name) => names.has(name));
    throw new FardelError("SPLIT_BUNDLE", `${andList(bundle)} go together: a partial release may not part them.`, {
      where: whereWritten(app, `release.together.${index}`),
      why: `--only names ${andList(present)}, and not ${andList(absent)}. Nothing was changed.`,
      fix: `Add ${absent.map((name) => `--only ${name}`).join(" ")}, or leave ${andList(present)} out.`,
      exitCode: 2,
    });
  }
}

/** What serves after the release: the manifest, but what a partial release leaves alone as the release before has it. */
export function configurationOf(
  app: App,
  names: ReadonlySet<string>,
  serving: ReleaseRecord | undefined,
): ReleasedConfiguration {
  const configuration = releasedConfiguration(app);
  const merge = <Value>(now: Record<string, Value>, before: Record<string, Value> = {}) => {
    const kept = Object.entries(before).filter(([name]) => !names.has(name));
    return Object.fromEntries([...kept, ...Object.entries(now).filter(([name]) => names.has(name))]);
  };
  const all = [...Object.keys(app.services), ...Object.keys(app.tasks)];
  if (all.every((name) => names.has(name))) return configuration;
  return {
    ...configuration,
    services: merge(configuration.services, serving?.configuration.services),
    tasks: merge(configuration.tasks, serving?.configuration.tasks),
  };
}
