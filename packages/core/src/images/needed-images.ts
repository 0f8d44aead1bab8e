import type { App, Container, ImageBuild, ImageSource } from "../config/app.ts";

/** The images a release needs, each once. */
export interface NeededImages {
  builds: NeededBuild[];
  references: NeededReference[];
}

export interface NeededBuild {
  build: ImageBuild;
  /** Does any container rely on the image to say how it starts? */
  commandRequired: boolean;
}

export interface NeededReference {
  reference: string;
  /** What the tasks that use it run on. */
  architectures: ("amd64" | "arm64")[];
  /** Path in the manifest of the first that names it, such as `services.web.image`. */
  path: string;
}

/** By what a published image is found: the build's name or the reference as written. */
export function imageKey(source: ImageSource): string {
  return source.kind === "build" ? source.build : source.reference;
}

/** What the given services and tasks need; all of them where no names are given. */
export function neededImages(app: App, workloads?: readonly string[]): NeededImages {
  const builds = new Map<string, NeededBuild>();
  const references = new Map<string, NeededReference>();
  for (const { container, architecture, path } of containersOf(app, workloads)) {
    const { image } = container;
    if (image.kind === "build") {
      const build = app.images[image.build];
      const known = builds.get(image.build);
      const commandRequired = known?.commandRequired === true || container.command === undefined;
      if (build) builds.set(image.build, { build, commandRequired });
    } else {
      const known = references.get(image.reference) ?? { reference: image.reference, architectures: [], path };
      const architectures = [...new Set([...known.architectures, architecture])];
      references.set(image.reference, { ...known, architectures });
    }
  }
  return { builds: [...builds.values()], references: [...references.values()] };
}

function containersOf(app: App, names: readonly string[] | undefined) {
  const sections = [
    ["services", Object.entries(app.services)],
    ["tasks", Object.entries(app.tasks)],
  ] as const;
  return sections.flatMap(([section, workloads]) =>
    workloads.flatMap(([name, workload]) => {
      if (names !== undefined && !names.includes(name)) return [];
      const { architecture } = workload;
      const sidecars = Object.entries(workload.sidecars).map(([sidecar, container]: [string, Container]) => ({
        container,
        architecture,
        path: `${section}.${name}.sidecars.${sidecar}.image`,
      }));
      return [{ container: workload as Container, architecture, path: `${section}.${name}.image` }, ...sidecars];
    }),
  );
}
