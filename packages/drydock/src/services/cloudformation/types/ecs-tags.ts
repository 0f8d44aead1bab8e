import type { Tag, UpdateContext } from "../engine/resource-type.ts";
import { tagChanges } from "../engine/tags.ts";

/** Tags as ECS takes them. */
export function ecsTags(tags: Tag[]): { key: string; value: string }[] {
  return tags.map(({ Key: key, Value: value }) => ({ key, value }));
}

/** Brings the tags of an ECS resource to what they are to be. */
export async function updateTags(
  { region, previousTags, tags, changed }: Pick<UpdateContext<unknown>, "region" | "previousTags" | "tags" | "changed">,
  resourceArn: string,
): Promise<void> {
  if (!changed.has("Tags")) return;
  const { set, removed } = tagChanges(previousTags, tags);
  const ecs = region.call("ecs");
  if (removed.length > 0) await ecs.UntagResource({ resourceArn, tagKeys: removed });
  if (set.length > 0) await ecs.TagResource({ resourceArn, tags: ecsTags(set) });
}
