import type { ParameterStringFilter } from "@aws-sdk/client-ssm";
import { AwsError } from "../../errors.ts";
import { latest, type StoredParameter } from "./parameters.ts";

/** Whether a parameter passes all filters. Throws InvalidFilterKey for a key the operation doesn't know. */
export function matches(parameter: StoredParameter, filters: ParameterStringFilter[], recursivePath = false): boolean {
  return filters.every((filter) => matchesOne(parameter, filter, recursivePath));
}

function matchesOne(parameter: StoredParameter, filter: ParameterStringFilter, recursivePath: boolean): boolean {
  const values = filter.Values ?? [];
  const version = latest(parameter);
  const key = filter.Key ?? "";
  if (key.startsWith("tag:")) {
    const value = parameter.tags[key.slice(4)];
    return value !== undefined && (values.length === 0 || values.includes(value));
  }
  switch (key) {
    case "Name":
      return values.some((value) => compareName(parameter.name, value, filter.Option ?? "Equals"));
    case "Path":
      return values.some((path) => isBelow(parameter.name, path, filter.Option === "Recursive" || recursivePath));
    case "Type":
      return values.includes(version?.type ?? "");
    case "Tier":
      return values.includes(version?.tier ?? "");
    case "DataType":
      return values.includes(version?.dataType ?? "");
    case "KeyId":
      return values.includes(version?.keyId ?? "");
    case "Label":
      return values.some((label) => parameter.versions.some((each) => each.labels.includes(label)));
    default:
      throw new AwsError("InvalidFilterKey", `The specified filter key isn't valid: ${key}`);
  }
}

function compareName(name: string, value: string, option: string): boolean {
  if (option === "BeginsWith") return name.startsWith(value);
  if (option === "Contains") return name.includes(value);
  if (option === "Equals") return name === value;
  throw new AwsError("InvalidFilterOption", `The following filter option is not valid: ${option}`);
}

/** `/a/b` is below `/a`, `/a/b/c` only with `recursive`. */
export function isBelow(name: string, path: string, recursive: boolean): boolean {
  const prefix = path.endsWith("/") ? path : `${path}/`;
  if (!name.startsWith(prefix)) return false;
  return recursive || !name.slice(prefix.length).includes("/");
}
