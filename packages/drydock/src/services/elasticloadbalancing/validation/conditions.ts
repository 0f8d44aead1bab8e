import { isIPv4, isIPv6 } from "node:net";
import type { RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { notBuilt, validationError } from "../errors.ts";

const maximumValues = 5;
const maximumWildcards = 6;
const fields = ["path-pattern", "host-header", "http-header", "http-request-method", "query-string", "source-ip"];
const repeatable = ["http-header", "query-string"];

/** A rule's conditions as the API shows them afterwards. Throws ELB's errors for what it refuses. */
export function checkConditions(conditions: RuleCondition[]): RuleCondition[] {
  const checked = conditions.map(checkCondition);
  if (checked.length === 0) throw validationError("A rule must have at least one condition");
  const names = conditions.map(({ Field }) => Field ?? "");
  const twice = names.find((name, index) => names.indexOf(name) !== index && !repeatable.includes(name));
  if (twice !== undefined) throw validationError(`A rule can only have one '${twice}' condition`);
  const values = checked.flatMap(({ values }) => values);
  if (values.length > maximumValues) throw validationError(`A rule can only have '${maximumValues}' condition values`);
  const wildcards = values.join("").match(/[*?]/g)?.length ?? 0;
  if (wildcards > maximumWildcards)
    throw validationError(`A rule can only have '${maximumWildcards}' condition wildcards`);
  return checked.map(({ condition }) => condition);
}

function checkCondition(condition: RuleCondition): { condition: RuleCondition; values: string[] } {
  const { Field = "" } = condition;
  const regularExpressions =
    condition.RegexValues ??
    condition.HostHeaderConfig?.RegexValues ??
    condition.PathPatternConfig?.RegexValues ??
    condition.HttpHeaderConfig?.RegexValues;
  if (regularExpressions?.length) throw notBuilt("regular expressions in conditions");
  switch (Field) {
    case "host-header": {
      const values = given(Field, condition.HostHeaderConfig?.Values ?? condition.Values);
      for (const value of values) matches(Field, value, /^[A-Za-z0-9.*?-]+$/);
      return { condition: { Field, Values: values, HostHeaderConfig: { Values: values } }, values };
    }
    case "path-pattern": {
      const values = given(Field, condition.PathPatternConfig?.Values ?? condition.Values);
      for (const value of values) matches(Field, value, /^[A-Za-z0-9_.$/~"'@:+&*?%()!,;=#-]+$/);
      return { condition: { Field, Values: values, PathPatternConfig: { Values: values } }, values };
    }
    case "http-header": {
      const { HttpHeaderName = "", Values } = condition.HttpHeaderConfig ?? {};
      const values = given(Field, Values);
      if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}$/.test(HttpHeaderName) || /^host$/i.test(HttpHeaderName))
        throw validationError(`The 'HttpHeaderName' value '${HttpHeaderName}' is invalid`);
      return { condition: { Field, Values: [], HttpHeaderConfig: { HttpHeaderName, Values: values } }, values };
    }
    case "http-request-method": {
      const values = given(Field, condition.HttpRequestMethodConfig?.Values, 40);
      for (const value of values) matches(Field, value, /^[A-Z_-]+$/);
      return { condition: { Field, Values: [], HttpRequestMethodConfig: { Values: values } }, values };
    }
    case "query-string": {
      const pairs = condition.QueryStringConfig?.Values ?? [];
      const values = given(
        Field,
        pairs.map(({ Value = "" }) => Value),
      );
      return { condition: { Field, Values: [], QueryStringConfig: { Values: pairs } }, values };
    }
    case "source-ip": {
      const values = given(Field, condition.SourceIpConfig?.Values);
      for (const value of values) checkRange(value);
      return { condition: { Field, Values: [], SourceIpConfig: { Values: values } }, values };
    }
    default:
      throw validationError(`Condition field '${Field}' must be one of '[${fields.join(",")}]'`);
  }
}

function given(field: string, values: string[] | undefined, longest = 128): string[] {
  if (!values?.length || values.includes("")) throw validationError("A condition value must be specified");
  if (values.some((value) => value.length > longest))
    throw validationError(`The '${field}' value is too long; the limit is '${longest}'`);
  return values;
}

function matches(field: string, value: string, allowed: RegExp): void {
  if (!allowed.test(value))
    throw validationError(`The '${field}' value '${value}' contains characters that are not allowed`);
}

function checkRange(range: string): void {
  const [address = "", prefix = "", ...rest] = range.split("/");
  const longest = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > longest)
    throw validationError(`The 'source-ip' value '${range}' is not in CIDR notation`);
}
