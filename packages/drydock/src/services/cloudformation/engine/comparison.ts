import { isObject } from "../template/template.ts";
import type { Physical } from "./records.ts";
import type { ResourceType, Tag } from "./resource-type.ts";

export interface Comparison {
  /** Properties that differ; "Tags" when the tags do, the stack's included. */
  changed: Set<string>;
  /** Attributes of the declaration that differ: Metadata, DeletionPolicy, UpdateReplacePolicy. */
  attributes: ("Metadata" | "DeletionPolicy" | "UpdateReplacePolicy")[];
  /** The changed properties whose change needs a new resource. */
  replacing: Set<string>;
}

/** What is different between a resource as it is and as the template wants it. */
export function compare(type: ResourceType, before: Physical, after: Omit<Physical, "physicalId">): Comparison {
  const names = new Set([...Object.keys(before.properties), ...Object.keys(after.properties)]);
  names.delete("Tags");
  const changed = new Set([...names].filter((name) => !same(before.properties[name], after.properties[name])));
  if (!sameTags(before.tags, after.tags)) changed.add("Tags");
  const replacing = new Set([...changed].filter((name) => type.properties[name]?.update === "replacement"));
  if (replacing.size === 0 && type.needsReplacement?.(before.properties, after.properties))
    for (const name of changed) replacing.add(name);
  const attributes: Comparison["attributes"] = [];
  if (!same(before.metadata, after.metadata)) attributes.push("Metadata");
  if (before.deletionPolicy !== after.deletionPolicy) attributes.push("DeletionPolicy");
  if (before.updateReplacePolicy !== after.updateReplacePolicy) attributes.push("UpdateReplacePolicy");
  return { changed, attributes, replacing };
}

/** Equal as CloudFormation sees it: `80` and `"80"` are one value, the order of an object's members says nothing. */
export function same(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (isObject(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
  }
  return value === undefined ? "" : JSON.stringify(String(value));
}

function sameTags(left: Tag[], right: Tag[]): boolean {
  const asMap = (tags: Tag[]) => Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
  return same(asMap(left), asMap(right));
}
