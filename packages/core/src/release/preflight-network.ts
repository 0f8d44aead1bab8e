import type { TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import { isAwsError } from "../aws/errors.ts";
import type { App, Service } from "../config/app.ts";
import { whereWritten } from "../config/unsupported.ts";
import type { ListenerRules } from "./listener-rules.ts";
import { ifAllowed, missingInfrastructure, type PreflightProblem, pathOf } from "./preflight-problem.ts";
import type { Run } from "./run.ts";

type Reader = Pick<Run, "aws" | "descriptor">;

/** Looks at where tasks are to run and how the load balancer is to reach them. */
export async function checkNetwork(
  reader: Reader,
  app: App,
  names: ReadonlySet<string>,
  rules: ListenerRules,
): Promise<PreflightProblem[]> {
  const routed = Object.values(app.services).filter(({ name, route }) => route !== undefined && names.has(name));
  const [vpc, securityGroups, targetGroups, quotas] = await Promise.all([
    findVpc(reader, app),
    checkSecurityGroups(reader, app),
    findTargetGroups(reader, app, routed),
    checkQuotas(reader, app, routed, rules),
  ]);
  const { loadBalancer } = reader.descriptor;
  return [
    ...vpc.problems,
    ...securityGroups,
    ...targetGroups.problems,
    ...targetGroups.found.flatMap(({ service, group }) =>
      targetGroupProblems(group, service.port, vpc.id, loadBalancer?.arn).map((problem) => ({
        where: whereWritten(app, `${pathOf(app, service.name)}.route`),
        ...problem,
      })),
    ),
    ...quotas,
  ];
}

async function findVpc({ aws, descriptor }: Reader, app: App): Promise<{ id?: string; problems: PreflightProblem[] }> {
  const { subnets } = descriptor.network;
  try {
    const found = await ifAllowed(aws.ec2.describeSubnets({ SubnetIds: subnets }));
    const id = found?.Subnets?.[0]?.VpcId;
    return { ...(id !== undefined && { id }), problems: [] };
  } catch (error) {
    if (!isAwsError(error, "InvalidSubnetID.NotFound")) throw error;
    return { problems: [missingInfrastructure(app, "", `a subnet of ${subnets.join(", ")} is gone`)] };
  }
}

async function checkSecurityGroups({ aws, descriptor }: Reader, app: App): Promise<PreflightProblem[]> {
  const { securityGroups } = descriptor.network;
  try {
    await ifAllowed(aws.ec2.describeSecurityGroups({ GroupIds: securityGroups }));
    return [];
  } catch (error) {
    if (!isAwsError(error, "InvalidGroup.NotFound")) throw error;
    return [missingInfrastructure(app, "", `a security group of ${securityGroups.join(", ")} is gone`)];
  }
}

async function findTargetGroups({ aws, descriptor }: Reader, app: App, routed: readonly Service[]) {
  const looks = routed.map(async (service) => {
    const { name } = service;
    const arn = descriptor.targetGroups[name];
    if (arn === undefined) {
      const message = `service ${name} has a route, but no target group in ${app.environment} yet`;
      return { problem: missingInfrastructure(app, name, message) };
    }
    try {
      const { TargetGroups = [] } = await aws.elbv2.describeTargetGroups({ TargetGroupArns: [arn] });
      return { found: { service, group: TargetGroups[0] ?? {} } };
    } catch (error) {
      if (!isAwsError(error, "TargetGroupNotFoundException") && !isAwsError(error, "TargetGroupNotFound")) throw error;
      const message = `the target group ${arn.split("/")[1]} of service ${name} is gone`;
      return { problem: missingInfrastructure(app, name, message) };
    }
  });
  const all = await Promise.all(looks);
  return { found: all.flatMap(({ found }) => found ?? []), problems: all.flatMap(({ problem }) => problem ?? []) };
}

function targetGroupProblems(
  group: TargetGroup,
  port: number | undefined,
  vpc: string | undefined,
  loadBalancer: string | undefined,
): Omit<PreflightProblem, "where">[] {
  const { TargetGroupName: name, TargetType, Protocol = "HTTP", VpcId, LoadBalancerArns = [] } = group;
  const { HealthCheckPort = "traffic-port" } = group;
  const other = LoadBalancerArns.find((arn) => arn !== loadBalancer);
  const messages: string[] = [];
  // "you must choose ip as the target type, not instance. This is because tasks that use the awsvpc network mode are
  // associated with an elastic network interface" (CreateService)
  if (TargetType !== undefined && TargetType !== "ip") messages.push(`takes targets of type ${TargetType}, not ip`);
  if (!["HTTP", "HTTPS"].includes(Protocol)) messages.push(`speaks ${Protocol}, not HTTP`);
  if (HealthCheckPort !== "traffic-port" && HealthCheckPort !== String(port))
    messages.push(`checks the health of port ${HealthCheckPort}, and the service listens on ${port}`);
  if (vpc !== undefined && VpcId !== undefined && VpcId !== vpc)
    messages.push(`is in ${VpcId}, and the tasks in ${vpc}`);
  if (other !== undefined) messages.push(`belongs to another load balancer (${other.split("/")[2]})`);
  return messages.map((message) => ({
    message: `the target group ${name} ${message}`,
    fix: "Correct it where it is made, or name another in the description of the environment.",
  }));
}

/** A new route takes a rule and a target group of the load balancer; how many there may be, the account's limits say. */
async function checkQuotas(
  { aws }: Reader,
  app: App,
  routed: readonly Service[],
  { own, foreign, listener }: ListenerRules,
): Promise<PreflightProblem[]> {
  const added = routed.filter(({ name }) => !own.has(name));
  if (added.length === 0 || listener === undefined) return [];
  const { Limits = [] } = (await ifAllowed(aws.elbv2.describeAccountLimits({}))) ?? {};
  const most = Number(Limits.find(({ Name }) => Name === "rules-per-application-load-balancer")?.Max ?? Infinity);
  const wanted = own.size + foreign.size + added.length;
  if (wanted <= most) return [];
  return [
    {
      where: whereWritten(app, `${pathOf(app, added[0]?.name ?? "")}.route`),
      message: `the load balancer would have ${wanted} rules, and may have ${most}`,
      fix: 'Have the quota "Rules per Application Load Balancer" raised (Service Quotas), or take routes out.',
    },
  ];
}
