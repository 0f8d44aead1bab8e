import type { UpdateContext } from "../engine/resource-type.ts";
import { tagChanges } from "../engine/tags.ts";

/** Brings the tags of an RDS resource to what they are to be. */
export async function updateTags(
  { region, previousTags, tags, changed }: Pick<UpdateContext<unknown>, "region" | "previousTags" | "tags" | "changed">,
  ResourceName: string,
): Promise<void> {
  if (!changed.has("Tags")) return;
  const { set, removed } = tagChanges(previousTags, tags);
  const rds = region.call("rds");
  if (removed.length > 0) await rds.RemoveTagsFromResource({ ResourceName, TagKeys: removed });
  if (set.length > 0) await rds.AddTagsToResource({ ResourceName, Tags: set });
}
