import type { Filter, Tag } from "@aws-sdk/client-rds";
import { regionalArn } from "../../arn.ts";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";

/** RDS's paging: "MaxRecords: default 100, minimum 20, maximum 100". */
export function pageOf<T>(items: T[], key: (item: T) => string, input: { Marker?: string; MaxRecords?: number }) {
  const { MaxRecords: limit = 100 } = input;
  if (limit < 20 || limit > 100) {
    const message = `Invalid value ${limit} for MaxRecords. Must be between 20 and 100`;
    throw new AwsError("InvalidParameterValue", message);
  }
  const { items: page, nextToken } = paginate(items, key, {
    token: input.Marker,
    limit,
    invalidTokenCode: "InvalidParameterValue",
  });
  return { page, ...(nextToken !== undefined && { Marker: nextToken }) };
}

/**
 * Whether a record passes all filters. `values` names the operation's filters and what each compares with; another name is
 * refused, as RDS does.
 */
export function filterBy<T>(
  filters: Filter[] | undefined,
  values: Record<string, (record: T) => (string | undefined)[]>,
): (record: T) => boolean {
  for (const { Name = "" } of filters ?? []) {
    if (!Object.hasOwn(values, Name)) throw new AwsError("InvalidParameterValue", `Unrecognized filter name: ${Name}`);
  }
  return (record) =>
    (filters ?? []).every(({ Name = "", Values = [] }) =>
      values[Name]?.(record).some((value) => value !== undefined && Values.includes(value)),
    );
}

/** `arn:aws:rds:<region>:<account>:db:<name>`; kinds are db, snapshot, subgrp, pg. */
export function rdsArn(region: Region, kind: "db" | "snapshot" | "subgrp" | "pg", name: string): string {
  return regionalArn(region, "rds", `${kind}:${name}`);
}

export function tagsOf(region: Region, arn: string): Tag[] {
  return region.store.collection<Tag[]>("rds.tags").get(arn) ?? [];
}

export function putTags(region: Region, arn: string, tags: Tag[] | undefined): void {
  const collection = region.store.collection<Tag[]>("rds.tags");
  if (tags?.length) collection.put(arn, tags);
  else collection.delete(arn);
}

/** "Names are stored as a lowercase string"; first a letter, then letters, digits and single hyphens. */
export function checkIdentifier(parameter: string, value: string, maximumLength = 63): string {
  const name = value.toLowerCase();
  if (!/^[a-z](?:-?[a-z0-9])*$/.test(name) || name.length > maximumLength) {
    const message = `The parameter ${parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.`;
    throw new AwsError("InvalidParameterValue", message);
  }
  return name;
}
