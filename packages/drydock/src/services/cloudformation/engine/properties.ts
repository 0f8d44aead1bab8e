import { isObject } from "../template/template.ts";

/** Checks a value and gives it its type: `"80"` for a number comes out as 80, as CloudFormation does it. */
export type Shape<T> = (value: unknown, path: string) => T;

/** One property of a resource type. */
export interface PropertyRule<T = unknown, Required extends boolean = boolean> {
  shape: Shape<T>;
  required: Required;
  /** What AWS's resource reference says under "Update requires". */
  update: "replacement" | "in place";
}

export type PropertyRules = Record<string, PropertyRule>;

type RequiredNames<R> = { [K in keyof R]: R[K] extends PropertyRule<unknown, true> ? K : never }[keyof R];
type ValueOf<Rule> = Rule extends PropertyRule<infer T> ? T : never;

/** The properties of a resource, after checking. */
export type PropertyValues<R> = { [K in RequiredNames<R> & keyof R]: ValueOf<R[K]> } & {
  [K in Exclude<keyof R, RequiredNames<R>>]?: ValueOf<R[K]>;
};

/** A property that can change while the resource stays. */
export function inPlace<T>(shape: Shape<T>): PropertyRule<T, false> {
  return { shape, required: false, update: "in place" };
}

/** A property whose change needs a new resource. */
export function replacement<T>(shape: Shape<T>): PropertyRule<T, false> {
  return { shape, required: false, update: "replacement" };
}

export function required<T>(rule: PropertyRule<T, false>): PropertyRule<T, true> {
  return { ...rule, required: true };
}

/** One thing wrong with a resource's properties, in the words of AWS's schema checks. */
class PropertyProblem extends Error {}

function expected(path: string, type: string, value: unknown): PropertyProblem {
  const found = Array.isArray(value)
    ? "JSONArray"
    : isObject(value)
      ? "JSONObject"
      : typeof value === "string"
        ? "String"
        : typeof value;
  return new PropertyProblem(`${path}: expected type: ${type}, found: ${found}`);
}

export const text: Shape<string> = (value, path) => {
  if (typeof value === "object" || value === undefined) throw expected(path, "String", value);
  return String(value);
};

/** Text of which drydock can do only some values; the others are refused in words of its own. */
export function only<const T extends string>(...values: T[]): Shape<T> {
  return (value, path) => {
    const found = values.find((allowed) => allowed === value);
    if (found === undefined) throw new PropertyProblem(`${path}: drydock supports only ${values.join(", ")}`);
    return found;
  };
}

export const number: Shape<number> = (value, path) => {
  const result = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof result !== "number" || Number.isNaN(result)) throw expected(path, "Number", value);
  return result;
};

export const boolean: Shape<boolean> = (value, path) => {
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw expected(path, "Boolean", value);
};

/** A document such as a policy: an object, or text that holds one. Comes out as text. */
export const jsonText: Shape<string> = (value, path) => {
  if (isObject(value)) return JSON.stringify(value);
  if (typeof value === "string") return value;
  throw expected(path, "JSONObject", value);
};

export function list<T>(item: Shape<T>): Shape<T[]> {
  return (value, path) => {
    // "If a list property has one value, it can be given without the list": what Ref of a list gives stays a list.
    if (!Array.isArray(value)) throw expected(path, "JSONArray", value);
    return value.map((element, index) => item(element, `${path}/${index}`));
  };
}

export function map<T>(item: Shape<T>): Shape<Record<string, T>> {
  return (value, path) => {
    if (!isObject(value)) throw expected(path, "JSONObject", value);
    return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, item(element, `${path}/${key}`)]));
  };
}

type ObjectOf<S> = { [K in keyof S]?: S[K] extends Shape<infer T> ? T : never };

/** A nested structure; members that aren't named in `members` are refused. */
export function structure<const S extends Record<string, Shape<unknown>>>(members: S): Shape<ObjectOf<S>> {
  return (value, path) => {
    if (!isObject(value)) throw expected(path, "JSONObject", value);
    const entries = Object.entries(value).map(([key, element]) => {
      const member = Object.hasOwn(members, key) ? members[key] : undefined;
      if (!member) throw new PropertyProblem(`${path}: extraneous key [${key}] is not permitted`);
      return [key, member(element, `${path}/${key}`)];
    });
    return Object.fromEntries(entries);
  };
}

export const tags: Shape<{ Key: string; Value: string }[]> = (value, path) =>
  list(structure({ Key: text, Value: text }))(value, path).map(({ Key = "", Value = "" }) => ({ Key, Value }));

/**
 * Checks a resource's properties against its type's table.
 * @param unsupported properties AWS has and drydock doesn't
 * @throws Error in the words of AWS: "Properties validation failed for resource X with message: …"
 */
export function checkProperties<R extends PropertyRules>(
  type: { name: string; properties: R; unsupported?: readonly string[] },
  logicalId: string,
  properties: Record<string, unknown>,
): PropertyValues<R> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, rule] of Object.entries(type.properties))
    if (rule.required && properties[name] === undefined) problems.push(`#: required key [${name}] not found`);
  for (const [name, value] of Object.entries(properties)) {
    const rule = Object.hasOwn(type.properties, name) ? type.properties[name] : undefined;
    if (!rule) {
      problems.push(
        type.unsupported?.includes(name)
          ? `#: drydock does not support the property [${name}] of ${type.name}`
          : `#: extraneous key [${name}] is not permitted`,
      );
      continue;
    }
    try {
      values[name] = rule.shape(value, `#/${name}`);
    } catch (error) {
      if (!(error instanceof PropertyProblem)) throw error;
      problems.push(error.message);
    }
  }
  if (problems.length > 0)
    throw new Error(`Properties validation failed for resource ${logicalId} with message:\n${problems.join("\n")}`);
  return values as PropertyValues<R>;
}
