import { isAwsError } from "../aws/errors.ts";
import type { App } from "../config/app.ts";
import { whereWritten } from "../config/unsupported.ts";
import { FardelError } from "../errors.ts";
import type { EnvironmentDescriptor } from "../infra/descriptor.ts";
import type { CurrentState } from "./current.ts";
import { lastPart } from "./names.ts";
import type { Run } from "./run.ts";
import { type CheckedSecrets, checkSecrets, type PreflightProblem } from "./secrets-preflight.ts";
import { primaryOf } from "./services.ts";

/**
 * Looks for everything that would stop a release half-way, before anything is touched, and tells all of it at once.
 *
 * @param names services and tasks that the release is made of.
 * @returns what was found out of the manifest's secrets.
 * @throws FardelError `PREFLIGHT` with every problem.
 */
export async function preflight(
  run: Pick<Run, "aws" | "descriptor">,
  app: App,
  names: ReadonlySet<string>,
  current: CurrentState,
): Promise<CheckedSecrets> {
  const { aws, descriptor } = run;
  const [secrets, ...others] = await Promise.all([
    checkSecrets(aws, app, descriptor, names),
    checkLogGroups(run, app, names),
    checkTargetGroups(run, app, names),
    checkCluster(run, app),
  ]);
  const problems = [...secrets.problems, ...others.flat(), ...checkServices(app, names, current, descriptor)];
  if (problems.length > 0) throw preflightError(app, problems);
  return secrets;
}

async function checkLogGroups(
  { aws, descriptor }: Pick<Run, "aws" | "descriptor">,
  app: App,
  names: ReadonlySet<string>,
): Promise<PreflightProblem[]> {
  const needed = [...names].map((name) => ({ name, group: descriptor.logGroups[name] }));
  const groups = needed.flatMap(({ group }) => group ?? []);
  const existing = new Set<string>();
  let nextToken: string | undefined;
  do {
    const page = await aws.logs.describeLogGroups({
      ...(groups.length > 0 && { logGroupNamePrefix: commonPrefix(groups) }),
      ...(nextToken && { nextToken }),
    });
    for (const { logGroupName } of page.logGroups ?? []) if (logGroupName) existing.add(logGroupName);
    nextToken = page.nextToken;
  } while (nextToken && groups.some((group) => !existing.has(group)));
  return needed.flatMap(({ name, group }) =>
    group !== undefined && existing.has(group)
      ? []
      : [
          missingInfrastructure(
            app,
            name,
            group === undefined
              ? `${sectionOf(app, name).slice(0, -1)} ${name} has no log group in ${app.environment} yet`
              : `the log group ${group} is gone`,
          ),
        ],
  );
}

function commonPrefix([first = "", ...rest]: string[]): string {
  let length = first.length;
  for (const each of rest) while (!each.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length) || first;
}

async function checkTargetGroups(
  { aws, descriptor }: Pick<Run, "aws" | "descriptor">,
  app: App,
  names: ReadonlySet<string>,
): Promise<PreflightProblem[]> {
  const routed = Object.values(app.services).filter(({ name, route }) => route !== undefined && names.has(name));
  const unknown = routed.filter(({ name }) => descriptor.targetGroups[name] === undefined);
  const problems = unknown.map(({ name }) =>
    missingInfrastructure(app, name, `service ${name} has a route, but no target group in ${app.environment} yet`),
  );
  const arns = routed.flatMap(({ name }) => descriptor.targetGroups[name] ?? []);
  if (arns.length === 0) return problems;
  try {
    await aws.elbv2.describeTargetGroups({ TargetGroupArns: arns });
  } catch (error) {
    if (!isAwsError(error, "TargetGroupNotFoundException") && !isAwsError(error, "TargetGroupNotFound")) throw error;
    problems.push(missingInfrastructure(app, routed[0]?.name ?? "", "a target group of the load balancer is gone"));
  }
  return problems;
}

async function checkCluster(
  { aws, descriptor }: Pick<Run, "aws" | "descriptor">,
  app: App,
): Promise<PreflightProblem[]> {
  const { clusters = [] } = await aws.ecs.describeClusters({ clusters: [descriptor.cluster] });
  if (clusters[0]?.status === "ACTIVE") return [];
  return [missingInfrastructure(app, "", `the cluster ${descriptor.cluster} is gone`)];
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

function missingInfrastructure(app: App, workload: string, message: string): PreflightProblem {
  return {
    where: whereWritten(app, workload === "" ? "cluster" : `${sectionOf(app, workload)}.${workload}`),
    message,
    fix: `Run \`fardel up ${app.environment}\`, which makes it.`,
  };
}

function sectionOf(app: App, workload: string): "services" | "tasks" {
  return Object.hasOwn(app.tasks, workload) ? "tasks" : "services";
}

function preflightError(app: App, problems: readonly PreflightProblem[]): FardelError {
  const [only] = problems;
  const told = (problem: PreflightProblem) => `${problem.where}\n  ${problem.message}\n  ${problem.fix}`;
  if (only && problems.length === 1) {
    const message = `${only.message.charAt(0).toUpperCase()}${only.message.slice(1)}.`;
    return new FardelError("PREFLIGHT", message, { where: only.where, why: "Nothing was changed.", fix: only.fix });
  }
  return new FardelError("PREFLIGHT", `${problems.length} things are missing for a release of ${app.name}.`, {
    where: app.environment,
    why: `${problems.map(told).join("\n\n")}\n\nNothing was changed.`,
  });
}
