import { randomUUID } from "node:crypto";
import type { ScalingPolicy } from "@aws-sdk/client-application-auto-scaling";
import { regionalArn } from "../../arn.ts";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { checkPolicy } from "./policy-checks.ts";
import {
  lastScalingsOf,
  nameOf,
  type PolicyRecord,
  policiesOf,
  policyKey,
  targetKey,
  targetsOf,
  wantedBy,
} from "./records.ts";
import { directionOf, trackingAlarms } from "./tracking-alarms.ts";

export function policyOperations(
  region: Region,
): Operations<typeof import("@aws-sdk/client-application-auto-scaling")> {
  const policies = policiesOf(region);

  return {
    PutScalingPolicy: async (input) => {
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
        Alarms: before?.Alarms ?? [],
        created: before?.created ?? region.clock.now(),
      };
      checkPolicy(policy, before?.PolicyType);
      const Alarms = policy.TargetTrackingScalingPolicyConfiguration ? await putAlarms(region, policy) : [];
      policies.put(policyKey(input), { ...policy, Alarms });
      return { PolicyARN: policy.PolicyARN, Alarms };
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

    DeleteScalingPolicy: async (input) => {
      const policy = policies.get(policyKey(input));
      if (!policy) {
        const message = `No scaling policy found for ${nameOf(input)}, policy name: ${input.PolicyName}`;
        throw new AwsError("ObjectNotFoundException", message);
      }
      await deletePolicy(region, policy);
      return {};
    },
  };
}

/** Forgets a policy, and the alarms that were made for it. */
export async function deletePolicy(region: Region, policy: PolicyRecord): Promise<void> {
  policiesOf(region).delete(policyKey(policy));
  lastScalingsOf(region).delete(policyKey(policy));
  const AlarmNames = (policy.Alarms ?? []).flatMap(({ AlarmName }) => AlarmName ?? []);
  if (AlarmNames.length > 0) await region.call("monitoring").DeleteAlarms({ AlarmNames });
}

/** "Creates and manages the CloudWatch alarms that control the scaling policy": those it had before keep their names. */
async function putAlarms(region: Region, policy: PolicyRecord): Promise<NonNullable<ScalingPolicy["Alarms"]>> {
  const known = policy.Alarms ?? [];
  const wanted = trackingAlarms(policy, randomUUID()).map((alarm) => {
    const before = known.find(({ AlarmName = "" }) => directionOf(AlarmName) === directionOf(alarm.AlarmName ?? ""));
    return { ...alarm, AlarmName: before?.AlarmName ?? alarm.AlarmName ?? "" };
  });
  const monitoring = region.call("monitoring");
  for (const alarm of wanted) await monitoring.PutMetricAlarm(alarm);
  const unwanted = known.flatMap(({ AlarmName = "" }) =>
    wanted.some((alarm) => alarm.AlarmName === AlarmName) ? [] : [AlarmName],
  );
  if (unwanted.length > 0) await monitoring.DeleteAlarms({ AlarmNames: unwanted });
  return wanted.map(({ AlarmName }) => ({
    AlarmName,
    AlarmARN: regionalArn(region, "cloudwatch", `alarm:${AlarmName}`),
  }));
}

function describe({ created, ...policy }: PolicyRecord): ScalingPolicy {
  return { ...policy, CreationTime: new Date(created) };
}
