import type { App } from "../../config/app.ts";
import type { StackNames } from "../names.ts";
import { descriptorResource } from "./application-descriptor.ts";
import { applicationRoles } from "./application-roles.ts";
import { postgresPort } from "./data.ts";
import { loadBalancerResources, routedServices } from "./load-balancer.ts";
import { logGroupResources } from "./log-groups.ts";
import { queueResources } from "./queues.ts";
import { scheduleResources } from "./schedules.ts";
import { getAtt, importFrom, type Resource, type Template, template } from "./template.ts";

/**
 * What releases of an app in one environment stand on: load balancer, target groups, security groups, roles, log groups, queues
 * and the descriptor that tells releases of all this. Task definitions, services and listener rules belong to releases.
 */
export function applicationTemplate(app: App, stacks: StackNames): Template {
  const routed = routedServices(app);
  return template(
    `fardel: load balancer, roles and logs of ${app.name} in ${app.environment}`,
    {
      ...securityGroups(app, stacks),
      ...(routed.length > 0 && loadBalancerResources(app, routed)),
      ...applicationRoles(app, stacks),
      ...logGroupResources(app),
      ...queueResources(app),
      ...scheduleResources(app),
      Descriptor: descriptorResource(app, stacks),
    },
    routed.length > 0 ? { LoadBalancerDnsName: { Value: getAtt("LoadBalancer", "DNSName") } } : {},
  );
}

/**
 * The load balancer may reach every port of the tasks: what ports they listen on changes with a release, which comes after this
 * template, and tasks of the release before go on, or come back, on theirs. A rule that never changes also never lets go:
 * "If you modify a rule, CloudFormation removes the existing rule and then adds a new rule. There is a brief period when neither
 * the original rule or the new rule exists, so the corresponding traffic is dropped."
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
 */
function securityGroups(app: App, stacks: StackNames): Record<string, Resource> {
  const hasLoadBalancer = routedServices(app).length > 0;
  return {
    ServiceSecurityGroup: {
      Type: "AWS::EC2::SecurityGroup",
      Properties: {
        GroupDescription: `Tasks of ${app.name} in ${app.environment}`,
        VpcId: importFrom(app.cluster, "VpcId"),
        ...(hasLoadBalancer && {
          SecurityGroupIngress: [
            {
              Description: "From the load balancer",
              IpProtocol: "tcp",
              FromPort: 0,
              ToPort: 65_535,
              SourceSecurityGroupId: getAtt("LoadBalancerSecurityGroup", "GroupId"),
            },
          ],
        }),
      },
    },
    ...(stacks.data !== undefined && {
      DatabaseIngress: {
        Type: "AWS::EC2::SecurityGroupIngress",
        Properties: {
          Description: `From tasks of ${app.name}`,
          GroupId: importFrom(stacks.data, "DatabaseSecurityGroup"),
          IpProtocol: "tcp",
          FromPort: postgresPort,
          ToPort: postgresPort,
          SourceSecurityGroupId: getAtt("ServiceSecurityGroup", "GroupId"),
        },
      },
    }),
  };
}
