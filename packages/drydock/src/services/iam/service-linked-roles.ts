import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { describeRole, type StoredRole, storedRoles } from "./find-role.ts";
import { uniqueId } from "./identity.ts";

/** The roles of the services that drydock has, by who takes them on. No rule gives their names; the services' pages do. */
const linkedRoles: Record<string, { name: string; policy: string }> = {
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html
  "ecs.amazonaws.com": { name: "AWSServiceRoleForECS", policy: "AmazonECSServiceRolePolicy" },
  // https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
  "ecs.application-autoscaling.amazonaws.com": {
    name: "AWSServiceRoleForApplicationAutoScaling_ECSService",
    policy: "AWSApplicationAutoscalingECSServicePolicy",
  },
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html
  "elasticloadbalancing.amazonaws.com": {
    name: "AWSServiceRoleForElasticLoadBalancing",
    policy: "AWSElasticLoadBalancingServiceRolePolicy",
  },
  // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html
  "rds.amazonaws.com": { name: "AWSServiceRoleForRDS", policy: "AmazonRDSServiceRolePolicy" },
};

export function serviceLinkedRoleOperations(region: Region): Operations<typeof import("@aws-sdk/client-iam")> {
  const roles = storedRoles(region);

  return {
    CreateServiceLinkedRole: (input) => {
      const service = input.AWSServiceName;
      const linked = Object.hasOwn(linkedRoles, service) ? linkedRoles[service] : undefined;
      if (linked === undefined) {
        const known = Object.keys(linkedRoles).join(", ");
        throw new AwsError("InvalidInput", `drydock has no service-linked role of ${service}, only of ${known}.`);
      }
      // "Some services do not support the CustomSuffix parameter": none of these does.
      if (input.CustomSuffix !== undefined) {
        throw new AwsError("InvalidInput", `Custom suffix is not allowed for ${service}`);
      }
      if (roles.get(linked.name)) {
        const message = `Service role name ${linked.name} has been taken in this account, please try a different suffix.`;
        throw new AwsError("InvalidInput", message);
      }
      const path = `/aws-service-role/${service}/`;
      const statement = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" };
      const role: StoredRole = {
        name: linked.name,
        id: uniqueId("AROA"),
        path,
        arn: `arn:aws:iam::${region.accountId}:role${path}${linked.name}`,
        trust: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
        description: input.Description,
        maximumSession: 3600,
        boundary: undefined,
        tags: [],
        inline: {},
        attached: [`arn:aws:iam::aws:policy/aws-service-role/${linked.policy}`],
        created: new Date(region.clock.now()),
      };
      roles.put(role.name, role);
      return { Role: describeRole(role) };
    },
  };
}
