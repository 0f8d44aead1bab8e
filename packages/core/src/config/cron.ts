interface Field {
  name: string;
  from: number;
  to: number;
  words: string[];
}

const dayOfMonth: Field = { name: "day of month", from: 1, to: 31, words: [] };
const dayOfWeek: Field = { name: "day of week", from: 0, to: 7, words: "SUN MON TUE WED THU FRI SAT".split(" ") };
const fields: Field[] = [
  { name: "minute", from: 0, to: 59, words: [] },
  { name: "hour", from: 0, to: 23, words: [] },
  dayOfMonth,
  { name: "month", from: 1, to: 12, words: "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ") },
  dayOfWeek,
];

/** What is wrong with a cron expression of five fields, or undefined when it is right. */
export function cronProblem(expression: string): string | undefined {
  const written = expression.trim().split(/\s+/);
  if (written.length !== fields.length) {
    return `expected five cron fields (${fields.map((field) => field.name).join(", ")}), found ${written.length}`;
  }
  const wrong = fields.find((field, index) => fieldValues(written[index] ?? "", field) === undefined);
  if (wrong !== undefined) {
    return `expected ${wrong.name} to be *, or ${wrong.from} to ${wrong.to}, found "${written[fields.indexOf(wrong)]}"`;
  }
  if ([dayOfMonth, dayOfWeek].some((field) => allows(written, field))) return undefined;
  // cron runs on either of them, and EventBridge takes only one.
  return "expected day of month or day of week to be *: a schedule can't go by both";
}

/** By field the values that it allows, in their order. Of an expression that `cronProblem` has found right. */
export function cronFields(expression: string): number[][] {
  const written = expression.trim().split(/\s+/);
  return fields.map((field, index) => fieldValues(written[index] ?? "", field) ?? []);
}

/** Every day, in whatever way that is written. */
function allows(written: readonly string[], field: Field): boolean {
  const values = fieldValues(written[fields.indexOf(field)] ?? "", field) ?? [];
  const days = field === dayOfWeek ? new Set(values.map((day) => day % 7)) : new Set(values);
  return days.size === (field === dayOfWeek ? 7 : 31);
}

/** The values that a field allows; undefined when it isn't right. `5/10` begins at 5. */
function fieldValues(written: string, field: Field): number[] | undefined {
  const values = new Set<number>();
  for (const item of written.split(",")) {
    const [range = "", step, ...more] = item.split("/");
    if (more.length > 0 || (step !== undefined && !/^[1-9]\d?$/.test(step))) return undefined;
    const bounds = rangeBounds(range, field, step !== undefined);
    if (bounds === undefined) return undefined;
    for (let value = bounds.from; value <= bounds.to; value += Number(step ?? 1)) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function rangeBounds(range: string, field: Field, stepped: boolean): { from: number; to: number } | undefined {
  if (range === "*") return { from: field.from, to: field.to };
  const [first = "", last, ...rest] = range.split("-");
  const from = numberOf(first, field);
  const to = last === undefined ? (stepped ? field.to : from) : numberOf(last, field);
  if (rest.length > 0 || from === undefined || to === undefined || from > to) return undefined;
  return { from, to };
}

function numberOf(word: string, { from, to, words }: Field): number | undefined {
  const index = words.indexOf(word.toUpperCase());
  const value = index >= 0 ? index + from : /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
  return value >= from && value <= to ? value : undefined;
}
