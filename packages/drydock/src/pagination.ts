import { AwsError } from "./errors.ts";

export interface Page<T> {
  items: T[];
  nextToken: string | undefined;
}

/**
 * One page of a list that is sorted by `key`. The token names the last item given, so that items which come and go
 * between two pages neither repeat nor hide others. Throws `invalidTokenCode` for a token this never gave.
 */
export function paginate<T>(
  items: T[],
  key: (item: T) => string,
  options: { token: string | undefined; limit: number; invalidTokenCode?: string },
): Page<T> {
  const after = options.token === undefined ? undefined : decodeToken(options.token, options.invalidTokenCode);
  const start = after === undefined ? 0 : items.findIndex((item) => key(item) > after);
  const rest = start < 0 ? [] : items.slice(start);
  const page = rest.slice(0, options.limit);
  const last = page.at(-1);
  return {
    items: page,
    nextToken: last !== undefined && rest.length > page.length ? encodeToken(key(last)) : undefined,
  };
}

function encodeToken(key: string): string {
  return Buffer.from(JSON.stringify({ after: key })).toString("base64url");
}

function decodeToken(token: string, code = "InvalidNextToken"): string {
  try {
    const { after } = JSON.parse(Buffer.from(token, "base64url").toString());
    if (typeof after === "string") return after;
  } catch {
    // Falls through: whatever it is, it is no token of ours.
  }
  throw new AwsError(code, "The specified token is not valid.");
}
