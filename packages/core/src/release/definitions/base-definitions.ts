import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import type { RegisterTaskDefinitionRequest } from "@aws-sdk/client-ecs";
import type { App, Service, Task } from "../../config/app.ts";
import { whereWritten } from "../../config/where-written.ts";
import { FardelError } from "../../errors.ts";
import { type UnknownKey, unknownDefinitionKeys } from "./definition-keys.ts";
import type { BaseDefinition } from "./definition-merge.ts";
import { saidByEcs } from "./difference.ts";

/**
 * Reads the files that task definitions start from, by workload, and checks what manifests add to task definitions. A file is as
 * `aws ecs describe-task-definition` prints it, or as `register-task-definition` takes it.
 *
 * @throws FardelError `TASK_DEFINITION` (exit code 2) for what is no task definition.
 */
export async function readBases(app: App, names: ReadonlySet<string>): Promise<Map<string, BaseDefinition>> {
  const bases = new Map<string, BaseDefinition>();
  const sections = { services: Object.values(app.services), tasks: Object.values(app.tasks) };
  for (const [section, workloads] of Object.entries(sections)) {
    for (const workload of workloads) {
      const path = `${section}.${workload.name}`;
      if (!names.has(workload.name)) continue;
      if (workload.taskDefinition?.kind === "patch") await check(app, path, workload.taskDefinition.patch);
      if (workload.taskDefinition?.kind === "base")
        bases.set(workload.name, await readBase(app, path, workload, workload.taskDefinition.file));
    }
  }
  return bases;
}

async function readBase(app: App, path: string, workload: Service | Task, file: string): Promise<BaseDefinition> {
  const definition = await readDefinition(app, path, file);
  await check(app, path, definition, relative(app.directory, file));
  const isWritten = (key: string) => app.written.some((each) => each.path.join(".") === `${path}.${key}`);
  const containers = [workload, ...Object.values(workload.sidecars)];
  const sidecars = Object.keys(workload.sidecars).filter((name) => isWritten(`sidecars.${name}.essential`));
  // Releases watch the own container: without it the task is over.
  const essential = [workload.name, ...sidecars];
  return {
    definition,
    written: { cpu: isWritten("cpu"), memory: isWritten("memory"), stop: isWritten("stop"), essential },
    builds: containers.some(({ image }) => image.kind === "build"),
  };
}

async function readDefinition(app: App, path: string, file: string): Promise<Partial<RegisterTaskDefinitionRequest>> {
  const shown = relative(app.directory, file);
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw invalid(app, path, `${shown} can't be read as JSON: ${(error as Error).message}.`);
  }
  const described = isObject(parsed) && isObject(parsed.taskDefinition) ? parsed.taskDefinition : parsed;
  if (!isObject(described)) throw invalid(app, path, `${shown} holds no task definition.`);
  // Tags of a definition that exists stand beside it; fardel sets its own. The family is the app's, so that releases can be told apart.
  return Object.fromEntries(
    Object.entries(described).filter(([key]) => ![...saidByEcs, "family", "tags"].includes(key)),
  );
}

async function check(app: App, path: string, definition: object, file?: string): Promise<void> {
  const refused = ["family", "tags"].find((key) => key in definition);
  if (refused !== undefined) throw invalid(app, path, `The ${refused} of a task definition is fardel's to set.`);
  const unknown = await unknownDefinitionKeys(definition);
  if (unknown.length === 0) return;
  const told = unknown.map(({ path: key, meant }: UnknownKey) => `${key}${meant ? ` (did you mean ${meant}?)` : ""}`);
  throw invalid(app, path, `ECS has no such task definition parameter: ${told.join(", ")}.`, file);
}

function invalid(app: App, path: string, message: string, file?: string): FardelError {
  return new FardelError("TASK_DEFINITION", message, {
    where: file ?? whereWritten(app, `${path}.taskDefinition`),
    why: "Nothing was changed.",
    fix: "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html lists what there is.",
    exitCode: 2,
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
