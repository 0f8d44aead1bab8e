import type { App, Workload } from "@fardel/core";
import { FardelError } from "@fardel/core/errors.ts";

/** The app with the images of some services and tasks replaced by `--image service=reference`. */
export function withImages(app: App, overrides: readonly string[]): App {
  return overrides.reduce(withImage, app);
}

function withImage(app: App, override: string): App {
  const [, name = "", reference = ""] = /^([^=]+)=(.+)$/.exec(override) ?? [];
  if (name === "")
    throw unusable(`--image takes service=reference, not ${override}.`, "For example --image web=nginx:1.29");
  const known = [...Object.keys(app.services), ...Object.keys(app.tasks)];
  if (!known.includes(name)) throw unusable(`There is no service or task ${name}.`, `There is ${known.join(", ")}.`);
  return {
    ...app,
    services: replaced(app.services, name, reference),
    tasks: replaced(app.tasks, name, reference),
  };
}

function replaced<Kind extends Workload>(workloads: Record<string, Kind>, name: string, reference: string) {
  const { [name]: workload } = workloads;
  if (workload === undefined) return workloads;
  return { ...workloads, [name]: { ...workload, image: { kind: "registry" as const, reference } } };
}

function unusable(message: string, fix: string): FardelError {
  return new FardelError("ImageOption", message, { fix, exitCode: 2 });
}
