import { randomUUID } from "node:crypto";
import type { ScalableTarget } from "@aws-sdk/client-application-auto-scaling";
import { regionalArn } from "../../arn.ts";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { requireService, scaleIntoBounds } from "./ecs-service.ts";
import { deletePolicy } from "./policies.ts";
import {
  nameOf,
  policiesOf,
  scheduledActionKey,
  scheduledActionsOf,
  type TargetRecord,
  targetKey,
  targetsOf,
  wantedBy,
} from "./records.ts";
import { tagsFrom } from "./tags.ts";

const nothingSuspended = {
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
};

export function targetOperations(
  region: Region,
): Operations<typeof import("@aws-sdk/client-application-auto-scaling")> {
  const targets = targetsOf(region);

  return {
    RegisterScalableTarget: async (input) => {
      const service = await requireService(region, input);
      const before = targets.get(targetKey(input));
      const MinCapacity = input.MinCapacity ?? before?.MinCapacity;
      const MaxCapacity = input.MaxCapacity ?? before?.MaxCapacity;
      if (MinCapacity === undefined || MaxCapacity === undefined) {
        const message = "MinCapacity and MaxCapacity are required when registering a new scalable target.";
        throw new AwsError("ValidationException", message);
      }
      if (MinCapacity < 0) throw new AwsError("ValidationException", "Minimum capacity cannot be less than 0");
      if (MinCapacity > MaxCapacity) {
        throw new AwsError("ValidationException", "Maximum capacity cannot be less than minimum capacity");
      }
      const target: TargetRecord = {
        ServiceNamespace: input.ServiceNamespace,
        ResourceId: input.ResourceId,
        ScalableDimension: input.ScalableDimension,
        MinCapacity,
        MaxCapacity,
        // "If the service supports service-linked roles, Application Auto Scaling uses a service-linked role."
        RoleARN: serviceLinkedRole(region),
        SuspendedState: { ...(before?.SuspendedState ?? nothingSuspended), ...input.SuspendedState },
        ScalableTargetARN: before?.ScalableTargetARN ?? newTargetArn(region),
        created: before?.created ?? region.clock.now(),
        tags: tagsFrom(input.Tags ?? {}, before?.tags),
      };
      targets.put(targetKey(input), target);
      await scaleIntoBounds(region, target, service);
      return { ScalableTargetARN: target.ScalableTargetARN };
    },

    DescribeScalableTargets: (input) => {
      const page = paginate(targets.list().filter(wantedBy(input)), targetKey, {
        token: input.NextToken,
        limit: input.MaxResults ?? 50,
        invalidTokenCode: "InvalidNextTokenException",
      });
      return { ScalableTargets: page.items.map(describe), NextToken: page.nextToken };
    },

    DeregisterScalableTarget: async (input) => {
      const key = targetKey(input);
      if (!targets.get(key)) {
        throw new AwsError("ObjectNotFoundException", `No scalable target found for ${nameOf(input)}`);
      }
      targets.delete(key);
      // "Deregistering a scalable target deletes the scaling policies that are associated with it."
      for (const policy of policiesOf(region).list(`${key}|`)) await deletePolicy(region, policy);
      for (const action of scheduledActionsOf(region).list(`${key}|`)) {
        scheduledActionsOf(region).delete(scheduledActionKey(action));
      }
      return {};
    },
  };
}

function newTargetArn(region: Region): string {
  return regionalArn(region, "application-autoscaling", `scalable-target/${randomUUID().replaceAll("-", "")}`);
}

function serviceLinkedRole({ accountId }: Region): string {
  const principal = "ecs.application-autoscaling.amazonaws.com";
  return `arn:aws:iam::${accountId}:role/aws-service-role/${principal}/AWSServiceRoleForApplicationAutoScaling_ECSService`;
}

function describe({ created, tags: _, ...target }: TargetRecord): ScalableTarget {
  return { ...target, CreationTime: new Date(created) };
}
