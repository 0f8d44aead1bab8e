import { list, structure, text } from "../engine/properties.ts";

/** `[{ Key, Value }]`: LoadBalancerAttributes, TargetGroupAttributes, ListenerAttributes. */
export const attributeList = list(structure({ Key: text, Value: text }));

type Attributes = ReturnType<typeof attributeList>;

/** The attributes to be set to get from some to others; one the template no longer names keeps its value, as on AWS. */
export function changedAttributes(before: Attributes | undefined, after: Attributes | undefined): Attributes {
  const had = new Map(before?.map(({ Key, Value }) => [Key, Value]));
  return (after ?? []).filter(({ Key, Value }) => had.get(Key) !== Value);
}
