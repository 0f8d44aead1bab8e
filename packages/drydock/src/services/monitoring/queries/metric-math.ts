import { AwsError } from "../../../errors.ts";
import type { Expression } from "./expression.ts";
import type { Grid, Series } from "./series.ts";

/** A number, a series, or several series; text is only an argument. */
type Value = number | Series | Series[] | string;

export interface Scope {
  /** The series a name in an expression stands for. Throws for a name that stands for none. */
  series: (name: string) => Series;
  /** METRICS(): those of the request that are metrics, by id. */
  metrics: () => [id: string, series: Series][];
  grid: Grid;
}

/** Evaluates an expression to one series or more. Throws ValidationError for what drydock's metric math lacks, by name. */
export function evaluateExpression(expression: Expression, scope: Scope): Series[] {
  const value = evaluate(expression, scope);
  if (Array.isArray(value)) return value;
  // "A scalar can't be the result that an expression returns", but comparing it with nothing would help nobody.
  if (typeof value === "number") return [new Map(timesOf(scope.grid).map((at) => [at, value]))];
  if (typeof value === "string") throw unsupported("text as the value of an expression");
  return [value];
}

function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case "number":
    case "text":
      return expression.value;
    case "name":
      return expression.name === "REPEAT" ? "REPEAT" : scope.series(expression.name);
    case "list":
      return expression.items.flatMap((item) => listOf(evaluate(item, scope)));
    case "negation":
      return combine(0, evaluate(expression.operand, scope), (zero, value) => zero - value);
    case "operation":
      return operate(expression, scope);
    case "call":
      return call(expression, scope);
  }
}

const operators: Record<string, (left: number, right: number) => number> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "^": (left, right) => left ** right,
  "==": (left, right) => Number(left === right),
  "!=": (left, right) => Number(left !== right),
  "<": (left, right) => Number(left < right),
  "<=": (left, right) => Number(left <= right),
  ">": (left, right) => Number(left > right),
  ">=": (left, right) => Number(left >= right),
  "&&": (left, right) => Number(left !== 0 && right !== 0),
  "||": (left, right) => Number(left !== 0 || right !== 0),
};

function operate({ operator, left, right }: Expression & { kind: "operation" }, scope: Scope): Value {
  const work = operators[{ AND: "&&", OR: "||" }[operator] ?? operator];
  if (!work) throw unsupported(`the operator ${operator}`);
  return combine(evaluate(left, scope), evaluate(right, scope), work);
}

/** A period counts where both sides have a value, and where the result is a number: a division by zero leaves none. */
function combine(left: Value, right: Value, work: (left: number, right: number) => number): Value {
  if (typeof left === "string" || typeof right === "string") throw unsupported("arithmetic with text");
  if (Array.isArray(left)) return left.map((one) => seriesFrom(combine(one, right, work)));
  if (Array.isArray(right)) return right.map((one) => seriesFrom(combine(left, one, work)));
  if (typeof left === "number") {
    return typeof right === "number" ? work(left, right) : mapValues(right, (value) => work(left, value));
  }
  if (typeof right === "number") return mapValues(left, (value) => work(value, right));
  return finite([...left].map(([at, value]) => [at, work(value, right.get(at) ?? Number.NaN)]));
}

type Reduction = (values: number[]) => number;

const reductions: Record<string, Reduction> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
};
const roundings: Record<string, (value: number) => number> = { ABS: Math.abs, CEIL: Math.ceil, FLOOR: Math.floor };

function call({ name, arguments: given }: Expression & { kind: "call" }, scope: Scope): Value {
  const [first = Number.NaN, ...others] = given.map((one) => evaluate(one, scope));
  const [reduction, rounding] = [reductions[name], roundings[name]];
  if (reduction) return reduce(first, reduction);
  if (rounding) return combine(first, 0, rounding);
  if (name === "FILL")
    return listOf(first).length > 1
      ? listOf(first).map((one) => fill(one, others[0], scope.grid))
      : fill(seriesFrom(first), others[0], scope.grid);
  if (name === "IF") return choose(seriesOver(first, scope.grid), others[0] ?? 0, others[1]);
  if (name === "PERIOD") return scope.grid.period / 1000;
  if (name === "DIFF" || name === "RATE") return differences(seriesFrom(first), name === "RATE");
  if (name === "METRICS") {
    const part = typeof first === "string" ? first : "";
    return scope.metrics().flatMap(([id, series]) => (id.includes(part) ? [series] : []));
  }
  const built = [
    ...Object.keys(reductions),
    ...Object.keys(roundings),
    "FILL",
    "IF",
    "PERIOD",
    "DIFF",
    "RATE",
    "METRICS",
  ];
  throw unsupported(`the function ${name}; it has ${built.join(", ")}`);
}

/** Of several series the value in each period; of one series a single number. */
function reduce(value: Value, reduction: Reduction): Value {
  if (!Array.isArray(value)) return typeof value === "number" ? value : reduction([...seriesFrom(value).values()]);
  const times = [...new Set(value.flatMap((series) => [...series.keys()]))].sort((one, other) => one - other);
  return finite(times.map((at) => [at, reduction(value.flatMap((series) => series.get(at) ?? []))]));
}

function fill(series: Series, by: Value | undefined, grid: Grid): Series {
  if (typeof by !== "number" && by !== "REPEAT") throw unsupported("FILL with anything but a number or REPEAT");
  let last: number | undefined;
  return finite(
    timesOf(grid).map((at) => {
      last = series.get(at) ?? (by === "REPEAT" ? last : by);
      return [at, last ?? Number.NaN];
    }),
  );
}

function choose(condition: Series, then: Value, otherwise: Value | undefined): Series {
  const at = (value: Value | undefined, time: number) =>
    typeof value === "number" ? value : value instanceof Map ? (value.get(time) ?? Number.NaN) : Number.NaN;
  return finite([...condition].map(([time, holds]) => [time, at(holds !== 0 ? then : otherwise, time)]));
}

function differences(series: Series, perSecond: boolean): Series {
  const points = [...series];
  return new Map(
    points.slice(1).map(([at, value], index) => {
      const [before = at, former = value] = points[index] ?? [];
      return [at, (value - former) / (perSecond ? (at - before) / 1000 : 1)];
    }),
  );
}

function mapValues(series: Series, work: (value: number) => number): Series {
  return finite([...series].map(([at, value]) => [at, work(value)]));
}

function finite(points: [number, number][]): Series {
  return new Map(points.filter(([, value]) => Number.isFinite(value)));
}

function listOf(value: Value): Series[] {
  return Array.isArray(value) ? value : [seriesFrom(value)];
}

function seriesFrom(value: Value): Series {
  if (value instanceof Map) return value;
  throw unsupported("a number, text or several metrics where one metric is expected");
}

function seriesOver(value: Value, grid: Grid): Series {
  return typeof value === "number" ? new Map(timesOf(grid).map((at) => [at, value])) : seriesFrom(value);
}

function timesOf({ start, end, period }: Grid): number[] {
  return Array.from({ length: Math.max(0, Math.ceil((end - start) / period)) }, (_, index) => start + index * period);
}

function unsupported(what: string): AwsError {
  return new AwsError("ValidationError", `drydock's metric math does not have ${what}.`);
}
