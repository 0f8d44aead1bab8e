import type { Aws } from "../../aws/clients.ts";
import { isAwsError } from "../../aws/errors.ts";
import { localEnvironment } from "../../aws/target.ts";
import type { App, Workload } from "../../config/app.ts";
import { andList } from "../../config/nearest.ts";
import { whereWritten } from "../../config/where-written.ts";
import type { EnvironmentDescriptor } from "../../infra/descriptor.ts";
import {
  isMissing,
  jsonValue,
  locate,
  objectKeys,
  readSecret,
  type SecretLocation,
  type SecretUse,
  secretUses,
} from "../definitions/secrets.ts";
import { spreadId } from "../definitions/task-definitions.ts";
import type { PreflightProblem } from "./problem.ts";

export interface CheckedSecrets {
  problems: PreflightProblem[];
  /** ARN in Secrets Manager by name, for the manifest's named secrets. */
  arns: Map<string, string>;
  /** Keys of each JSON secret that is spread, by `spreadId`. */
  keys: Map<string, string[]>;
}

/**
 * Looks for every secret that the services and tasks name, each once, all at the same time. A value is read only where a
 * key of its JSON is asked for, and is not kept.
 */
export async function checkSecrets(
  aws: Aws,
  app: App,
  descriptor: EnvironmentDescriptor,
  names: ReadonlySet<string>,
): Promise<CheckedSecrets> {
  const released = (workload: Workload) => names.has(workload.name);
  const uses = [
    ...Object.values(app.services)
      .filter(released)
      .flatMap((service) => secretUses("services", service)),
    ...Object.values(app.tasks)
      .filter(released)
      .flatMap((task) => secretUses("tasks", task)),
  ];
  const found = new Map<string, Promise<Found>>();
  const look = (location: SecretLocation): Promise<Found> => {
    const key = JSON.stringify(location);
    const looking = found.get(key) ?? lookFor(aws, location);
    found.set(key, looking);
    return looking;
  };
  const problems: PreflightProblem[] = [];
  const arns = new Map<string, string>();
  const keys = new Map<string, string[]>();
  for (const use of uses) {
    const location = locate(use.source, descriptor);
    if (location) void look(location);
  }
  for (const [use, ...alike] of sameNeeds(uses, descriptor)) {
    const location = locate(use.source, descriptor);
    const state: Found = location ? await look(location) : { state: "no database" };
    for (const { source } of [use, ...alike]) {
      if (state.state === "found" && source.kind === "named")
        arns.set(source.secretName, fullArn(state.arn, descriptor));
    }
    const problem = problemOf(app, use, alike, location, state);
    if (problem) problems.push(problem);
    if (!use.spreads || location === undefined || problem) continue;
    const spread = await spreadKeys(aws, app, use, location);
    if (!Array.isArray(spread)) problems.push(spread);
    else for (const { source } of [use, ...alike]) keys.set(spreadId(source), spread);
  }
  return { problems, arns, keys };
}

/** Those that need the same of the same secret, together: what is wrong with it is one problem. */
function sameNeeds(uses: readonly SecretUse[], descriptor: EnvironmentDescriptor): [SecretUse, ...SecretUse[]][] {
  const needs = new Map<string, [SecretUse, ...SecretUse[]]>();
  for (const use of uses) {
    const location = locate(use.source, descriptor);
    const need = location ? JSON.stringify([location, use.spreads]) : use.path;
    needs.set(need, [...(needs.get(need) ?? []), use] as [SecretUse, ...SecretUse[]]);
  }
  return [...needs.values()];
}

/** The names of a JSON secret's keys; its values are forgotten at once. */
async function spreadKeys(
  aws: Aws,
  app: App,
  { path }: SecretUse,
  location: SecretLocation,
): Promise<string[] | PreflightProblem> {
  const where = whereWritten(app, path);
  const { id } = location;
  let text: string | undefined;
  try {
    text = await readSecret(aws, location);
  } catch (error) {
    if (!isAwsError(error, "AccessDeniedException")) throw error;
    return {
      where,
      message: `the secret ${id} is to be spread, and these credentials may not read which keys it has`,
      fix: "Allow secretsmanager:GetSecretValue on it, or name each key: VARIABLE: secret#key.",
    };
  }
  const found = objectKeys(text ?? "");
  if (found === undefined)
    return {
      where,
      message: `the secret ${id} is to be spread, but is no JSON object`,
      fix: secretsManager(app, `put-secret-value --secret-id ${id} --secret-string '{"VARIABLE":"<value>"}'`),
    };
  return found;
}

/** Secrets Manager also takes an ARN without its six random characters, which nobody knows who may not look. */
function fullArn(nameOrArn: string, { roles, region, accountId }: EnvironmentDescriptor): string {
  const partition = roles.execution.split(":")[1];
  return nameOrArn.startsWith("arn:")
    ? nameOrArn
    : `arn:${partition}:secretsmanager:${region}:${accountId}:secret:${nameOrArn}`;
}

