import type { AdvancedConfiguration, DeploymentStrategy, LoadBalancer } from "@aws-sdk/client-ecs";
import type { Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";
import { invalidParameter } from "../errors.ts";

/** Whether a service's load balancers are such as its strategy needs them. Throws InvalidParameterException. */
export function checkStrategyResources(strategy: DeploymentStrategy | undefined, loadBalancers: LoadBalancer[]): void {
  if (strategy === undefined || strategy === "ROLLING") return;
  for (const { advancedConfiguration } of loadBalancers) {
    if (!advancedConfiguration) {
      throw invalidParameter(`advancedConfiguration is required for each load balancer of a ${strategy} deployment.`);
    }
  }
  // "If your service is headless (no load balancer or Service Connect) ... Amazon ECS doesn't manage the traffic shift" holds of
  // blue/green; the other two have nothing to do without traffic: "your service must use ... Elastic Load Balancing, Service Connect".
  if (loadBalancers.length === 0 && strategy !== "BLUE_GREEN") {
    throw invalidParameter(`The deployment strategy ${strategy} requires a load balancer.`);
  }
}

/** Throws InvalidParameterException where the two target groups and the rules don't go together. */
export async function checkAdvancedConfiguration(
  region: Region,
  targetGroupArn: string,
  configuration: AdvancedConfiguration,
): Promise<void> {
  const { alternateTargetGroupArn, productionListenerRule, testListenerRule, roleArn } = configuration;
  if (!alternateTargetGroupArn)
    throw invalidParameter("advancedConfiguration must specify an alternateTargetGroupArn.");
  if (!productionListenerRule) throw invalidParameter("advancedConfiguration must specify a productionListenerRule.");
  if (!roleArn) throw invalidParameter("advancedConfiguration must specify a roleArn.");
  if (alternateTargetGroupArn === targetGroupArn) {
    throw invalidParameter("The targetGroupArn and the alternateTargetGroupArn must be different.");
  }
  if (productionListenerRule === testListenerRule) {
    throw invalidParameter("The productionListenerRule and the testListenerRule must be different.");
  }
  const production = await forwardingRule(region, productionListenerRule, "productionListenerRule");
  const groups = targetGroupsOf(production);
  if (!groups.includes(targetGroupArn) && !groups.includes(alternateTargetGroupArn)) {
    throw invalidParameter(
      `The productionListenerRule ${productionListenerRule} must forward to the targetGroupArn or the alternateTargetGroupArn.`,
    );
  }
  if (testListenerRule) await forwardingRule(region, testListenerRule, "testListenerRule");
}

/** A rule, a listener's default rule too, as ELB has it at present; undefined when it is gone. */
export async function findRule(region: Region, arn: string): Promise<Rule | undefined> {
  const { Rules = [] } = await region.call("elasticloadbalancing").DescribeRules({ RuleArns: [arn] });
  return Rules[0];
}

async function forwardingRule(region: Region, arn: string, name: string): Promise<Rule> {
  if (!arn.includes(":listener-rule/")) {
    throw invalidParameter(
      `The ${name} ${arn} is not the ARN of a listener rule: an Application Load Balancer needs one, its default rule included.`,
    );
  }
  const rule = await findRule(region, arn).catch((error: unknown) => {
    if (!(error instanceof AwsError)) throw error;
    throw invalidParameter(`Unable to assume role and validate the specified ${name}: ${error.message}`);
  });
  if (rule?.Actions?.at(-1)?.Type !== "forward") {
    throw invalidParameter(`The ${name} ${arn} must have an action of type forward.`);
  }
  return rule;
}

function targetGroupsOf({ Actions = [] }: Rule): (string | undefined)[] {
  const action = Actions.at(-1);
  const listed = action?.ForwardConfig?.TargetGroups ?? [];
  return [action?.TargetGroupArn, ...listed.map(({ TargetGroupArn }) => TargetGroupArn)];
}
