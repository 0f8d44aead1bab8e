import type { App } from "../../config/app.ts";
import { whereWritten } from "../../config/where-written.ts";
import type { TaskDefinitionInput } from "../definitions/task-definitions.ts";
import type { Run } from "../run.ts";
import { missingInfrastructure, type PreflightProblem, pathOf, sectionOf } from "./problem.ts";

/** Looks whether the log groups are there that containers write to: a task whose group is missing doesn't start. */
export async function checkLogGroups(
  { aws, descriptor }: Pick<Run, "aws" | "descriptor">,
  app: App,
  definitions: ReadonlyMap<string, TaskDefinitionInput>,
): Promise<PreflightProblem[]> {
  const own = [...definitions.keys()].map((name) => ({ name, group: descriptor.logGroups[name] }));
  const others = [...definitions].flatMap(([name, definition]) =>
    otherGroups(definition, descriptor.logGroups[name], descriptor.region).map((group) => ({ name, group })),
  );
  const existing = await existingGroups(
    aws,
    [...own, ...others].flatMap(({ group }) => group ?? []),
  );
  return [
    ...own.flatMap(({ name, group }) => {
      if (group !== undefined && existing.has(group)) return [];
      const kind = sectionOf(app, name).slice(0, -1);
      const none = `${kind} ${name} has no log group in ${app.environment} yet`;
      return [missingInfrastructure(app, name, group === undefined ? none : `the log group ${group} is gone`)];
    }),
    ...others.flatMap(({ name, group }) => {
      if (existing.has(group)) return [];
      const where = whereWritten(app, `${pathOf(app, name)}.taskDefinition`);
      const message = `a container of ${name} writes to the log group ${group}, which doesn't exist`;
      return [{ where, message, fix: `aws logs create-log-group --log-group-name ${group}` }];
    }),
  ];
}

/** Those of containers that a file or a patch has brought. */
function otherGroups({ containerDefinitions }: TaskDefinitionInput, own: string | undefined, region: string): string[] {
  const groups = containerDefinitions.flatMap(({ logConfiguration }) => {
    const { logDriver, options = {} } = logConfiguration ?? {};
    const isHere = logDriver === "awslogs" && options["awslogs-region"] === region;
    const group = options["awslogs-group"];
    return isHere && options["awslogs-create-group"] !== "true" && group !== own ? (group ?? []) : [];
  });
  return [...new Set(groups)].filter((group) => group !== "");
}

async function existingGroups(aws: Run["aws"], wanted: readonly string[]): Promise<Set<string>> {
  const existing = new Set<string>();
  const logGroupNamePrefix = commonPrefix(wanted);
  let nextToken: string | undefined;
  do {
    const page = await aws.logs.describeLogGroups({
      ...(logGroupNamePrefix !== "" && { logGroupNamePrefix }),
      ...(nextToken && { nextToken }),
    });
    for (const { logGroupName } of page.logGroups ?? []) if (logGroupName) existing.add(logGroupName);
    nextToken = page.nextToken;
  } while (nextToken && wanted.some((group) => !existing.has(group)));
  return existing;
}

function commonPrefix([first = "", ...rest]: readonly string[]): string {
  let length = first.length;
  for (const each of rest) while (!each.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}
