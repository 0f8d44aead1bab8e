import { createRegistryClient, OciError, type RegistryClient } from "@fardel/oci";
import { inParallel } from "@fardel/oci/registry/client/in-parallel.ts";
import type { App } from "../../config/app.ts";
import { whereWritten } from "../../config/where-written.ts";
import { imageKey, neededImages } from "../../images/needed-images.ts";
import { registryCredentials } from "../../images/registry-access.ts";
import type { TaskDefinitionInput } from "../definitions/task-definitions.ts";
import type { Run } from "../run.ts";
import { type PreflightProblem, pathOf } from "./problem.ts";

type Architecture = "amd64" | "arm64";

const lookedUpAtOnce = 8;
/** A registry that takes longer is met again when images are published, which waits for it. */
const patienceMs = 4000;

/**
 * Looks whether the images that somebody else has built exist for the processor their tasks run on, and whether those that are
 * built are made for it: the task definition, a file or patch of one's own included, has the last word on the processor.
 *
 * @param definitions by service or task, with images by their `imageKey`.
 */
export async function checkImages(
  { aws, descriptor, time }: Pick<Run, "aws" | "descriptor" | "time">,
  app: App,
  definitions: ReadonlyMap<string, TaskDefinitionInput>,
): Promise<PreflightProblem[]> {
  const builds = buildProblems(app, definitions);
  const { references } = neededImages(app, [...definitions.keys()]);
  if (references.length === 0) return builds;
  const registries = createRegistryClient({
    credentials: registryCredentials(aws, async () => Object.values(descriptor.repositories)),
  });
  const problems: PreflightProblem[] = [];
  const looking = inParallel(references, lookedUpAtOnce, async ({ reference, path }) => {
    const architectures = new Set(usersOf(reference, definitions).map(([, definition]) => architectureOf(definition)));
    for (const architecture of architectures) {
      const problem = await lookFor(registries, reference, architecture);
      if (problem) problems.push({ where: whereWritten(app, path), ...problem });
    }
  });
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const cancel = time.after(patienceMs, resolve);
  try {
    await Promise.race([looking, late]);
  } finally {
    cancel();
    looking.catch(() => {}).finally(() => registries.close());
  }
  return [...builds, ...problems];
}

/** ECS's default is X86_64. */
function architectureOf({ runtimePlatform }: TaskDefinitionInput): Architecture {
  return runtimePlatform?.cpuArchitecture === "ARM64" ? "arm64" : "amd64";
}

function usersOf(key: string, definitions: ReadonlyMap<string, TaskDefinitionInput>) {
  return [...definitions].filter(([, { containerDefinitions }]) =>
    containerDefinitions.some(({ image }) => image === key),
  );
}

function buildProblems(app: App, definitions: ReadonlyMap<string, TaskDefinitionInput>): PreflightProblem[] {
  return [...definitions].flatMap(([name, definition]) => {
    const wanted = architectureOf(definition);
    const workload = app.services[name] ?? app.tasks[name];
    const containers = workload ? [workload, ...Object.values(workload.sidecars)] : [];
    const other = containers
      .map(({ image }) => (image.kind === "build" ? app.images[imageKey(image)] : undefined))
      .find((build) => build !== undefined && build.platform.architecture !== wanted);
    if (other === undefined) return [];
    return [
      {
        where: whereWritten(app, `${pathOf(app, name)}.taskDefinition`),
        message: `the image ${other.name} is built for ${other.platform.architecture}, and the task definition of ${name} asks for ${wanted}`,
        fix: `Set images.${other.name}.platform to linux/${wanted}, or take runtimePlatform out of the task definition.`,
      },
    ];
  });
}

async function lookFor(
  registries: RegistryClient,
  reference: string,
  architecture: Architecture,
): Promise<Omit<PreflightProblem, "where"> | undefined> {
  try {
    await registries.pull(reference, { os: "linux", architecture });
    return undefined;
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return {
      message: `the image ${reference} can't be used: ${error.message.split("\n").join(" ").replace(/\.$/, "")}`,
      fix: error.fix ?? "Check its name and tag, and that this login may read it.",
    };
  }
}
