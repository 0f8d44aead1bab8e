import type { ParameterStringFilter } from "@aws-sdk/client-ssm";
import { AwsError } from "../../errors.ts";
import type { Parameters, StoredParameter } from "./parameters.ts";

// ParameterStringFilter: "not all of the pattern values listed for Key can be used with both operations."
const describeKeys = ["Name", "Path", "Type", "Tier", "DataType", "KeyId"];
const keyPattern = "tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType";
const pathKeys = ["Type", "KeyId", "Label"];

/** A test for DescribeParameters' filters. Throws InvalidFilterKey for a key it doesn't take. */
export function describeFilter(
  parameters: Parameters,
  filters: ParameterStringFilter[] = [],
): (parameter: StoredParameter) => boolean {
  checkKeys(filters, (key) => describeKeys.includes(key) || key.startsWith("tag:"));
  return (parameter) => filters.every((filter) => matches(parameters, parameter, filter));
}

/** A test for GetParametersByPath's filters. Throws InvalidFilterKey for a key it doesn't take. */
export function pathFilter(
  parameters: Parameters,
  filters: ParameterStringFilter[] = [],
): (parameter: StoredParameter) => boolean {
  checkKeys(filters, (key) => pathKeys.includes(key));
  return (parameter) => filters.every((filter) => matches(parameters, parameter, filter));
}

function checkKeys(filters: ParameterStringFilter[], takes: (key: string) => boolean): void {
  filters.forEach(({ Key = "" }, index) => {
    if (new RegExp(`^(?:${keyPattern})$`).test(Key)) return;
    const message = `1 validation error detected: Value '${Key}' at 'parameterFilters.${index + 1}.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: ${keyPattern}`;
    throw new AwsError("ValidationException", message);
  });
  const unknown = filters.find(({ Key = "" }) => !takes(Key));
  if (unknown) throw new AwsError("InvalidFilterKey", `The specified filter key isn't valid: ${unknown.Key}`);
}

function matches(parameters: Parameters, parameter: StoredParameter, filter: ParameterStringFilter): boolean {
  const values = filter.Values ?? [];
  const version = parameter.latest;
  const key = filter.Key ?? "";
  if (key.startsWith("tag:")) {
    const value = parameter.tags[key.slice(4)];
    return value !== undefined && (values.length === 0 || values.includes(value));
  }
  switch (key) {
    case "Name":
      return values.some((value) => compareName(parameter.name, value, filter.Option ?? "Equals"));
    case "Path":
      return values.some((path) => isBelow(parameter.name, path, filter.Option === "Recursive"));
    case "Type":
      return values.includes(version.type);
    case "Tier":
      return values.includes(version.tier);
    case "DataType":
      return values.includes(version.dataType);
    case "KeyId":
      return values.includes(version.keyId ?? "");
    case "Label":
      return values.some((label) => parameters.versions(parameter).some((each) => each.labels.includes(label)));
    default:
      return false;
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
