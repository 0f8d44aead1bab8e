import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";
import type { Operations } from "../../../service.ts";
import { alarmsOf, tagsOf } from "./records.ts";

export function tagOperations(region: Region): Operations<typeof import("@aws-sdk/client-cloudwatch")> {
  const tags = tagsOf(region);

  const requireAlarm = (arn: string): string => {
    if (alarmsOf(region).get(arn.slice(arn.indexOf(":alarm:") + ":alarm:".length))?.AlarmArn === arn) return arn;
    throw new AwsError("ResourceNotFoundException", `${arn} does not exist`, { members: { ResourceId: arn } });
  };

  return {
    TagResource: (input) => {
      const arn = requireAlarm(input.ResourceARN);
      const added = input.Tags.map(({ Key = "", Value = "" }) => [Key, Value] as const);
      tags.put(arn, { ...tags.get(arn), ...Object.fromEntries(added) });
      return {};
    },

    UntagResource: (input) => {
      const arn = requireAlarm(input.ResourceARN);
      const kept = Object.entries(tags.get(arn) ?? {}).filter(([key]) => !input.TagKeys.includes(key));
      tags.put(arn, Object.fromEntries(kept));
      return {};
    },

    ListTagsForResource: (input) => {
      const found = Object.entries(tags.get(requireAlarm(input.ResourceARN)) ?? {});
      return { Tags: found.map(([Key, Value]) => ({ Key, Value })) };
    },
  };
}
