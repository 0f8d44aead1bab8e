import type { LoadBalancer, TaskDefinition } from "@aws-sdk/client-ecs";
import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";
import { invalidParameter, unsupported } from "../errors.ts";

/** Checks a service's target groups as ECS does before it takes a service on. Throws InvalidParameterException. */
export async function checkLoadBalancers(
  region: Region,
  loadBalancers: LoadBalancer[],
  taskDefinition: TaskDefinition,
): Promise<void> {
  for (const {
    targetGroupArn,
    containerName,
    containerPort,
    loadBalancerName,
    advancedConfiguration,
  } of loadBalancers) {
    if (loadBalancerName) throw unsupported("drydock has no Classic Load Balancers: name a targetGroupArn instead.");
    if (advancedConfiguration) {
      throw unsupported(
        "drydock doesn't build advancedConfiguration of a load balancer yet: it belongs to BLUE_GREEN.",
      );
    }
    if (!targetGroupArn) throw invalidParameter("Load balancers can't be empty: a targetGroupArn must be specified.");
    checkContainer(taskDefinition, containerName, containerPort);
    await checkTargetGroup(region, targetGroupArn);
  }
}

function checkContainer({ containerDefinitions = [] }: TaskDefinition, name?: string, port?: number): void {
  const container = containerDefinitions.find((candidate) => candidate.name === name);
  if (!container) throw invalidParameter(`The container ${name} does not exist in the task definition.`);
  if (!container.portMappings?.some(({ containerPort }) => containerPort === port)) {
    throw invalidParameter(`The container ${name} did not have a container port ${port} defined.`);
  }
}

async function checkTargetGroup(region: Region, targetGroupArn: string): Promise<void> {
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
  if (!group?.LoadBalancerArns?.length) {
    throw invalidParameter(
      `The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`,
    );
  }
}
