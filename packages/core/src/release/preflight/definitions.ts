import type { App } from "../../config/app.ts";
import { isFargatePair, nearestFargatePairs } from "../../config/fargate.ts";
import { whereWritten } from "../../config/where-written.ts";
import type { TaskDefinitionInput } from "../definitions/task-definitions.ts";
import { type PreflightProblem, pathOf } from "./problem.ts";

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html: neither can be raised. */
const mostContainers = 10;
const largestBytes = 64 * 1024;

/**
 * What ECS or Fargate would refuse of task definitions, those merged with a file or a patch included.
 *
 * @param definitions by service or task.
 */
export function definitionProblems(
  app: App,
  definitions: ReadonlyMap<string, TaskDefinitionInput>,
): PreflightProblem[] {
  return [...definitions].flatMap(([name, definition]) => {
    const messages = [sizeProblem(definition), containersProblem(definition), bytesProblem(definition)];
    return messages.flatMap((problem) =>
      problem === undefined ? [] : [{ where: whereWritten(app, `${pathOf(app, name)}.taskDefinition`), ...problem }],
    );
  });
}

type Told = Omit<PreflightProblem, "where">;

function sizeProblem({ family, cpu, memory }: TaskDefinitionInput): Told | undefined {
  const cpuUnits = cpuUnitsOf(cpu ?? "");
  const memoryMiB = mebibytesOf(memory ?? "");
  if (cpuUnits === undefined || memoryMiB === undefined) {
    return {
      message: `the task definition ${family} has cpu ${cpu} and memory ${memory}, which Fargate doesn't know`,
      fix: "Write cpu in units (1024 is one vCPU) and memory in MiB, as numbers.",
    };
  }
  if (isFargatePair(cpuUnits, memoryMiB)) return undefined;
  const pairs = nearestFargatePairs(cpuUnits, memoryMiB).map((pair) => `cpu ${pair.cpuUnits} with ${pair.memoryMiB}`);
  return {
    message: `the task definition ${family} has cpu ${cpu} with memory ${memory}, which is no pair of Fargate's`,
    fix: `Take ${pairs.join(", or ")}.`,
  };
}

/** "256 or .25 vCPU": https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html */
function cpuUnitsOf(text: string): number | undefined {
  const [, number, unit] = /^\s*(\d*\.?\d+)\s*(vcpu)?\s*$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  return unit === undefined ? Number(number) : Number(number) * 1024;
}

/** "512 or 0.5 GB". */
function mebibytesOf(text: string): number | undefined {
  const [, number, unit] = /^\s*(\d*\.?\d+)\s*(gb)?\s*$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  return unit === undefined ? Number(number) : Number(number) * 1024;
}

function containersProblem({ family, containerDefinitions }: TaskDefinitionInput): Told | undefined {
  const { length } = containerDefinitions;
  if (length <= mostContainers) return undefined;
  return {
    message: `the task definition ${family} has ${length} containers, and ECS takes ${mostContainers}`,
    fix: "Give some of its sidecars a service of their own.",
  };
}

function bytesProblem(definition: TaskDefinitionInput): Told | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(definition));
  if (bytes <= largestBytes) return undefined;
  return {
    message: `the task definition ${definition.family} is ${Math.ceil(bytes / 1024)} KB large, and ECS takes ${largestBytes / 1024} KB`,
    fix: "Put long values into a secret or a file of the image: variables and names of secrets take most of it.",
  };
}
