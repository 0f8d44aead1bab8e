import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { putTags, tagsOf } from "./records.ts";

export function tagOperations(region: Region): Operations<typeof import("@aws-sdk/client-rds")> {
  return {
    AddTagsToResource: (input) => {
      const keys = new Set(input.Tags.map(({ Key }) => Key));
      const kept = tagsOf(region, input.ResourceName).filter(({ Key }) => !keys.has(Key));
      putTags(region, input.ResourceName, [...kept, ...input.Tags]);
      return {};
    },

    RemoveTagsFromResource: (input) => {
      const kept = tagsOf(region, input.ResourceName).filter(({ Key = "" }) => !input.TagKeys.includes(Key));
      putTags(region, input.ResourceName, kept);
      return {};
    },

    ListTagsForResource: (input) => ({ TagList: tagsOf(region, input.ResourceName) }),
  };
}
