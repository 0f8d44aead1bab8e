const fields = [
  { name: "minute", from: 0, to: 59, words: [] },
  { name: "hour", from: 0, to: 23, words: [] },
  { name: "day of month", from: 1, to: 31, words: [] },
  { name: "month", from: 1, to: 12, words: "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ") },
  { name: "day of week", from: 0, to: 7, words: "SUN MON TUE WED THU FRI SAT".split(" ") },
];

/** What is wrong with a cron expression of five fields, or undefined when it is right. */
export function cronProblem(expression: string): string | undefined {
  const written = expression.trim().split(/\s+/);
  if (written.length !== fields.length) {
    return `expected five cron fields (${fields.map((field) => field.name).join(", ")}), found ${written.length}`;
  }
  const wrong = fields.find((field, index) => !fieldFits(written[index] ?? "", field));
  return (
    wrong &&
    `expected ${wrong.name} to be *, or ${wrong.from} to ${wrong.to}, found "${written[fields.indexOf(wrong)]}"`
  );
}

function fieldFits(written: string, field: (typeof fields)[number]): boolean {
  const number = (word: string) => {
    const index = field.words.indexOf(word.toUpperCase());
    return index >= 0 ? index + field.from : /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
  };
  const inside = (value: number) => value >= field.from && value <= field.to;
  return written.split(",").every((item) => {
    const [range = "", step, ...more] = item.split("/");
    if (more.length > 0 || (step !== undefined && !/^[1-9]\d?$/.test(step))) return false;
    if (range === "*") return true;
    const [from = "", to, ...rest] = range.split("-");
    if (rest.length > 0) return false;
    return inside(number(from)) && (to === undefined || (inside(number(to)) && number(from) <= number(to)));
  });
}
