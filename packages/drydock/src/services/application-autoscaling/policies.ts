import { randomUUID } from "node:crypto";
import type { ScalingPolicy } from "@aws-sdk/client-application-auto-scaling";
import { regionalArn } from "../../arn.ts";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { checkPolicy } from "./policy-checks.ts";
import { nameOf, type PolicyRecord, policiesOf, policyKey, targetKey, targetsOf, wantedBy } from "./records.ts";

export function policyOperations(
  region: Region,
): Operations<typeof import("@aws-sdk/client-application-auto-scaling")> {
  const policies = policiesOf(region);

  return {
    PutScalingPolicy: (input) => {
      if (!targetsOf(region).get(targetKey(input))) {
        throw new AwsError("ObjectNotFoundException", `No scalable target registered for ${nameOf(input)}`);
      }
      const before = policies.get(policyKey(input));
      const id = randomUUID();
      const resource = `${input.ServiceNamespace}/${input.ResourceId}:policyName/${input.PolicyName}`;
      // "Any parameters that you don't specify are not changed by this update request."
      const policy: PolicyRecord = {
        ServiceNamespace: input.ServiceNamespace,
        ResourceId: input.ResourceId,
        ScalableDimension: input.ScalableDimension,
        PolicyName: input.PolicyName,
        PolicyType: input.PolicyType ?? before?.PolicyType,
        StepScalingPolicyConfiguration: input.StepScalingPolicyConfiguration ?? before?.StepScalingPolicyConfiguration,
        TargetTrackingScalingPolicyConfiguration:
          input.TargetTrackingScalingPolicyConfiguration ?? before?.TargetTrackingScalingPolicyConfiguration,
        PolicyARN: before?.PolicyARN ?? regionalArn(region, "autoscaling", `scalingPolicy:${id}:resource/${resource}`),
        Alarms: [],
        created: before?.created ?? region.clock.now(),
      };
      checkPolicy(policy, before?.PolicyType);
      policies.put(policyKey(input), policy);
      return { PolicyARN: policy.PolicyARN, Alarms: [] };
    },

    DescribeScalingPolicies: (input) => {
      const { ServiceNamespace, ScalableDimension, ResourceId } = input;
      const wanted = wantedBy({
        ServiceNamespace,
        ScalableDimension,
        ...(ResourceId && { ResourceIds: [ResourceId] }),
      });
      const found = policies
        .list()
        .filter(wanted)
        .filter(({ PolicyName }) => input.PolicyNames?.includes(PolicyName) ?? true);
      const page = paginate(found, policyKey, {
        token: input.NextToken,
        limit: input.MaxResults ?? 10,
        invalidTokenCode: "InvalidNextTokenException",
      });
      return { ScalingPolicies: page.items.map(describe), NextToken: page.nextToken };
    },

    DeleteScalingPolicy: (input) => {
      if (!policies.get(policyKey(input))) {
        const message = `No scaling policy found for ${nameOf(input)}, policy name: ${input.PolicyName}`;
        throw new AwsError("ObjectNotFoundException", message);
      }
      policies.delete(policyKey(input));
      return {};
    },
  };
}

function describe({ created, ...policy }: PolicyRecord): ScalingPolicy {
  return { ...policy, CreationTime: new Date(created) };
}
