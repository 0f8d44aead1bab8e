import type { IncomingMessage } from "node:http";
import { readBody } from "../gateway/body.ts";
import { AdminError } from "./admin-error.ts";

/**
 * The JSON object that a request carries.
 *
 * @throws AdminError 400 for what is no JSON object or has other members than `known`
 */
export async function readObject(request: IncomingMessage, known: readonly string[]): Promise<Record<string, unknown>> {
  const value = parse((await readBody(request)).toString());
  const expected = `a JSON object with ${known.join(", ")}`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new AdminError(400, "InvalidBody", "The body is no JSON object.", { expected });
  }
  refuseUnknown(value, known);
  return value as Record<string, unknown>;
}

/** @throws AdminError 400 that names the first member nobody knows */
export function refuseUnknown(value: object, known: readonly string[], where = ""): void {
  const path = Object.keys(value).find((name) => !known.includes(name));
  if (path === undefined) return;
  throw new AdminError(400, "UnknownMember", `There is no ${path} here.`, {
    path: `${where}${path}`,
    expected: `one of ${known.join(", ")}`,
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AdminError(400, "InvalidBody", `The body is no JSON: ${(error as Error).message}.`, {
      expected: "a JSON object",
    });
  }
}
