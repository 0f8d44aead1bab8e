import type { SecurityGroup } from "@aws-sdk/client-ec2";
import type { TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import { isAwsError } from "../../aws/errors.ts";
import type { App, Service } from "../../config/app.ts";
import { whereWritten } from "../../config/where-written.ts";
import type { EnvironmentDescriptor } from "../../infra/descriptor.ts";
import { testPort } from "../../infra/templates/load-balancer.ts";
import type { CurrentState } from "../current.ts";
import { isGated } from "../rollout/deployment-settings.ts";
import type { ListenerRules } from "../routing/listener-rules.ts";
import type { Run } from "../run.ts";
import { ifAllowed, missingInfrastructure, type PreflightProblem, pathOf } from "./problem.ts";

type Reader = Pick<Run, "aws" | "descriptor">;
type Network = EnvironmentDescriptor["network"];

/** Looks at where tasks are to run and how the load balancer is to reach them. */
export async function checkNetwork(
  reader: Reader,
  app: App,
  names: ReadonlySet<string>,
  { services, rules }: Pick<CurrentState, "services" | "rules">,
): Promise<PreflightProblem[]> {
  const routed = Object.values(app.services).filter(({ name, route }) => route !== undefined && names.has(name));
  const [network, targetGroups, quotas, closed] = await Promise.all([
    isInUse(reader.descriptor.network, services) ? { vpc: undefined, problems: [] } : findNetwork(reader, app),
    findTargetGroups(reader, app, routed),
    checkQuotas(reader, app, routed, rules),
    checkTestPort(reader, app, routed),
  ]);
  const { loadBalancer } = reader.descriptor;
  return [
    ...network.problems,
    ...targetGroups.problems,
    ...routed.flatMap((service) => strategyProblems(reader, app, service)),
    ...targetGroups.found.flatMap(({ service, group }) =>
      targetGroupProblems(group, service.port, network.vpc, loadBalancer?.arn).map((problem) => ({
        where: whereWritten(app, `${pathOf(app, service.name)}.route`),
        ...problem,
      })),
    ),
    ...quotas,
    ...closed,
  ];
}

interface FoundNetwork {
  /** Id of the VPC that the subnets are in, where it may be known. */
  vpc: string | undefined;
  problems: PreflightProblem[];
}

/** AWS refuses to delete what tasks run in, and EC2's client takes a third of a second to load. */
function isInUse({ subnets, securityGroups }: Network, services: CurrentState["services"]): boolean {
  const all = (wanted: readonly string[], used: readonly string[] = []) => wanted.every((each) => used.includes(each));
  return [...services.values()].some(({ ecs }) => {
    const used = ecs.networkConfiguration?.awsvpcConfiguration;
    const runs = ecs.status === "ACTIVE" && (ecs.runningCount ?? 0) > 0;
    return runs && all(subnets, used?.subnets) && all(securityGroups, used?.securityGroups);
  });
}

async function findNetwork({ aws, descriptor }: Reader, app: App): Promise<FoundNetwork> {
  const { subnets, securityGroups } = descriptor.network;
  const [inSubnets, inGroups] = await Promise.all([
    isThere(aws.ec2.describeSubnets({ SubnetIds: subnets }), "InvalidSubnetID.NotFound"),
    isThere(aws.ec2.describeSecurityGroups({ GroupIds: securityGroups }), "InvalidGroup.NotFound"),
  ]);
  const problems = [
    inSubnets === "gone" ? [missingInfrastructure(app, "", `a subnet of ${subnets.join(", ")} is gone`)] : [],
    inGroups === "gone"
      ? [missingInfrastructure(app, "", `a security group of ${securityGroups.join(", ")} is gone`)]
      : [],
  ];
  return { vpc: inSubnets === "gone" ? undefined : inSubnets?.Subnets?.[0]?.VpcId, problems: problems.flat() };
}

/** The answer; `gone` where AWS doesn't know what was asked for; undefined where that may not be known. */
async function isThere<Answer>(looking: Promise<Answer>, unknown: string): Promise<Answer | "gone" | undefined> {
  try {
    return await ifAllowed(looking);
  } catch (error) {
    if (isAwsError(error, unknown)) return "gone";
    throw error;
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

/** What ECS shifts traffic by: an environment that was made when all of its services were rolling may have none of it. */
function strategyProblems({ descriptor }: Reader, app: App, { name, rollout }: Service): PreflightProblem[] {
  const { targetGroups, alternateTargetGroups, loadBalancer, roles } = descriptor;
  // Without even one target group there is a problem already.
  if (rollout.strategy === "rolling" || targetGroups[name] === undefined) return [];
  const missing = [
    ...(alternateTargetGroups[name] === undefined ? ["a second target group"] : []),
    ...(loadBalancer?.listeners.test === undefined ? ["a test listener"] : []),
    ...(roles.infrastructure === undefined ? ["a role for ECS to shift traffic as"] : []),
  ];
  if (missing.length === 0) return [];
  const message =
    `service ${name} is rolled out ${rollout.strategy}, and ${app.environment} doesn't have what that needs yet: ` +
    missing.join(", ");
  const where = whereWritten(app, `${pathOf(app, name)}.rollout.strategy`);
  return [{ ...missingInfrastructure(app, name, message), where }];
}

/** Where a new revision is tried before it has production traffic; `fardel up` opens the port with the first service that needs it. */
async function checkTestPort(
  { aws, descriptor }: Reader,
  app: App,
  routed: readonly Service[],
): Promise<PreflightProblem[]> {
  const { loadBalancer } = descriptor;
  const tried = routed.find(({ rollout }) => rollout.strategy !== "rolling" && isGated(rollout));
  if (tried === undefined || loadBalancer?.listeners.test === undefined) return [];
  const LoadBalancerArns = [loadBalancer.arn];
  const { LoadBalancers = [] } = (await ifAllowed(aws.elbv2.describeLoadBalancers({ LoadBalancerArns }))) ?? {};
  const GroupIds = LoadBalancers[0]?.SecurityGroups ?? [];
  if (GroupIds.length === 0) return [];
  const { SecurityGroups } = (await ifAllowed(aws.ec2.describeSecurityGroups({ GroupIds }))) ?? {};
  if (SecurityGroups === undefined || SecurityGroups.some(opensTestPort)) return [];
  const message = `port ${testPort} of the load balancer, where ${tried.name} is to be tried first, is open to nobody`;
  const where = whereWritten(app, `${pathOf(app, tried.name)}.rollout`);
  return [{ where, message, fix: `Run \`fardel up ${app.environment}\`, which opens it.` }];
}

/** Whoever it lets in; a rule for all protocols has no ports. */
function opensTestPort({ IpPermissions = [] }: SecurityGroup): boolean {
  return IpPermissions.some(
    ({ IpProtocol, FromPort = 0, ToPort = 0 }) =>
      IpProtocol === "-1" || (IpProtocol === "tcp" && FromPort <= testPort && testPort <= ToPort),
  );
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
