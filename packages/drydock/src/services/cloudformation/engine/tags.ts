import { isObject } from "../template/template.ts";
import type { ResourceType, Tag } from "./resource-type.ts";

/**
 * The tags a resource gets: its own, over the stack's, and the ones CloudFormation sets itself
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html).
 * @param own the resource's Tags property: a list of Key and Value, or an object
 */
export function resourceTags(
  type: ResourceType,
  own: unknown,
  stack: { id: string; name: string; tags: Tag[] },
  logicalId: string,
): Tag[] {
  if (type.taggable === false) return [];
  const tags = new Map(stack.tags.map(({ Key, Value }) => [Key, Value]));
  for (const { Key, Value } of declaredTags(own)) tags.set(Key, Value);
  tags.set("aws:cloudformation:logical-id", logicalId);
  tags.set("aws:cloudformation:stack-id", stack.id);
  tags.set("aws:cloudformation:stack-name", stack.name);
  return [...tags].map(([Key, Value]) => ({ Key, Value }));
}

function declaredTags(own: unknown): Tag[] {
  if (Array.isArray(own))
    return own.filter(isObject).map((tag) => ({ Key: String(tag.Key), Value: String(tag.Value) }));
  return isObject(own) ? Object.entries(own).map(([Key, Value]) => ({ Key, Value: String(Value) })) : [];
}

/** What has to be done to get from some tags to others. Tags that change are among the set ones. */
export function tagChanges(before: Tag[], after: Tag[]): { set: Tag[]; removed: string[] } {
  const had = new Map(before.map(({ Key, Value }) => [Key, Value]));
  const keys = new Set(after.map(({ Key }) => Key));
  return {
    set: after.filter(({ Key, Value }) => had.get(Key) !== Value),
    removed: [...had.keys()].filter((key) => !keys.has(key)),
  };
}

/** Without those CloudFormation sets, for services that take no `aws:` tags from anyone. */
export function ownTags(tags: Tag[]): Tag[] {
  return tags.filter(({ Key }) => !Key.startsWith("aws:"));
}

/** `{ team: "web" }`, as some services take tags. */
export function tagMap(tags: Tag[]): Record<string, string> {
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
}
