import type { Value } from "./template.ts";

/**
 * JSON text of a value that holds intrinsic functions, as one `Fn::Sub`: the way to put a document into a string
 * property without the LanguageExtensions transform. Filled-in values (ARNs, ids, names) must need no JSON escaping.
 */
export function jsonText(value: Value): Value {
  const variables: Record<string, Value> = {};
  const text = write(value, variables);
  return { "Fn::Sub": Object.keys(variables).length > 0 ? [text, variables] : text };
}

function write(value: Value, variables: Record<string, Value>): string {
  if (typeof value === "string") return JSON.stringify(value).replaceAll("${", "${!");
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, variables)).join(",")}]`;
  const placeholder = intrinsicPlaceholder(value, variables);
  if (placeholder !== undefined) return `"${placeholder}"`;
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${write(member, variables)}`);
  return `{${members.join(",")}}`;
}

function intrinsicPlaceholder(value: Record<string, Value>, variables: Record<string, Value>): string | undefined {
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) return undefined;
  const [name, argument] = entry;
  if (name === "Ref") return `\${${String(argument)}}`;
  if (name === "Fn::GetAtt" && Array.isArray(argument)) return `\${${argument.join(".")}}`;
  if (name === "Fn::Sub" && typeof argument === "string") return argument;
  if (!name.startsWith("Fn::")) return undefined;
  const variable = `Value${Object.keys(variables).length + 1}`;
  variables[variable] = value;
  return `\${${variable}}`;
}
