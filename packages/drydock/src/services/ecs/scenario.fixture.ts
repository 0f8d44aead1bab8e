import type {
  CreateClusterCommandInput,
  CreateServiceCommandInput,
  RegisterTaskDefinitionCommandInput,
  Service,
  ServiceDeployment,
  Task,
} from "@aws-sdk/client-ecs";
import { type ImageBehaviour, World } from "./world.fixture.ts";

/** A world with a cluster `main`. For tests, as everything here. */
export async function worldWithCluster(more: Partial<CreateClusterCommandInput> = {}): Promise<World> {
  const world = new World();
  await world.call.CreateCluster({ clusterName: "main", ...more }, world.caller);
  return world;
}

/** A task definition `web` of one container, listening on 8080; answers its ARN. */
export async function register(
  world: World,
  image: string,
  behaviour: ImageBehaviour,
  container: object = {},
): Promise<string> {
  world.images.set(image, behaviour);
  const input = {
    family: "web",
    requiresCompatibilities: ["FARGATE"],
    networkMode: "awsvpc",
    cpu: "256",
    memory: "512",
    executionRoleArn: "arn:aws:iam::123456789012:role/execution",
    containerDefinitions: [{ name: "web", image, portMappings: [{ containerPort: 8080 }], ...container }],
  } satisfies RegisterTaskDefinitionCommandInput;
  const { taskDefinition } = await world.call.RegisterTaskDefinition(input, world.caller);
  return taskDefinition?.taskDefinitionArn ?? "";
}

/** A service `web` of two tasks in two zones, with a circuit breaker that rolls back. */
export async function createService(
  world: World,
  more: Partial<CreateServiceCommandInput> = {},
): Promise<Service | undefined> {
  const { service } = await world.call.CreateService(
    {
      cluster: "main",
      serviceName: "web",
      taskDefinition: "web",
      desiredCount: 2,
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: { subnets: ["subnet-a", "subnet-b"] } },
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
      ...more,
    },
    world.caller,
  );
  return service;
}

export async function update(world: World, more: object): Promise<void> {
  await world.call.UpdateService({ cluster: "main", service: "web", ...more }, world.caller);
}

export async function service(world: World): Promise<Service> {
  const { services } = await world.call.DescribeServices({ cluster: "main", services: ["web"] }, world.caller);
  const [described] = services ?? [];
  if (!described) throw new Error("The service is missing.");
  return described;
}

/** The service deployments of `web`, newest first. */
export async function rollouts(world: World): Promise<ServiceDeployment[]> {
  const list = await world.call.ListServiceDeployments({ cluster: "main", service: "web" }, world.caller);
  const arns = (list.serviceDeployments ?? []).map(({ serviceDeploymentArn = "" }) => serviceDeploymentArn);
  const described = await world.call.DescribeServiceDeployments({ serviceDeploymentArns: arns }, world.caller);
  return described.serviceDeployments ?? [];
}

/** The tasks of `web` that are to run. */
export async function describeTasks(world: World): Promise<Task[]> {
  const { taskArns = [] } = await world.call.ListTasks({ cluster: "main", serviceName: "web" }, world.caller);
  if (taskArns.length === 0) return [];
  return (await world.call.DescribeTasks({ cluster: "main", tasks: taskArns }, world.caller)).tasks ?? [];
}

/** A service's events, oldest first, with what differs from run to run replaced. */
export function messages(described: Service): string[] {
  return (described.events ?? [])
    .map(({ message = "" }) => message.replace(/[0-9a-f]{32}/g, "ID").replace(/ecs-svc\/\d+/g, "ecs-svc/N"))
    .reverse();
}

export const loadBalancers = (world: World) => [
  { targetGroupArn: world.targetGroupArn, containerName: "web", containerPort: 8080 },
];

/** The same container behind two target groups, for the strategies that shift traffic between them. */
export const shiftedLoadBalancers = (world: World) =>
  loadBalancers(world).map((loadBalancer) => ({
    ...loadBalancer,
    advancedConfiguration: {
      alternateTargetGroupArn: world.alternateTargetGroupArn,
      productionListenerRule: world.productionRule,
      testListenerRule: world.testRule,
      roleArn: "arn:aws:iam::123456789012:role/infrastructure",
    },
  }));

/** What a rule gives to [target group, alternate target group]. */
export function weights(world: World, rule: string): (number | undefined)[] {
  const action = world.rules.get(rule);
  const groups = action?.ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: action?.TargetGroupArn, Weight: undefined }];
  const weightOf = (arn: string) => groups.find(({ TargetGroupArn }) => TargetGroupArn === arn)?.Weight;
  return [weightOf(world.targetGroupArn), weightOf(world.alternateTargetGroupArn)];
}
