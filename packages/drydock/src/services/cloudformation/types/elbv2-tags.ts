import type { UpdateContext } from "../engine/resource-type.ts";
import { tagChanges } from "../engine/tags.ts";

/** Brings the tags of a load balancer, target group, listener or rule to what they are to be. */
export async function updateTags({
  region,
  physicalId,
  previousTags,
  tags,
  changed,
}: Pick<UpdateContext<unknown>, "region" | "physicalId" | "previousTags" | "tags" | "changed">): Promise<void> {
  if (!changed.has("Tags")) return;
  const { set, removed } = tagChanges(previousTags, tags);
  const elb = region.call("elasticloadbalancing");
  if (removed.length > 0) await elb.RemoveTags({ ResourceArns: [physicalId], TagKeys: removed });
  if (set.length > 0) await elb.AddTags({ ResourceArns: [physicalId], Tags: set });
}
