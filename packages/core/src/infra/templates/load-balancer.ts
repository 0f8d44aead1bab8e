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

/** An internet-facing load balancer that answers 404 until a release adds rules, and a target group per routed service. */
export function loadBalancerResources(app: App, routed: RoutedService[]): Record<string, Resource> {
  return {
    LoadBalancerSecurityGroup: {
      Type: "AWS::EC2::SecurityGroup",
      Properties: {
        GroupDescription: `Load balancer of ${app.name} in ${app.environment}`,
        VpcId: importFrom(app.cluster, "VpcId"),
        SecurityGroupIngress: [
          { Description: "HTTP from anywhere", IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "0.0.0.0/0" },
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
    HttpListener: {
      Type: "AWS::ElasticLoadBalancingV2::Listener",
      // Deleted before the target groups, and its rules (made by releases) with it: a target group in a rule can't be deleted.
      DependsOn: routed.map((service) => targetGroupId(service.name)),
      Properties: {
        LoadBalancerArn: ref("LoadBalancer"),
        Port: 80,
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
    },
    ...Object.fromEntries(routed.map((service) => [targetGroupId(service.name), targetGroup(app, service)])),
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
