import { isAwsError } from "../../aws/errors.ts";
import type { App } from "../../config/app.ts";
import { whereWritten } from "../../config/where-written.ts";
import type { TaskDefinitionInput } from "../definitions/task-definitions.ts";
import type { Run } from "../run.ts";
import { ifAllowed, type PreflightProblem, pathOf } from "./problem.ts";

const ecsTasks = "ecs-tasks.amazonaws.com";

/** Looks whether the roles of task definitions exist, and whether ECS may give them to tasks. */
export async function checkRoles(
  { aws, descriptor }: Pick<Run, "aws" | "descriptor">,
  app: App,
  definitions: ReadonlyMap<string, TaskDefinitionInput>,
): Promise<PreflightProblem[]> {
  const users = new Map<string, string>();
  for (const [name, { executionRoleArn, taskRoleArn }] of definitions)
    for (const arn of [executionRoleArn, taskRoleArn]) if (arn !== undefined && !users.has(arn)) users.set(arn, name);
  const own = new Set<string>(Object.values(descriptor.roles));
  const looks = [...users].map(async ([arn, workload]): Promise<PreflightProblem[]> => {
    const trouble = await troubleWith(aws, arn, descriptor.accountId);
    if (trouble === undefined) return [];
    const where = whereWritten(app, `${pathOf(app, workload)}.taskDefinition`);
    const up = `Run \`fardel up ${app.environment}\`, which makes it.`;
    return [{ where, message: trouble.message, fix: own.has(arn) ? up : trouble.fix }];
  });
  return (await Promise.all(looks)).flat();
}

async function troubleWith(
  aws: Run["aws"],
  arn: string,
  accountId: string,
): Promise<Omit<PreflightProblem, "where"> | undefined> {
  // arn:aws:iam::<account>:role/<path>/<name>; a role of another account can't be looked at.
  const account = arn.split(":")[4];
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  if (account !== accountId) return undefined;
  let trust: string | undefined;
  try {
    trust = (await ifAllowed(aws.iam.getRole({ RoleName: name })))?.Role?.AssumeRolePolicyDocument;
  } catch (error) {
    if (!isAwsError(error, "NoSuchEntityException") && !isAwsError(error, "NoSuchEntity")) throw error;
    return { message: `the role ${name} doesn't exist`, fix: "Create it, or correct its ARN." };
  }
  if (trust === undefined || mayBeAssumed(trust)) return undefined;
  return {
    message: `the role ${name} can't be assumed by ECS's tasks`,
    fix: `Let its trust policy allow sts:AssumeRole to the service ${ecsTasks}.`,
  };
}

interface Statement {
  Effect?: string;
  Action?: string | string[];
  Principal?: string | { Service?: string | string[] };
}

/** "The policy document returned is URL-encoded compliant with RFC 3986." (GetRole) */
function mayBeAssumed(trust: string): boolean {
  const { Statement = [] } = JSON.parse(decodeURIComponent(trust)) as { Statement?: Statement | Statement[] };
  return [Statement].flat().some(({ Effect, Action = [], Principal }) => {
    const services = typeof Principal === "object" ? [Principal.Service ?? []].flat() : [Principal];
    const actions = [Action].flat().map((action) => action.toLowerCase());
    return (
      Effect === "Allow" &&
      services.some((service) => service === ecsTasks || service === "*") &&
      actions.some((action) => ["sts:assumerole", "sts:*", "*"].includes(action))
    );
  });
}
