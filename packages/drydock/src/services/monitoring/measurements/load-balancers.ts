import type { Region } from "../../../region.ts";
import type { BalancerTraffic, TargetTraffic } from "../../../runtime/balancer/traffic.ts";
import { dataPlaneOf } from "../../elasticloadbalancing/data-plane.ts";
import {
  loadBalancersByTargetGroup,
  type State,
  stateOf,
  type TargetRecord,
} from "../../elasticloadbalancing/state.ts";
import type { Measurement } from "./measurement.ts";

const noTraffic: TargetTraffic = { requests: 0, answers: new Map(), connectionErrors: 0, responseTimes: new Map() };

/**
 * Metrics of Application Load Balancers, from what the balancer has really passed on since they were last asked for. Counts of
 * a minute are those of a minute of the region's time: at a time scale of 60, what came in one second.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 */
export function takeLoadBalancers(region: Region): Measurement[] {
  const state = stateOf(region);
  if (state.loadBalancers.list().length === 0) return [];
  const traffic = dataPlaneOf(region).takeTraffic();
  return [
    ...state.targetGroups
      .list()
      .flatMap(({ targetGroup }) => measureTargetGroup(state, targetGroup.TargetGroupArn, traffic)),
    ...state.loadBalancers.list().flatMap(({ loadBalancer }) => {
      const own = traffic.get(loadBalancer.LoadBalancerArn)?.ownAnswers ?? new Map<number, number>();
      return measureOwnAnswers(own, { LoadBalancer: metricName(loadBalancer.LoadBalancerArn) });
    }),
  ];
}

function measureTargetGroup(
  state: State,
  targetGroupArn: string,
  traffic: Map<string, BalancerTraffic>,
): Measurement[] {
  const targets = state.targets.list(`${targetGroupArn} `);
  const inUse = targets.filter(({ state: health }) => health !== "unused");
  const TargetGroup = metricName(targetGroupArn);
  return [...(loadBalancersByTargetGroup(state).get(targetGroupArn) ?? [])].flatMap((loadBalancerArn) => {
    const LoadBalancer = metricName(loadBalancerArn);
    const counted = traffic.get(loadBalancerArn)?.targets.get(targetGroupArn) ?? noTraffic;
    if (inUse.length === 0 && counted.requests === 0) return [];
    const healthy = inUse.filter(({ state: health }) => health === "healthy");
    return [
      ...measureHosts(inUse, healthy, { LoadBalancer, TargetGroup }),
      ...measureRequestsPerTarget(counted.requests, healthy.length || inUse.length, { LoadBalancer, TargetGroup }),
      ...measureTraffic(counted, { LoadBalancer }),
      ...measureTraffic(counted, { LoadBalancer, TargetGroup }),
    ];
  });
}

/** "The average number of requests received by each target", over those that are there to get some. Always reported. */
function measureRequestsPerTarget(
  requests: number,
  targets: number,
  dimensions: { LoadBalancer: string; TargetGroup: string },
): Measurement[] {
  const value = requests / Math.max(1, targets);
  const { TargetGroup } = dimensions;
  return [dimensions, { TargetGroup }].map((each) => count("RequestCountPerTarget", value, each));
}

function measureHosts(inUse: TargetRecord[], healthy: TargetRecord[], dimensions: Record<string, string>) {
  const unhealthy = inUse.filter(({ state }) => state === "unhealthy");
  return [
    count("HealthyHostCount", healthy.length, dimensions),
    count("UnHealthyHostCount", unhealthy.length, dimensions),
  ];
}

/** "Reporting criteria: There is a nonzero value", for all of these; but a group that has targets tells of no requests too. */
function measureTraffic(traffic: TargetTraffic, dimensions: Record<string, string>): Measurement[] {
  const answers = ["2XX", "3XX", "4XX", "5XX"].flatMap((kind) => {
    const number = traffic.answers.get(kind) ?? 0;
    return number > 0 ? [count(`HTTPCode_Target_${kind}_Count`, number, dimensions)] : [];
  });
  const { connectionErrors, responseTimes } = traffic;
  return [
    count("RequestCount", traffic.requests, dimensions),
    ...answers,
    ...(connectionErrors > 0 ? [count("TargetConnectionErrorCount", connectionErrors, dimensions)] : []),
    ...(responseTimes.size > 0
      ? [{ ...count("TargetResponseTime", 0, dimensions), unit: "Seconds" as const, values: responseTimes }]
      : []),
  ];
}

function measureOwnAnswers(own: Map<number, number>, dimensions: Record<string, string>): Measurement[] {
  const total = (kind: number) =>
    [...own].reduce((sum, [status, number]) => sum + (Math.floor(status / 100) === kind ? number : 0), 0);
  const classes = [4, 5].flatMap((kind) =>
    total(kind) > 0 ? [count(`HTTPCode_ELB_${kind}XX_Count`, total(kind), dimensions)] : [],
  );
  const statuses = [500, 502, 503, 504].flatMap((status) => {
    const number = own.get(status) ?? 0;
    return number > 0 ? [count(`HTTPCode_ELB_${status}_Count`, number, dimensions)] : [];
  });
  return [...classes, ...statuses];
}

function count(name: string, value: number, dimensions: Record<string, string>): Measurement {
  return { namespace: "AWS/ApplicationELB", name, unit: "Count", dimensions, values: [[value, 1]] };
}

/** A resource as dimensions name it: `app/main/50dc6c495c0c9188`, `targetgroup/web/73e2d6bc24d8a067`. */
export function metricName(arn: string): string {
  return arn.slice(arn.lastIndexOf(":") + 1).replace(/^loadbalancer\//, "");
}
