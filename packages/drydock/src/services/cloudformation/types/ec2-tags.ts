import type { ResourceType as TaggedType } from "@aws-sdk/client-ec2";
import type { Tag, UpdateContext } from "../engine/resource-type.ts";
import { tagChanges } from "../engine/tags.ts";

/** How EC2's create operations take tags. */
export function tagSpecifications(ResourceType: TaggedType, Tags: Tag[]) {
  return { TagSpecifications: [{ ResourceType, Tags }] };
}

/** Brings an EC2 resource's tags to what they are to be. */
export async function updateTags(
  { region, previousTags, tags, changed }: Pick<UpdateContext<unknown>, "region" | "previousTags" | "tags" | "changed">,
  id: string,
): Promise<void> {
  if (!changed.has("Tags")) return;
  const { set, removed } = tagChanges(previousTags, tags);
  const ec2 = region.call("ec2");
  if (removed.length > 0) await ec2.DeleteTags({ Resources: [id], Tags: removed.map((Key) => ({ Key })) });
  if (set.length > 0) await ec2.CreateTags({ Resources: [id], Tags: set });
}
