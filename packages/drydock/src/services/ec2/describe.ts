import type { Filter, Tag } from "@aws-sdk/client-ec2";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Collection } from "../../store/store.ts";
import { type Network, notFound } from "./network.ts";

type FilterValue = string | undefined | (string | undefined)[];

export interface DescribeRequest {
  ids: string[] | undefined;
  filters: Filter[] | undefined;
  token: string | undefined;
  limit: number | undefined;
}

/**
 * What every Describe call does: by ids (each must exist), by filters with `*` and `?`, in pages.
 * `filters` names the operation's filters and where each finds its values; another name is refused, as EC2 does.
 */
export function describeRecords<T>(
  network: Network,
  collection: Pick<Collection<T>, "get" | "list">,
  idOf: (record: T) => string | undefined,
  request: DescribeRequest,
  missing: { code: string; kind: string },
  filters: Record<string, (record: T) => FilterValue>,
): { items: (T & { Tags: Tag[] })[]; nextToken: string | undefined } {
  const { limit } = request;
  // "This value can be between 5 and 1000."
  if (limit !== undefined && (limit < 5 || limit > 1000)) {
    const message = `Value ( ${limit} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.`;
    throw new AwsError("InvalidParameterValue", message);
  }
  const records = request.ids?.length
    ? request.ids.map((id) => {
        const record = collection.get(id);
        if (!record) throw notFound(missing.code, missing.kind, id);
        return record;
      })
    : collection.list();
  const tagged = records.map((record) => network.withTags(idOf(record), record));
  // A filter that isn't one is refused also where there is nothing to filter.
  for (const { Name = "" } of request.filters ?? []) checkFilterName(Name, filters);
  const found = tagged.filter((record) => (request.filters ?? []).every((filter) => passes(record, filter, filters)));
  const key = (record: T) => idOf(record) ?? "";
  found.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return paginate(found, key, {
    token: request.token,
    limit: limit ?? Number.MAX_SAFE_INTEGER,
    invalidTokenCode: "InvalidNextToken",
  });
}

/** Whether a record passes one filter. Throws InvalidParameterValue for a name the operation doesn't have. */
export function passes<T>(
  record: T & { Tags: Tag[] },
  filter: Filter,
  filters: Record<string, (record: T) => FilterValue>,
): boolean {
  const name = filter.Name ?? "";
  const wanted = (filter.Values ?? []).map(compileWildcard);
  return valuesOf(record, name, filters).some((value) => wanted.some((test) => test(value)));
}

function valuesOf<T>(
  record: T & { Tags: Tag[] },
  name: string,
  filters: Record<string, (record: T) => FilterValue>,
): string[] {
  if (name === "tag-key") return record.Tags.map(({ Key = "" }) => Key);
  if (name.startsWith("tag:")) {
    return record.Tags.filter(({ Key }) => Key === name.slice(4)).map(({ Value = "" }) => Value);
  }
  checkFilterName(name, filters);
  return [filters[name]?.(record)].flat().flatMap((value) => value ?? []);
}

function checkFilterName(name: string, filters: object): void {
  if (name === "tag-key" || name.startsWith("tag:") || Object.hasOwn(filters, name)) return;
  throw new AwsError("InvalidParameterValue", `The filter '${name}' is invalid`);
}

/** "Filter values: * matches zero or more characters, ? exactly one." */
function compileWildcard(pattern: string): (value: string) => boolean {
  if (!/[*?]/.test(pattern)) return (value) => value === pattern;
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const compiled = new RegExp(`^${expression}$`, "s");
  return (value) => compiled.test(value);
}
