import { AwsError } from "../../errors.ts";

/**
 * One range of bytes, ends included; undefined when the whole object is meant (no header, or one that is no byte range:
 * those are ignored, RFC 9110 section 14.2). Throws InvalidRange when it lies outside.
 */
export function parseRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size || (first === "" && Number(last) === 0)) {
    const message = "The requested range is not satisfiable";
    throw new AwsError("InvalidRange", message, { status: 416, members: { ActualObjectSize: size } });
  }
  return end < start ? undefined : { start, end };
}
