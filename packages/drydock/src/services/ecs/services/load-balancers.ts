import type { DeploymentStrategy, LoadBalancer, TaskDefinition } from "@aws-sdk/client-ecs";
import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";
import { invalidParameter, unsupported } from "../errors.ts";
import { checkAdvancedConfiguration, checkStrategyResources } from "./listener-rules.ts";

/** Checks a service's target groups as ECS does before it takes a service on. Throws InvalidParameterException. */
export async function checkLoadBalancers(
  region: Region,
  loadBalancers: LoadBalancer[],
  taskDefinition: TaskDefinition,
  strategy: DeploymentStrategy | undefined,
): Promise<void> {
  checkStrategyResources(strategy, loadBalancers);
  for (const {
    targetGroupArn,
    containerName,
    containerPort,
    loadBalancerName,
    advancedConfiguration,
  } of loadBalancers) {
    if (loadBalancerName) throw unsupported("drydock has no Classic Load Balancers: name a targetGroupArn instead.");
    if (!targetGroupArn) throw invalidParameter("Load balancers can't be empty: a targetGroupArn must be specified.");
    checkContainer(taskDefinition, containerName, containerPort);
    const alternate = advancedConfiguration?.alternateTargetGroupArn;
    const users = await checkTargetGroup(region, targetGroupArn);
    // The production rule may know only the other one yet: ECS writes both into it.
    const others = alternate ? await checkTargetGroup(region, alternate) : [];
    if (users.length + others.length === 0) {
      throw invalidParameter(
        `The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`,
      );
    }
    if (advancedConfiguration) await checkAdvancedConfiguration(region, targetGroupArn, advancedConfiguration);
  }
}

function checkContainer({ containerDefinitions = [] }: TaskDefinition, name?: string, port?: number): void {
  const container = containerDefinitions.find((candidate) => candidate.name === name);
  if (!container) throw invalidParameter(`The container ${name} does not exist in the task definition.`);
  if (!container.portMappings?.some(({ containerPort }) => containerPort === port)) {
    throw invalidParameter(`The container ${name} did not have a container port ${port} defined.`);
  }
}

/** Answers the load balancers that use it. */
async function checkTargetGroup(region: Region, targetGroupArn: string): Promise<string[]> {
  const { TargetGroups = [] } = await region
    .call("elasticloadbalancing")
    .DescribeTargetGroups({ TargetGroupArns: [targetGroupArn] })
    .catch((error: unknown) => {
      if (!(error instanceof AwsError)) throw error;
      throw invalidParameter(`Unable to assume role and validate the specified targetGroupArn: ${error.message}`);
    });
  const [group] = TargetGroups;
  if (group?.TargetType !== undefined && group.TargetType !== "ip") {
    throw invalidParameter(
      `The provided target group ${targetGroupArn} has target type ${group.TargetType}, which is incompatible with ` +
        "the awsvpc network mode specified in the task definition.",
    );
  }
  return group?.LoadBalancerArns ?? [];
}
