import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { type TargetRecord, targetKey, targetsOf } from "./records.ts";

const mostTags = 50;

/** Tags as they are kept. Throws ValidationException or TooManyTagsException. */
export function tagsFrom(tags: Record<string, string>, existing: Record<string, string> = {}): Record<string, string> {
  for (const [key, value] of Object.entries(tags)) {
    if (key === "" || key.length > 128 || value.length > 256) {
      const message = "Tag keys have 1 to 128 characters, tag values at most 256.";
      throw new AwsError("ValidationException", message);
    }
    if (key.toLowerCase().startsWith("aws:")) {
      throw new AwsError("ValidationException", "Tag keys beginning with aws: are reserved for system use.");
    }
  }
  const all = { ...existing, ...tags };
  if (Object.keys(all).length > mostTags) {
    throw new AwsError("TooManyTagsException", `A scalable target can have at most ${mostTags} tags.`);
  }
  return all;
}

export function tagOperations(region: Region): Operations<typeof import("@aws-sdk/client-application-auto-scaling")> {
  const targets = targetsOf(region);

  const requireTarget = (arn: string): TargetRecord => {
    const target = targets.list().find(({ ScalableTargetARN }) => ScalableTargetARN === arn);
    if (target) return target;
    const message = `The specified resource doesn't exist: ${arn}`;
    throw new AwsError("ResourceNotFoundException", message, { members: { ResourceName: arn } });
  };
  const put = (target: TargetRecord, tags: Record<string, string>) =>
    targets.put(targetKey(target), { ...target, tags });

  return {
    TagResource: (input) => {
      const target = requireTarget(input.ResourceARN);
      put(target, tagsFrom(input.Tags, target.tags));
      return {};
    },

    UntagResource: (input) => {
      const target = requireTarget(input.ResourceARN);
      put(target, Object.fromEntries(Object.entries(target.tags).filter(([key]) => !input.TagKeys.includes(key))));
      return {};
    },

    ListTagsForResource: (input) => ({ Tags: requireTarget(input.ResourceARN).tags }),
  };
}