type Found =
  | { state: "found"; arn: string }
  | { state: "missing" | "no database" | "no value" | "not JSON" | "deleted" }
  | { state: "no key"; keys: string[] }
  | { state: "unreadable"; error: Error };

async function lookFor(aws: Aws, location: SecretLocation): Promise<Found> {
  const { store, id, jsonKey } = location;
  try {
    if (store === "ssm") {
      return (await readSecret(aws, location)) === undefined ? { state: "missing" } : { state: "found", arn: id };
    }
    const {
      ARN: arn = id,
      DeletedDate,
      VersionIdsToStages,
    } = await aws.secretsManager.describeSecret({ SecretId: id });
    if (DeletedDate) return { state: "deleted" };
    const stages = Object.values(VersionIdsToStages ?? {}).flat();
    if (!stages.includes("AWSCURRENT")) return { state: "no value" };
    if (jsonKey === undefined) return { state: "found", arn };
    return keyState((await readSecret(aws, location)) ?? "", jsonKey, arn);
  } catch (error) {
    if (isMissing(error)) return { state: "missing" };
    // Who deploys need not be allowed to read secrets: ECS's own role is. What can't be seen is no problem yet.
    if (isAwsError(error, "AccessDeniedException")) return { state: "found", arn: id };
    return { state: "unreadable", error: error as Error };
  }
}

function keyState(text: string, key: string, arn: string): Found {
  if (jsonValue(text, key) !== undefined) return { state: "found", arn };
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) return { state: "no key", keys: Object.keys(parsed) };
  } catch {
    // Said below, without the text.
  }
  return { state: "not JSON" };
}

function problemOf(
  app: App,
  use: SecretUse,
  alike: readonly SecretUse[],
  location: SecretLocation | undefined,
  found: Found,
): PreflightProblem | undefined {
  const { path, variable } = use;
  const needs = needing([use, ...alike]);
  const where = whereWritten(app, path);
  const id = location?.id ?? "";
  const key = location?.jsonKey ?? "";
  switch (found.state) {
    case "found":
      return undefined;
    case "no database":
      return {
        where,
        message: `${needs} ${variable} from a database that ${app.environment} doesn't have yet`,
        fix: `Run \`fardel up ${app.environment}\`, which makes it.`,
      };
    case "missing":
      return {
        where,
        message: `${needs} the secret ${id}, which doesn't exist`,
        fix: creation(app, use, location),
      };
    case "deleted":
      return {
        where,
        message: `${needs} the secret ${id}, which is marked for deletion`,
        fix: secretsManager(app, `restore-secret --secret-id ${id}`),
      };
    case "no value":
      return {
        where,
        message: `${needs} the secret ${id}, which has no value yet`,
        fix: secretsManager(app, `put-secret-value --secret-id ${id} --secret-string '${exampleOf(use, location)}'`),
      };
    case "not JSON":
      return {
        where,
        message: `${needs} the key ${key} of the secret ${id}, which is no JSON`,
        fix: `Store it as '{"${key}":"<value>"}', or take #${key} out.`,
      };
    case "no key":
      return {
        where,
        message: `${needs} the key ${key} of the secret ${id}, which has ${found.keys.length > 0 ? `only ${found.keys.join(", ")}` : "no keys"}`,
        fix: `Add ${key} to its JSON (\`aws secretsmanager put-secret-value\`), or correct the name after #.`,
      };
    case "unreadable":
      return {
        where,
        message: `${needs} the secret ${id}, which can't be looked up: ${found.error.message}`,
        fix:
          ("fix" in found.error && typeof found.error.fix === "string" && found.error.fix) || "Run the command again.",
      };
  }
}

/** `service web needs`, `service web and task migrate need`. */
function needing(uses: readonly SecretUse[]): string {
  const who = uses.map(({ path }) => {
    const [section, workload] = path.split(".");
    return `${section === "tasks" ? "task" : "service"} ${workload}`;
  });
  const names = [...new Set(who)];
  return names.length === 1 ? `${names[0]} needs` : `${andList(names)} need`;
}

function creation(app: App, use: SecretUse, location: SecretLocation | undefined): string {
  const { source } = use;
  if (source.kind !== "named") return "Correct the ARN, or create what it names.";
  return secretsManager(app, `create-secret --name ${source.secretName} --secret-string '${exampleOf(use, location)}'`);
}

/** To copy. Without the first line, a secret of the embedded region would be looked for, or made, in a real account. */
function secretsManager({ environment }: App, operation: string): string {
  const command = `aws secretsmanager ${operation}`;
  return environment === localEnvironment ? `eval "$(fardel local env)"\n${command}` : command;
}

function exampleOf({ spreads }: SecretUse, location: SecretLocation | undefined): string {
  if (spreads) return '{"VARIABLE":"<value>"}';
  return location?.jsonKey === undefined ? "<value>" : `{"${location.jsonKey}":"<value>"}`;
}
