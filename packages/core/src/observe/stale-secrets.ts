import type { Task, TaskDefinition } from "@aws-sdk/client-ecs";
import type { Aws } from "../aws/clients.ts";
import { isAwsError } from "../aws/errors.ts";
import { isMissing } from "../release/definitions/secrets.ts";

/** A secret that was changed after tasks had read it: ECS hands secrets to a task when it starts, and never again. */
export interface StaleSecret {
  /** ARN in Secrets Manager, or ARN or name of a parameter of SSM. */
  secret: string;
  /** The environment variables that hold its old value. */
  variables: string[];
  changed: Date;
  /** How many tasks had started before. */
  tasks: number;
}

/** When a secret was last changed; undefined where it is gone, or may not be looked at. Each is asked for once. */
export type WhenChanged = (secret: string) => Promise<Date | undefined>;

export function whenChanged(aws: Aws): WhenChanged {
  const asked = new Map<string, Promise<Date | undefined>>();
  return (secret) => {
    const answer = asked.get(secret) ?? lastChange(aws, secret);
    asked.set(secret, answer);
    return answer;
  };
}

/** The secrets of a task definition that were changed after a task of it had started. */
export async function staleSecrets(
  definition: TaskDefinition | undefined,
  tasks: readonly Task[],
  changedAt: WhenChanged,
): Promise<StaleSecret[]> {
  const used = Map.groupBy(
    (definition?.containerDefinitions ?? []).flatMap(({ secrets = [] }) => secrets),
    ({ valueFrom = "" }) => secretOf(valueFrom),
  );
  const looked = await Promise.all(
    [...used].map(async ([secret, uses]) => ({ secret, uses, changed: await changedAt(secret) })),
  );
  return looked.flatMap(({ secret, uses, changed }) => {
    if (changed === undefined) return [];
    const before = tasks.filter(({ startedAt }) => startedAt !== undefined && startedAt < changed);
    const variables = [...new Set(uses.flatMap(({ name }) => name ?? []))].sort();
    return before.length === 0 ? [] : [{ secret, variables, changed, tasks: before.length }];
  });
}

/** `arn:aws:secretsmanager:<region>:<account>:secret:<name>[:<key>:<stage>:<id>]`; SSM's ARNs and names have no key. */
function secretOf(valueFrom: string): string {
  const parts = valueFrom.split(":");
  return parts[2] === "secretsmanager" ? parts.slice(0, 7).join(":") : valueFrom;
}

async function lastChange(aws: Aws, secret: string): Promise<Date | undefined> {
  try {
    if (secret.split(":")[2] === "secretsmanager") {
      return (await aws.secretsManager.describeSecret({ SecretId: secret })).LastChangedDate;
    }
    return (await aws.ssm.getParameter({ Name: secret })).Parameter?.LastModifiedDate;
  } catch (error) {
    if (isMissing(error) || isAwsError(error, "AccessDeniedException")) return undefined;
    throw error;
  }
}
