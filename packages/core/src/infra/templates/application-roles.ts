import type { App, Container, SecretSource, Workload } from "../../config/app.ts";
import { logGroupPrefix, repositoryName, type StackNames } from "../names.ts";
import { connectionSecretId } from "./data.ts";
import { routedServices } from "./load-balancer.ts";
import { queueStatements } from "./queues.ts";
import { importFrom, type Resource, type Statement, sub, type Value } from "./template.ts";

/**
 * The role ECS itself acts as before a container runs (image, secrets, logs), and the one the app's own calls run as,
 * which may do nothing until the manifest asks for it; with a load balancer also the one by which ECS shifts traffic between two
 * revisions. What tasks get can't be had outside this account's ECS tasks.
 */
export function applicationRoles(app: App, stacks: StackNames): Record<string, Resource> {
  return {
    ExecutionRole: role(tasks, `Starts tasks of ${app.name} in ${app.environment}`, [
      ...imageStatements(app),
      {
        Sid: "WriteLogs",
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: [arnOf("logs", `log-group:${logGroupPrefix(app)}*:*`)],
      },
      ...secretStatements(app, stacks),
    ]),
    TaskRole: role(tasks, `Tasks of ${app.name} in ${app.environment}`, queueStatements(app)),
    ...(routedServices(app).length > 0 && {
      InfrastructureRole: role(
        { service: "ecs.amazonaws.com", policy: "load-balancer", fromTasks: false },
        `Shifts the traffic of ${app.name} in ${app.environment}`,
        shiftStatements(),
      ),
    }),
  };
}

/** Who may assume a role, and what its policy is called. */
interface Assumer {
  service: string;
  policy: string;
  /** Whether it is a task that assumes it, whose ECS then says where it comes from. */
  fromTasks: boolean;
}

const tasks: Assumer = { service: "ecs-tasks.amazonaws.com", policy: "tasks", fromTasks: true };

/** Keeps another account's ECS from using the role: the confused deputy. */
const ofThisAccount = {
  ArnLike: { "aws:SourceArn": arnOf("ecs", "*") },
  StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
};

/** What ECS does to a load balancer in a deployment; as AmazonECSInfrastructureRolePolicyForLoadBalancers, for this region alone. */
function shiftStatements(): Statement[] {
  const balancer = (kind: string) => arnOf("elasticloadbalancing", kind);
  return [
    {
      Sid: "LookAtLoadBalancer",
      Effect: "Allow",
      // Describing knows no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
      Action: ["Listeners", "Rules", "TargetGroups", "TargetHealth"].map(
        (each) => `elasticloadbalancing:Describe${each}`,
      ),
      Resource: ["*"],
    },
    {
      Sid: "MoveTargets",
      Effect: "Allow",
      Action: ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"],
      Resource: [balancer("targetgroup/*/*")],
    },
    {
      Sid: "ShiftTraffic",
      Effect: "Allow",
      Action: ["elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyRule"],
      Resource: [balancer("listener/app/*/*/*"), balancer("listener-rule/app/*/*/*/*")],
    },
  ];
}

function role({ service, policy, fromTasks }: Assumer, description: string, statements: Statement[]): Resource {
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      Description: description,
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: service },
            Action: "sts:AssumeRole",
            ...(fromTasks && { Condition: ofThisAccount }),
          },
        ],
      },
      ...(statements.length > 0 && {
        Policies: [
          {
            PolicyName: policy,
            PolicyDocument: { Version: "2012-10-17", Statement: statements as unknown as Value[] },
          },
        ],
      }),
    },
  };
}

function arnOf(service: string, resource: string): Value {
  return sub(`arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${resource}`);
}

function imageStatements(app: App): Statement[] {
  const own = Object.keys(app.images).map((image) => arnOf("ecr", `repository/${repositoryName(app.name, image)}`));
  const others = containers(app).flatMap(({ image }) =>
    image.kind === "registry" ? (ecrRepositoryArn(image.reference) ?? []) : [],
  );
  const repositories = [...own, ...unique(others).map(sub)];
  if (repositories.length === 0) return [];
  return [
    // "ecr:GetAuthorizationToken" knows no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
    { Sid: "SignInToRegistry", Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: ["*"] },
    {
      Sid: "PullImages",
      Effect: "Allow",
      Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      Resource: repositories,
    },
  ];
}

/** `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shared/base:1` → its repository's ARN; undefined for other registries. */
function ecrRepositoryArn(reference: string): string | undefined {
  const match = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)/.exec(reference);
  if (!match) return undefined;
  const [, account, region, repository] = match;
  return `arn:\${AWS::Partition}:ecr:${region}:${account}:repository/${repository}`;
}

function secretStatements(app: App, stacks: StackNames): Statement[] {
  const sources = containers(app).flatMap((container) => [
    ...Object.values(container.secrets),
    ...(container.spread ? [container.spread] : []),
  ]);
  const secrets = new Map<string, Value>();
  const parameters = new Map<string, Value>();
  for (const source of sources) {
    if (source.kind === "arn" && source.arn.split(":")[2] === "ssm") parameters.set(source.arn, source.arn);
    else secrets.set(JSON.stringify(secretArn(source, stacks)), secretArn(source, stacks));
  }
  return [
    ...allowReading("ReadSecrets", "secretsmanager:GetSecretValue", secrets),
    ...allowReading("ReadParameters", "ssm:GetParameters", parameters),
  ];
}

function allowReading(sid: string, action: string, resources: Map<string, Value>): Statement[] {
  return resources.size > 0 ? [{ Sid: sid, Effect: "Allow", Action: [action], Resource: [...resources.values()] }] : [];
}

function secretArn(source: SecretSource, stacks: StackNames): Value {
  if (source.kind === "arn") return source.arn;
  if (source.kind === "named") {
    // Secrets Manager ends every ARN in a hyphen and six random characters.
    return arnOf("secretsmanager", `secret:${source.secretName}-??????`);
  }
  if (stacks.data === undefined) throw new Error(`database ${source.database} without a data stack`);
  return importFrom(stacks.data, connectionSecretId(source.database));
}

function containers(app: App): Container[] {
  const workloads: Workload[] = [...Object.values(app.services), ...Object.values(app.tasks)];
  return workloads.flatMap((workload) => [workload, ...Object.values(workload.sidecars)]);
}

function unique<Item>(items: Item[]): Item[] {
  return [...new Set(items)];
}
