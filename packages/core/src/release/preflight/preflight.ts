import type { App } from "../../config/app.ts";
import { whereWritten } from "../../config/where-written.ts";
import { FardelError } from "../../errors.ts";
import { imageKey } from "../../images/needed-images.ts";
import type { EnvironmentDescriptor } from "../../infra/descriptor.ts";
import type { CurrentState } from "../current.ts";
import { type DefinitionContext, type TaskDefinitionInput, taskDefinition } from "../definitions/task-definitions.ts";
import { lastPart } from "../names.ts";
import { primaryOf } from "../rollout/services.ts";
import type { Run } from "../run.ts";
import { checkAlarms } from "./alarms.ts";
import { checkCluster } from "./cluster.ts";
import { definitionProblems } from "./definitions.ts";
import { checkImages } from "./images.ts";
import { checkLogGroups } from "./logs.ts";
import { checkNetwork } from "./network.ts";
import type { PreflightProblem } from "./problem.ts";
import { checkRoles } from "./roles.ts";
import { type CheckedSecrets, checkSecrets } from "./secrets.ts";

/** What a preflight looks at. */
export interface Preflight {
  app: App;
  /** Services and tasks that the release is made of. */
  names: ReadonlySet<string>;
  /** By workload: the file that its task definition starts from. */
  bases: DefinitionContext["bases"];
  current: CurrentState;
}

/**
 * Looks for everything that would stop a release half-way, before anything is touched, and tells all of it at once: secrets,
 * images, roles, log groups, network, target groups, cluster, alarms, limits of AWS, services of others. What these credentials may
 * not look at is taken to be right.
 *
 * @returns what was found out of the manifest's secrets.
 * @throws FardelError `PREFLIGHT` with every problem.
 */
export async function preflight(
  run: Pick<Run, "aws" | "descriptor" | "time">,
  { app, names, bases, current }: Preflight,
): Promise<CheckedSecrets> {
  const { aws, descriptor } = run;
  const draft = draftDefinitions(app, names, { descriptor, bases });
  const [secrets, ...others] = await Promise.all([
    checkSecrets(aws, app, descriptor, names),
    checkImages(run, app, draft),
    checkRoles(run, app, draft),
    checkLogGroups(run, app, draft),
    checkNetwork(run, app, names, current),
    checkCluster(run, app, names),
    checkAlarms(run, app, names),
  ]);
  const { arns: secretArns, keys: secretKeys } = secrets;
  const problems = [
    ...secrets.problems,
    ...others.flat(),
    ...definitionProblems(app, draftDefinitions(app, names, { descriptor, bases, secretArns, secretKeys })),
    ...checkServices(app, names, current, descriptor),
  ];
  if (problems.length > 0) throw preflightError(app, problems);
  return secrets;
}

/** Task definitions as far as they can be known before images are published: an image is named by its key. */
function draftDefinitions(
  app: App,
  names: ReadonlySet<string>,
  known: Pick<DefinitionContext, "descriptor" | "bases"> & Partial<DefinitionContext>,
): Map<string, TaskDefinitionInput> {
  const workloads = [...Object.values(app.services), ...Object.values(app.tasks)].filter(({ name }) => names.has(name));
  const sources = workloads.flatMap((workload) => [workload, ...Object.values(workload.sidecars)]);
  const keys = sources.map(({ image }) => imageKey(image));
  const context: DefinitionContext = {
    images: new Map(keys.map((key) => [key, key])),
    secretArns: new Map(),
    secretKeys: new Map(),
    addresses: {},
    release: 1,
    commit: "",
    ...known,
  };
  return new Map(workloads.map((workload) => [workload.name, taskDefinition(workload, context)]));
}

/** A service of somebody else is never touched, and a rollout of somebody else isn't cut short. */
function checkServices(
  app: App,
  names: ReadonlySet<string>,
  { services, serving }: CurrentState,
  { cluster }: EnvironmentDescriptor,
): PreflightProblem[] {
  return [...services].flatMap(([name, { ecs, ours }]): PreflightProblem[] => {
    if (!names.has(name)) return [];
    const where = whereWritten(app, `services.${name}`);
    if (!ours) {
      return [
        {
          where,
          message: `there is a service ${ecs.serviceName} in cluster ${cluster} that fardel hasn't made for this app`,
          fix: "Rename the service in the manifest, use another cluster, or delete that service.",
        },
      ];
    }
    const primary = primaryOf(ecs);
    const released = serving?.services[name]?.taskDefinition;
    const family = (arn: string | undefined) => lastPart(arn).split(":")[0];
    const foreign = released !== undefined && family(released) !== family(primary?.taskDefinition);
    if (primary?.rolloutState !== "IN_PROGRESS" || !foreign) return [];
    return [
      {
        where,
        message: `somebody else is rolling out ${lastPart(primary.taskDefinition)} to ${ecs.serviceName} (${primary.id})`,
        fix: `Wait for it, or stop it: aws ecs stop-service-deployment --service-deployment-arn ${ecs.currentServiceDeployment ?? "<arn>"}`,
      },
    ];
  });
}

function preflightError(app: App, problems: readonly PreflightProblem[]): FardelError {
  const [only] = problems;
  const told = (problem: PreflightProblem) =>
    `${problem.where}\n  ${problem.message}\n  ${problem.fix.replaceAll("\n", "\n  ")}`;
  if (only && problems.length === 1) {
    const message = `${only.message.charAt(0).toUpperCase()}${only.message.slice(1)}.`;
    return new FardelError("PREFLIGHT", message, { where: only.where, why: "No service was changed.", fix: only.fix });
  }
  return new FardelError("PREFLIGHT", `${problems.length} things stand in the way of a release of ${app.name}.`, {
    where: app.environment,
    why: `${problems.map(told).join("\n\n")}\n\nNo service was changed.`,
  });
}
