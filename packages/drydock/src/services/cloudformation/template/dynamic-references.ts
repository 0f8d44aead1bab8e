import { validationError } from "../errors.ts";
import { isObject } from "./template.ts";

/** `{{resolve:…}}`, taken apart. */
export type DynamicReference =
  | { service: "ssm" | "ssm-secure"; name: string; version?: string }
  | { service: "secretsmanager"; secret: string; key?: string; stage?: string; version?: string };

/** Reads the value a reference stands for. */
export type DynamicReader = (reference: DynamicReference) => Promise<string>;

// AWS's own pattern takes no `}` inside; the service's name decides the rest.
const pattern = /\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+)\}\}/g;

/**
 * Takes the inside of `{{resolve:<service>:<rest>}}` apart.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
 * @throws ValidationError for a reference that isn't complete
 */
export function parseDynamicReference(service: string, rest: string): DynamicReference {
  if (service === "ssm" || service === "ssm-secure") {
    // The name may be an ARN of a shared parameter; a version is a number at the end.
    const [, name = rest, version] = /^(.+?)(?::(\d+))?$/.exec(rest) ?? [];
    return { service, name, ...(version !== undefined && { version }) };
  }
  const pieces = rest.split(":");
  const secret = pieces.splice(0, rest.startsWith("arn:") ? 7 : 1).join(":");
  const [part, key, stage, version] = pieces;
  if (secret === "" || (part !== undefined && part !== "" && part !== "SecretString"))
    throw validationError(
      `Template format error: {{resolve:${service}:${rest}}} must have the form secret-id:SecretString:json-key:version-stage:version-id`,
    );
  return {
    service: "secretsmanager",
    secret,
    ...(key && { key }),
    ...(stage && { stage }),
    ...(version && { version }),
  };
}

/** Replaces every dynamic reference in the texts of a value. The result must neither be stored nor shown. */
export async function resolveDynamicReferences(value: unknown, read: DynamicReader): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => resolveDynamicReferences(item, read)));
  if (isObject(value)) {
    const entries = Object.entries(value).map(async ([key, item]) => [key, await resolveDynamicReferences(item, read)]);
    return Object.fromEntries(await Promise.all(entries));
  }
  if (typeof value !== "string" || !value.includes("{{resolve:")) return value;
  const found = [...value.matchAll(pattern)];
  const values = await Promise.all(
    found.map(([, service = "", rest = ""]) => read(parseDynamicReference(service, rest))),
  );
  let index = 0;
  return value.replace(pattern, () => values[index++] ?? "");
}
