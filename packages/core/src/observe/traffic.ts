import type { Deployment, Service as EcsService, Task } from "@aws-sdk/client-ecs";
import type { Aws } from "../aws/clients.ts";
import { privateAddresses } from "../release/tasks/tasks.ts";

/** A target of one of a service's target groups. */
export interface TargetStatus {
  targetGroup: string;
  /** IP address and port. */
  address: string;
  state: string;
  reason: string | undefined;
}

/** The targets in all target groups of a service: two where ECS shifts traffic between revisions. */
export async function targetsOf(aws: Aws, { loadBalancers = [] }: EcsService): Promise<TargetStatus[]> {
  const groups = loadBalancers.flatMap(({ targetGroupArn, advancedConfiguration }) =>
    [targetGroupArn, advancedConfiguration?.alternateTargetGroupArn].filter((arn) => arn !== undefined),
  );
  const answers = await Promise.all(
    groups.map(async (TargetGroupArn) => ({
      TargetGroupArn,
      ...(await aws.elbv2.describeTargetHealth({ TargetGroupArn })),
    })),
  );
  return answers.flatMap(({ TargetGroupArn, TargetHealthDescriptions = [] }) =>
    TargetHealthDescriptions.map(({ Target, TargetHealth }) => ({
      targetGroup: TargetGroupArn,
      address: `${Target?.Id}:${Target?.Port}`,
      state: TargetHealth?.State ?? "",
      reason: TargetHealth?.Description ?? TargetHealth?.Reason,
    })),
  );
}

/** What a rule sends where, in per cent by target group; undefined for a rule that has no choice. */
export async function ruleWeights(aws: Aws, rule: string | undefined): Promise<Map<string, number> | undefined> {
  if (rule === undefined) return undefined;
  const { Rules: [found] = [] } = await aws.elbv2.describeRules({ RuleArns: [rule] });
  const groups = found?.Actions?.find(({ Type }) => Type === "forward")?.ForwardConfig?.TargetGroups ?? [];
  const sum = groups.reduce((total, { Weight = 1 }) => total + Weight, 0);
  if (groups.length < 2 || sum === 0) return undefined;
  return new Map(groups.map(({ TargetGroupArn = "", Weight = 1 }) => [TargetGroupArn, (Weight / sum) * 100]));
}

/** The share of requests that a deployment's tasks get: that of the target groups they are in. */
export function weightOf(
  { id }: Deployment,
  weights: ReadonlyMap<string, number> | undefined,
  targets: readonly TargetStatus[],
  tasks: readonly Task[],
): number | undefined {
  if (weights === undefined) return undefined;
  const addresses = tasks.filter(({ startedBy }) => startedBy === id).flatMap(privateAddresses);
  const groups = new Set(
    targets
      .filter(({ address }) => addresses.some((ip) => address.startsWith(`${ip}:`)))
      .map((each) => each.targetGroup),
  );
  return [...groups].reduce((sum, group) => sum + (weights.get(group) ?? 0), 0);
}
