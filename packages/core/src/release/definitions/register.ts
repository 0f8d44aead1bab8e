import type { Changes, DefinitionChoice } from "../changes.ts";
import { ecsTags } from "../names.ts";
import type { ReleasedWorkload } from "../records/record.ts";
import type { Run } from "../run.ts";

/**
 * Registers the task definitions that are new, all at once.
 *
 * @returns what each service and task of the release runs.
 */
export async function registerDefinitions(
  run: Run,
  { services, tasks }: Changes,
  release: number,
): Promise<Map<string, ReleasedWorkload>> {
  run.check();
  const registered = await Promise.all(
    [...services, ...tasks].map(
      async ({ name, definition }) => [name, await register(run, name, definition, release)] as const,
    ),
  );
  return new Map(registered);
}

async function register(
  { aws, descriptor, emit }: Run,
  workload: string,
  choice: DefinitionChoice,
  release: number,
): Promise<ReleasedWorkload> {
  if (choice.kind === "registered") return { taskDefinition: choice.arn, image: choice.image };
  const { app, environment } = descriptor;
  const { taskDefinition } = await aws.ecs.registerTaskDefinition({
    ...choice.input,
    tags: ecsTags({ app, environment, workload, release }),
  });
  const arn = taskDefinition?.taskDefinitionArn ?? "";
  emit({ type: "definition.registered", workload, taskDefinition: arn });
  return { taskDefinition: arn, image: choice.input.containerDefinitions[0]?.image ?? "" };
}
