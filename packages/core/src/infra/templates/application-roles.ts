import type { App, Container, Workload } from "../../config/app.ts";
import { logGroupPrefix, repositoryName, type StackNames, secretPrefix } from "../names.ts";
import { connectionSecretId } from "./data.ts";
import { routedServices } from "./load-balancer.ts";
import { queueStatements } from "./queues.ts";
import { arnOf, importFrom, type Resource, type Statement, sub, type Value } from "./template.ts";

/**
 * The role ECS itself acts as before a container runs (image, secrets, logs), and the one the app's own calls run as,
 * which may do nothing but use the app's queues; with a load balancer also the one by which ECS shifts traffic between two
 * revisions. What tasks get can't be had outside this account's ECS tasks.
 *
 * Both are changed before the release, while tasks of the one before still start (scaling, a replacement, a rollback). So where
 * a name says that something is this app's and environment's, they may use it whether or not the manifest still names it.
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

function imageStatements(app: App): Statement[] {
  const others = containers(app).flatMap(({ image }) =>
    image.kind === "registry" ? (ecrRepositoryArn(image.reference) ?? []) : [],
  );
  return [
    // "ecr:GetAuthorizationToken" knows no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
    { Sid: "SignInToRegistry", Effect: "Allow", Action: ["ecr:GetAuthorizationToken"], Resource: ["*"] },
    {
      Sid: "PullImages",
      Effect: "Allow",
      Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      Resource: [arnOf("ecr", `repository/${repositoryName(app.name, "*")}`), ...unique(others).map(sub)],
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

/**
 * Secrets of this environment by their names, those of others by the ARNs in the manifest. The connection secrets of databases
 * have names that CloudFormation makes up.
 */
function secretStatements(app: App, stacks: StackNames): Statement[] {
  const arns = unique(
    containers(app)
      .flatMap((container) => [...Object.values(container.secrets), ...(container.spread ? [container.spread] : [])])
      .flatMap((source) => (source.kind === "arn" ? source.arn : [])),
  );
  const [parameters, secrets] = [arns.filter(isParameter), arns.filter((arn) => !isParameter(arn))];
  const own = arnOf("secretsmanager", `secret:${secretPrefix(app)}*`);
  return [
    allowReading("ReadSecrets", "secretsmanager:GetSecretValue", [own, ...connections(app, stacks), ...secrets]),
    ...(parameters.length > 0 ? [allowReading("ReadParameters", "ssm:GetParameters", parameters)] : []),
    decryptStatement(app, arns),
  ];
}

/**
 * A secret or parameter under a key of somebody's own: "Any principal that retrieves the decrypted value must have kms:Decrypt
 * permission on that key", which isn't so for AWS's own keys. The manifest doesn't say which key it is, nor which it will be, so
 * it may be any, of this account or another that allows it, as long as it is by way of what the other statements allow to read.
 * AWS's AWSSecretsManagerClientReadOnlyAccess does the same.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-restrict-decryption.html
 */
function decryptStatement(app: App, arns: string[]): Statement {
  // An ARN may be of another region, and is decrypted there.
  const others = unique(arns.map((arn) => arn.split(":")[3] ?? "")).filter((region) => region !== app.region);
  return {
    Sid: "DecryptSecrets",
    Effect: "Allow",
    Action: ["kms:Decrypt"],
    Resource: ["${AWS::Region}", ...others].map((region) => sub(`arn:\${AWS::Partition}:kms:${region}:*:key/*`)),
    Condition: {
      StringLike: {
        "kms:ViaService": [...readers("${AWS::Region}").map(sub), ...others.flatMap(readers)],
      },
    },
  };
}

function readers(region: string): string[] {
  return ["secretsmanager", "ssm"].map((service) => `${service}.${region}.amazonaws.com`);
}

function isParameter(arn: string): boolean {
  return arn.split(":")[2] === "ssm";
}

function connections(app: App, { data }: StackNames): Value[] {
  return data === undefined
    ? []
    : Object.keys(app.databases).map((database) => importFrom(data, connectionSecretId(database)));
}

function allowReading(sid: string, action: string, resources: Value[]): Statement {
  return { Sid: sid, Effect: "Allow", Action: [action], Resource: resources };
}

function containers(app: App): Container[] {
  const workloads: Workload[] = [...Object.values(app.services), ...Object.values(app.tasks)];
  return workloads.flatMap((workload) => [workload, ...Object.values(workload.sidecars)]);
}

function unique<Item>(items: Item[]): Item[] {
  return [...new Set(items)];
}
