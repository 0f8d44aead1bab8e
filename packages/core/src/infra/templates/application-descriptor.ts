import { type App, databaseFields } from "../../config/app.ts";
import type { EnvironmentDescriptor } from "../descriptor.ts";
import { descriptorParameterName, type StackNames } from "../names.ts";
import { privateSubnetOutputs } from "./cluster.ts";
import { connectionSecretId } from "./data.ts";
import { jsonText } from "./json-text.ts";
import { alternateTargetGroupId, routedServices, targetGroupId } from "./load-balancer.ts";
import { logGroupId } from "./log-groups.ts";
import { queueUrls } from "./queues.ts";
import { repositoryId } from "./registry.ts";
import { schedulerDescriptor } from "./schedules.ts";
import { getAtt, importFrom, type Resource, ref, type Value } from "./template.ts";

/** The descriptor with intrinsic functions where CloudFormation fills values in. */
type DescriptorValue = Record<keyof EnvironmentDescriptor, Value | undefined>;

/** The EnvironmentDescriptor of this stack and its stacks, as an SSM parameter. */
export function descriptorResource(app: App, stacks: StackNames): Resource {
  return {
    Type: "AWS::SSM::Parameter",
    Properties: {
      Name: descriptorParameterName(app.name, app.environment),
      Type: "String",
      // 4 KiB free, up to 8 KiB for apps with many services.
      Tier: "Intelligent-Tiering",
      Description: `What releases of ${app.name} need to know of ${app.environment}`,
      Value: jsonText(withoutUndefined(descriptorValue(app, stacks))),
    },
  };
}

function descriptorValue(app: App, stacks: StackNames): DescriptorValue {
  const routed = routedServices(app);
  const workloads = [...Object.keys(app.services), ...Object.keys(app.tasks)];
  return {
    version: 1,
    app: app.name,
    environment: app.environment,
    region: ref("AWS::Region"),
    accountId: ref("AWS::AccountId"),
    cluster: importFrom(app.cluster, "ClusterName"),
    network: {
      subnets: privateSubnetOutputs.map((output) => importFrom(app.cluster, output)),
      securityGroups: [getAtt("ServiceSecurityGroup", "GroupId")],
      assignPublicIp: false,
    },
    roles: {
      execution: getAtt("ExecutionRole", "Arn"),
      task: getAtt("TaskRole", "Arn"),
      ...(routed.length > 0 && { infrastructure: getAtt("InfrastructureRole", "Arn") }),
    },
    logGroups: byName(workloads, (name) => ref(logGroupId(name))),
    targetGroups: byName(
      routed.map((service) => service.name),
      (name) => ref(targetGroupId(name)),
    ),
    alternateTargetGroups: byName(
      routed.map((service) => service.name),
      (name) => ref(alternateTargetGroupId(name)),
    ),
    loadBalancer:
      routed.length > 0
        ? {
            arn: ref("LoadBalancer"),
            dnsName: getAtt("LoadBalancer", "DNSName"),
            listeners: { http: ref("HttpListener"), test: ref("TestListener") },
          }
        : undefined,
    repositories: repositories(app, stacks),
    secrets: databaseSecrets(app, stacks),
    queues: queueUrls(app),
    scheduler: schedulerDescriptor(app),
    stateBucket: importFrom(stacks.state, "StateBucket"),
    outputs: {
      natAddress: importFrom(app.cluster, "NatAddress"),
      ...(routed.length > 0 && { loadBalancerDnsName: getAtt("LoadBalancer", "DNSName") }),
    },
  };
}

function repositories(app: App, { registry }: StackNames): Value {
  if (registry === undefined) return {};
  return byName(Object.keys(app.images), (image) => importFrom(registry, `${repositoryId(image)}Uri`));
}

/** `databases.main.url` → `<ARN of the connection secret>:url::`, the form ECS reads one key of a JSON secret by. */
function databaseSecrets(app: App, { data }: StackNames): Value {
  if (data === undefined) return {};
  const references = Object.keys(app.databases).flatMap((name) =>
    databaseFields.map((field) => [`databases.${name}.${field}`, connectionKey(data, name, field)] as const),
  );
  return Object.fromEntries(references);
}

function connectionKey(data: string, database: string, field: string): Value {
  return { "Fn::Join": ["", [importFrom(data, connectionSecretId(database)), `:${field}::`]] };
}

function byName(names: string[], value: (name: string) => Value): Value {
  return Object.fromEntries(names.map((name) => [name, value(name)]));
}

function withoutUndefined(value: Record<string, Value | undefined>): Record<string, Value> {
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, Value] => entry[1] !== undefined));
}
