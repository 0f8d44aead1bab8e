import type { TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { HealthCheckSettings } from "../../runtime/balancer/health/health.ts";
import type { ListenerSettings } from "../../runtime/balancer/listener-settings.ts";
import type { TargetGroupSettings } from "../../runtime/balancer/target-group.ts";
import { loadBalancerAttributes, targetGroupAttributes } from "./attributes.ts";
import type { LoadBalancerRecord } from "./state.ts";

/** A listener's settings from its load balancer's attributes. */
export function listenerSettings(
  { loadBalancer, attributes }: LoadBalancerRecord,
  rest: Pick<ListenerSettings, "rules" | "resolve" | "realPort" | "traffic">,
): ListenerSettings {
  const value = (key: string) => loadBalancerAttributes.value(attributes, key);
  return {
    ...rest,
    idleTimeout: Number(value("idle_timeout.timeout_seconds")) * 1000,
    clientKeepAlive: Number(value("client_keep_alive.seconds")) * 1000,
    forwarding: {
      forwardedFor: value("routing.http.xff_header_processing.mode") as "append" | "preserve" | "remove",
      clientPort: value("routing.http.xff_client_port.enabled") === "true",
      dropInvalidHeaders: value("routing.http.drop_invalid_header_fields.enabled") === "true",
    },
    dnsName: loadBalancer.DNSName ?? "localhost",
  };
}

export function targetGroupSettings(attributes: Record<string, string>): TargetGroupSettings {
  const value = (key: string) => targetGroupAttributes.value(attributes, key);
  const minimum = "target_group_health.unhealthy_state_routing.minimum_healthy_targets";
  const percentage = value(`${minimum}.percentage`);
  return {
    algorithm: value("load_balancing.algorithm.type") as TargetGroupSettings["algorithm"],
    minimumHealthy: {
      count: Number(value(`${minimum}.count`)),
      percentage: percentage === "off" ? 0 : Number(percentage),
    },
    stickySeconds:
      value("stickiness.enabled") === "true" ? Number(value("stickiness.lb_cookie.duration_seconds")) : undefined,
  };
}

/** Milliseconds. */
export function deregistrationDelay(attributes: Record<string, string>): number {
  return Number(targetGroupAttributes.value(attributes, "deregistration_delay.timeout_seconds")) * 1000;
}

export function healthCheckSettings(group: TargetGroup): HealthCheckSettings {
  const port = group.HealthCheckPort;
  return {
    path: group.HealthCheckPath ?? "/",
    port: port === undefined || port === "traffic-port" ? undefined : Number(port),
    interval: (group.HealthCheckIntervalSeconds ?? 30) * 1000,
    timeout: (group.HealthCheckTimeoutSeconds ?? 5) * 1000,
    healthyThreshold: group.HealthyThresholdCount ?? 5,
    unhealthyThreshold: group.UnhealthyThresholdCount ?? 2,
    successCodes: group.Matcher?.HttpCode ?? "200",
  };
}
