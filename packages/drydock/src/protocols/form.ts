import { FromStringShapeDeserializer } from "@smithy/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../errors.ts";

/** `Tags.member.1.Key=a` as a tree: text at the leaves, children by key part. */
interface FormNode {
  text?: string;
  children: Map<string, FormNode>;
}

const simpleValues = new FromStringShapeDeserializer({
  timestampFormat: { useTrait: true, default: 5 },
  httpBindings: false,
});

// Deeper than any input of any service; a form that nests further is malformed.
const maximumDepth = 64;

/** Reads a Query or EC2 Query form by the schema of the operation's input. */
export function readForm(form: URLSearchParams, schema: NormalizedSchema, ec2: boolean): Record<string, unknown> {
  const root: FormNode = { children: new Map() };
  for (const [key, value] of form) {
    let node = root;
    const parts = key.split(".");
    if (parts.length > maximumDepth)
      throw new AwsError("MalformedInput", `The parameter ${key.slice(0, 80)}… nests too deep.`);
    for (const part of parts) {
      let child = node.children.get(part);
      if (!child) {
        child = { children: new Map() };
        node.children.set(part, child);
      }
      node = child;
    }
    node.text = value;
  }
  return readStructure(root, schema, ec2);
}

function readStructure(node: FormNode, schema: NormalizedSchema, ec2: boolean): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  if (schema.isUnitSchema()) return value;
  for (const [name, member] of schema.structIterator()) {
    const child = node.children.get(memberKey(name, member, ec2));
    if (child) value[name] = readValue(child, member, ec2);
  }
  return value;
}

/** https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html#query-key-resolution */
function memberKey(name: string, member: NormalizedSchema, ec2: boolean): string {
  const traits = member.getMergedTraits();
  const key = (traits.xmlName as string | undefined) ?? name;
  if (!ec2) return key;
  if (traits.ec2QueryName) return traits.ec2QueryName as string;
  return key.charAt(0).toUpperCase() + key.slice(1);
}

function readValue(node: FormNode, schema: NormalizedSchema, ec2: boolean): unknown {
  if (schema.isStructSchema()) return readStructure(node, schema, ec2);
  if (schema.isListSchema()) return readList(node, schema, ec2);
  if (schema.isMapSchema()) return readMap(node, schema, ec2);
  if (node.text === undefined) return undefined;
  try {
    return simpleValues.read(schema, node.text);
  } catch {
    throw new AwsError("MalformedInput", `The value of the parameter ${schema.getMemberName()} can't be read.`);
  }
}

function readList(node: FormNode, schema: NormalizedSchema, ec2: boolean): unknown[] {
  const member = schema.getValueSchema();
  // Clients write `member` or the member's own name, and leave both out in flattened lists.
  const wrapped = ec2
    ? undefined
    : (node.children.get((member.getMergedTraits().xmlName as string | undefined) ?? "member") ??
      node.children.get("member"));
  return inOrder(wrapped ?? node).map((item) => readValue(item, member, ec2));
}

function readMap(node: FormNode, schema: NormalizedSchema, ec2: boolean): Record<string, unknown> {
  const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? "key";
  const valueSchema = schema.getValueSchema();
  const valueName = valueSchema.getMergedTraits().xmlName ?? "value";
  const entries = inOrder(node.children.get("entry") ?? node).map((entry) => {
    const value = entry.children.get(valueName);
    return [entry.children.get(keyName)?.text ?? "", value && readValue(value, valueSchema, ec2)];
  });
  return Object.fromEntries(entries);
}

function inOrder(node: FormNode): FormNode[] {
  return [...node.children]
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child);
}
