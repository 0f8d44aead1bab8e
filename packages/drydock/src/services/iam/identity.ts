import { randomInt } from "node:crypto";
import type { Tag } from "@aws-sdk/client-iam";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";

/** Role ids start with AROA, policies' with ANPA: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
export function uniqueId(prefix: "AROA" | "ANPA" | "ASIA"): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return prefix + Array.from({ length: 17 }, () => alphabet[randomInt(alphabet.length)]).join("");
}

export function noSuchEntity(message: string): AwsError {
  return new AwsError("NoSuchEntity", message);
}

/** IAM's paging: Marker and IsTruncated. "If you do not include MaxItems, it defaults to 100." */
export function pageOf<T>(items: T[], key: (item: T) => string, input: { Marker?: string; MaxItems?: number }) {
  const { items: page, nextToken } = paginate(items, key, {
    token: input.Marker,
    limit: input.MaxItems ?? 100,
    invalidTokenCode: "ValidationError",
  });
  return { page, IsTruncated: nextToken !== undefined, ...(nextToken !== undefined && { Marker: nextToken }) };
}

export function withTags(tags: Tag[], added: Tag[]): Tag[] {
  const keys = new Set(added.map(({ Key }) => Key));
  return [...tags.filter(({ Key }) => !keys.has(Key)), ...added];
}

export function withoutTags(tags: Tag[], keys: string[]): Tag[] {
  return tags.filter(({ Key }) => !keys.includes(Key ?? ""));
}

/**
 * Throws MalformedPolicyDocument with the reason IAM would give first. A trust policy names who may take the role, and no
 * resource; every other policy names resources, and nobody.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function checkPolicyDocument(text: string, kind: "identity" | "trust"): void {
  const malformed = (message: string) => new AwsError("MalformedPolicyDocument", message);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformed("This policy contains invalid Json");
  }
  if (!isRecord(document)) throw malformed("Syntax errors in policy.");
  const { Version, Statement } = document;
  if (Version !== undefined && Version !== "2012-10-17" && Version !== "2008-10-17") {
    throw malformed("The policy must contain a valid version string");
  }
  const statements: unknown[] = Array.isArray(Statement) ? Statement : Statement === undefined ? [] : [Statement];
  if (statements.length === 0) throw malformed("Syntax errors in policy.");
  for (const statement of statements) {
    if (!isRecord(statement)) throw malformed("Syntax errors in policy.");
    if (statement.Effect !== "Allow" && statement.Effect !== "Deny") throw malformed("Syntax errors in policy.");
    if (!statement.Action && !statement.NotAction) throw malformed("Policy statement must contain actions.");
    const names = (key: string) => key in statement || `Not${key}` in statement;
    if (kind === "trust" && !names("Principal")) throw malformed("Missing required field Principal");
    if (kind === "trust" && names("Resource")) throw malformed("Has prohibited field Resource");
    if (kind === "identity" && names("Principal")) throw malformed("Policy document should not specify a principal.");
    if (kind === "identity" && !names("Resource")) throw malformed("Policy statement must contain resources.");
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** IAM answers documents URL-encoded. */
export function encodeDocument(text: string): string {
  return encodeURIComponent(text);
}
