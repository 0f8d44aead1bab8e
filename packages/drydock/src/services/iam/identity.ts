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

/** Throws MalformedPolicyDocument with the reason IAM would give first. */
export function checkPolicyDocument(text: string): void {
  const malformed = (message: string) => new AwsError("MalformedPolicyDocument", message);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformed("This policy contains invalid Json");
  }
  const { Version, Statement } = (document ?? {}) as { Version?: unknown; Statement?: unknown };
  if (Version !== undefined && Version !== "2012-10-17" && Version !== "2008-10-17") {
    throw malformed("The policy must contain a valid version string");
  }
  const statements = Array.isArray(Statement) ? Statement : Statement === undefined ? [] : [Statement];
  if (statements.length === 0) throw malformed("Syntax errors in policy.");
  for (const statement of statements as Record<string, unknown>[]) {
    if (statement.Effect !== "Allow" && statement.Effect !== "Deny") throw malformed("Syntax errors in policy.");
    if (!statement.Action && !statement.NotAction) throw malformed("Policy statement must contain actions.");
  }
}

/** IAM answers documents URL-encoded. */
export function encodeDocument(text: string): string {
  return encodeURIComponent(text);
}
