import type {
  TargetTrackingMetricDataQuery,
  TargetTrackingScalingPolicyConfiguration,
} from "@aws-sdk/client-application-auto-scaling";
import type { Service } from "../../config/app.ts";
import type { EnvironmentDescriptor } from "../../infra/descriptor.ts";
import { ecsServiceName } from "../names.ts";

/** By name. */
export type Policies = Record<string, TargetTrackingScalingPolicyConfiguration>;

type Metric = Pick<
  TargetTrackingScalingPolicyConfiguration,
  "PredefinedMetricSpecification" | "CustomizedMetricSpecification"
>;

const prefix = "fardel-";

/** Whether a policy is one that releases make, and may change and delete. */
export function isOurPolicy(name: string): boolean {
  return name.startsWith(prefix);
}

/**
 * One policy for each thing that the manifest says to scale on. Of several the one that asks for most tasks decides, as
 * Application Auto Scaling does it.
 *
 * @param targetGroup ARN of the target group that the service's tasks are in, unless it is the first of its two.
 */
export function scalingPolicies(
  { name, scale, rollout }: Service,
  descriptor: EnvironmentDescriptor,
  targetGroup = descriptor.targetGroups[name],
): Policies {
  const { cpuPercent, memoryPercent, requestsPerTask, queue } = scale;
  const url = queue && descriptor.queues[queue.name];
  const alternate = rollout.strategy === "rolling" ? undefined : descriptor.alternateTargetGroups[name];
  const groups = [targetGroup, alternate].flatMap((group) => group ?? []);
  return Object.fromEntries([
    ...tracking("cpu", cpuPercent, predefined("ECSServiceAverageCPUUtilization")),
    ...tracking("memory", memoryPercent, predefined("ECSServiceAverageMemoryUtilization")),
    ...tracking("requests", requestsPerTask, requests(groups, descriptor.loadBalancer?.arn)),
    ...tracking("queue", url && queue?.messagesPerTask, backlog(lastSegment(url), name, descriptor)),
  ]);
}

/** More tasks at once, since people wait; fewer only when it stays quiet. Unless told, it is five minutes for both. */
const cooldown = { ScaleOutCooldown: 60, ScaleInCooldown: 300 };

function tracking(
  what: string,
  target: number | "" | undefined,
  metric: Metric,
): [string, TargetTrackingScalingPolicyConfiguration][] {
  if (target === undefined || target === "") return [];
  return [[`${prefix}${what}`, { TargetValue: target, ...metric, DisableScaleIn: false, ...cooldown }]];
}

function predefined(PredefinedMetricType: "ECSServiceAverageCPUUtilization" | "ECSServiceAverageMemoryUtilization") {
  return { PredefinedMetricSpecification: { PredefinedMetricType } };
}

/**
 * Requests per target and minute. Where a deployment gives each revision a target group of its own, the one in production
 * changes: then the busier of the two counts, which the predefined metric has no word for.
 */
function requests(groups: readonly string[], loadBalancer = ""): Metric {
  const balancer = loadBalancer.slice(loadBalancer.indexOf("loadbalancer/") + "loadbalancer/".length);
  const labels = groups.map((group) => group.slice(group.lastIndexOf(":") + 1));
  if (labels.length < 2) {
    return {
      PredefinedMetricSpecification: {
        PredefinedMetricType: "ALBRequestCountPerTarget",
        ResourceLabel: `${balancer}/${labels[0]}`,
      },
    };
  }
  const perGroup = labels.map((TargetGroup, at) =>
    statistic(`requests${at + 1}`, "AWS/ApplicationELB", "RequestCountPerTarget", "Sum", {
      LoadBalancer: balancer,
      TargetGroup,
    }),
  );
  return formula("MAX([FILL(requests1, 0), FILL(requests2, 0)])", perGroup);
}

/**
 * Messages waiting per task. A count of running tasks is what Container Insights would have to be paid for; without it, "the
 * sample count of the CPU utilization … is the number of running tasks", one sample a minute each.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-metrics.html
 * With no task at all the queue itself is the backlog, so that a service can come back from none.
 */
function backlog(queueName: string, service: string, { app, cluster }: EnvironmentDescriptor): Metric {
  const ecs = { ClusterName: cluster, ServiceName: ecsServiceName(app, service) };
  return formula("FILL(messages, 0) / IF(FILL(tasks, 0) < 1, 1, FILL(tasks, 0))", [
    statistic("messages", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Average", { QueueName: queueName }),
    statistic("tasks", "AWS/ECS", "CPUUtilization", "SampleCount", ecs),
  ]);
}

function formula(Expression: string, metrics: TargetTrackingMetricDataQuery[]): Metric {
  return {
    CustomizedMetricSpecification: { Metrics: [...metrics, { Id: "wanted", Expression, ReturnData: true }] },
  };
}

function statistic(
  Id: string,
  Namespace: string,
  MetricName: string,
  Stat: string,
  dimensions: Record<string, string>,
): TargetTrackingMetricDataQuery {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { Id, MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Stat }, ReturnData: false };
}

function lastSegment(url = ""): string {
  return url.slice(url.lastIndexOf("/") + 1);
}
