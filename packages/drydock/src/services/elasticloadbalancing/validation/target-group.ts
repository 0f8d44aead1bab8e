import type { CreateTargetGroupInput, TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import { codeMatcher } from "../../../runtime/balancer/health/matcher.ts";
import { invalidConfiguration, notBuilt, validationError } from "../errors.ts";

const healthCheckKeys = [
  "HealthCheckProtocol",
  "HealthCheckPort",
  "HealthCheckEnabled",
  "HealthCheckPath",
  "HealthCheckIntervalSeconds",
  "HealthCheckTimeoutSeconds",
  "HealthyThresholdCount",
  "UnhealthyThresholdCount",
  "Matcher",
] as const satisfies (keyof CreateTargetGroupInput)[];

type HealthCheck = Pick<TargetGroup, (typeof healthCheckKeys)[number]>;

/** The members of an input that are about the health check and are set. */
export function healthCheckMembers(input: HealthCheck): HealthCheck {
  return Object.fromEntries(healthCheckKeys.flatMap((key) => (input[key] === undefined ? [] : [[key, input[key]]])));
}

/** A target group's settings with ELB's defaults. Throws for what ELB refuses and for what isn't built. */
export function newTargetGroup(input: Partial<CreateTargetGroupInput>): TargetGroup {
  const type = input.TargetType ?? "instance";
  if (type !== "ip" && type !== "instance") throw notBuilt(`targets of type '${type}'`);
  if (!input.Protocol) throw validationError("A protocol must be specified");
  if (input.Protocol !== "HTTP")
    throw notBuilt(`target groups with the protocol '${input.Protocol}': use HTTP between load balancer and targets`);
  if (!input.Port) throw validationError("A port must be specified");
  if (input.Port > 65_535) throw validationError(`Port '${input.Port}' must be between '1-65535' inclusive`);
  if (!input.VpcId) throw validationError("A VPC ID must be specified");
  // Terraform sends an empty version for "the default".
  if (input.ProtocolVersion && input.ProtocolVersion !== "HTTP1")
    throw notBuilt(`the protocol version '${input.ProtocolVersion}' to targets`);
  if (input.IpAddressType === "ipv6") throw notBuilt("IPv6 targets");
  if (input.TargetControlPort !== undefined) throw notBuilt("the target optimizer");
  const group: TargetGroup = {
    Protocol: "HTTP",
    ProtocolVersion: "HTTP1",
    Port: input.Port,
    VpcId: input.VpcId,
    TargetType: type,
    IpAddressType: "ipv4",
    HealthCheckEnabled: true,
    HealthCheckProtocol: "HTTP",
    HealthCheckPort: "traffic-port",
    HealthCheckPath: "/",
    HealthCheckIntervalSeconds: 30,
    HealthCheckTimeoutSeconds: 5,
    HealthyThresholdCount: 5,
    UnhealthyThresholdCount: 2,
    Matcher: { HttpCode: "200" },
    ...healthCheckMembers(input),
  };
  checkHealthCheck(group);
  return group;
}

/** Throws for health check settings that ELB refuses, in its words. */
export function checkHealthCheck(group: HealthCheck): void {
  const { HealthCheckIntervalSeconds: interval = 30, HealthCheckTimeoutSeconds: timeout = 5 } = group;
  if (group.HealthCheckProtocol === "HTTPS") throw notBuilt("health checks by HTTPS");
  if (group.HealthCheckProtocol !== "HTTP")
    throw invalidConfiguration(
      `Health check protocol '${group.HealthCheckProtocol}' is not supported for target groups with the HTTP protocol`,
    );
  if (group.HealthCheckEnabled === false)
    throw invalidConfiguration("Health check enabled must be true for target groups with target type 'ip'");
  within("Health check interval", interval, 5, 300);
  within("Health check timeout", timeout, 2, 120);
  within("Healthy threshold count", group.HealthyThresholdCount, 2, 10);
  within("Unhealthy threshold count", group.UnhealthyThresholdCount, 2, 10);
  if (timeout >= interval)
    throw validationError(`Health check timeout '${timeout}' must be smaller than the interval '${interval}'`);
  const port = group.HealthCheckPort ?? "";
  if (port !== "traffic-port" && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535))
    throw validationError(`Health check port '${port}' must be 'traffic-port' or a number from 1 to 65535`);
  if (!/^\/[!-~]{0,1023}$/.test(group.HealthCheckPath ?? ""))
    throw validationError(
      `Health check path '${group.HealthCheckPath}' must begin with a '/' and have at most 1024 characters`,
    );
  checkSuccessCodes(group.Matcher?.HttpCode ?? "");
}

function checkSuccessCodes(codes: string): void {
  const inRange = (codes.match(/\d+/g) ?? []).every((code) => Number(code) >= 200 && Number(code) <= 499);
  if (!codeMatcher(codes) || !inRange)
    throw validationError(`Health check matcher HTTP code '${codes}' must be within '200-499' inclusive`);
}

function within(name: string, value: number | undefined, minimum: number, maximum: number): void {
  if (value !== undefined && !(value >= minimum && value <= maximum))
    throw validationError(`${name} '${value}' must be between '${minimum}-${maximum}' inclusive`);
}
