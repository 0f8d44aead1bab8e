import type { App, Route, Service } from "../../config/app.ts";
import { publicSubnetOutputs } from "./cluster.ts";
import { getAtt, importFrom, logicalId, nameTag, type Resource, ref } from "./template.ts";

export type RoutedService = Service & { route: Route };

export function routedServices(app: App): RoutedService[] {
  return Object.values(app.services).filter((service): service is RoutedService => service.route !== undefined);
}

export function targetGroupId(service: string): string {
  return logicalId(service, "TargetGroup");
}

export function alternateTargetGroupId(service: string): string {
  return logicalId(service, "AlternateTargetGroup");
}

/** Where a new revision can be tried before it gets production traffic. */
export const testPort = 9000;

/**
 * An internet-facing load balancer that answers 404 until a release adds rules, and two target groups per routed service, of which
 * a strategy other than rolling gives each revision one. They don't depend on the strategy: a service that goes back to
 * rolling may go on in either of them, which then can't be deleted. Only the test listener's port is open when it is needed.
 */
export function loadBalancerResources(app: App, routed: RoutedService[]): Record<string, Resource> {
  return {
    LoadBalancerSecurityGroup: {
      Type: "AWS::EC2::SecurityGroup",
      Properties: {
        GroupDescription: `Load balancer of ${app.name} in ${app.environment}`,
        VpcId: importFrom(app.cluster, "VpcId"),
        SecurityGroupIngress: [
          { Description: "HTTP from anywhere", IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "0.0.0.0/0" },
          ...(routed.some(({ rollout }) => rollout.strategy !== "rolling")
            ? [
                {
                  Description: "Test traffic",
                  IpProtocol: "tcp",
                  FromPort: testPort,
                  ToPort: testPort,
                  CidrIp: "0.0.0.0/0",
                },
              ]
            : []),
        ],
      },
    },
    LoadBalancer: {
      Type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
      Properties: {
        Name: `${app.name}-${app.cluster}`,
        Type: "application",
        Scheme: "internet-facing",
        Subnets: publicSubnetOutputs.map((output) => importFrom(app.cluster, output)),
        SecurityGroups: [getAtt("LoadBalancerSecurityGroup", "GroupId")],
      },
    },
    HttpListener: listener(app, routed, 80),
    TestListener: listener(app, routed, testPort),
    ...Object.fromEntries(
      routed.flatMap((service) => [
        [targetGroupId(service.name), targetGroup(app, service)],
        [alternateTargetGroupId(service.name), targetGroup(app, service)],
      ]),
    ),
  };
}

function listener(app: App, routed: RoutedService[], port: number): Resource {
  return {
    Type: "AWS::ElasticLoadBalancingV2::Listener",
    // Deleted before the target groups, and its rules (made by releases) with it: a target group in a rule can't be deleted.
    DependsOn: routed.flatMap(({ name }) => [targetGroupId(name), alternateTargetGroupId(name)]),
    Properties: {
      LoadBalancerArn: ref("LoadBalancer"),
      Port: port,
      Protocol: "HTTP",
      DefaultActions: [
        {
          Type: "fixed-response",
          FixedResponseConfig: {
            StatusCode: "404",
            ContentType: "text/plain",
            MessageBody: `No service of ${app.name} is routed here.`,
          },
        },
      ],
    },
  };
}

function targetGroup(app: App, service: RoutedService): Resource {
  const { health } = service.route;
  return {
    Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
    Properties: {
      TargetType: "ip",
      Protocol: "HTTP",
      // Only for targets registered without a port, which ECS never does. The service's own port would mean another target
      // group at each change of it, and the old one can't be deleted while the release routes to it.
      Port: 80,
      VpcId: importFrom(app.cluster, "VpcId"),
      HealthCheckPath: health.path,
      HealthCheckIntervalSeconds: health.intervalSeconds,
      HealthCheckTimeoutSeconds: health.timeoutSeconds,
      HealthyThresholdCount: health.healthyThreshold,
      UnhealthyThresholdCount: health.unhealthyThreshold,
      Matcher: { HttpCode: "200-299" },
      TargetGroupAttributes: [{ Key: "deregistration_delay.timeout_seconds", Value: String(health.drainSeconds) }],
      Tags: nameTag(`${app.name}-${app.environment}-${service.name}`),
    },
  };
}
