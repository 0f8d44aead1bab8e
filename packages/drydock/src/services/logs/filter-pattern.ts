import { AwsError } from "../../errors.ts";

/**
 * Compiles a filter pattern for unstructured messages: all plain terms must occur, `-term` must not, of `?term` at least
 * one; `"a phrase"` is one term, `%regex%` an expression. JSON and column patterns are refused with an error.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function compileFilterPattern(pattern: string): (message: string) => boolean {
  const text = pattern.trim();
  if (text === "") return () => true;
  if (text.startsWith("{") || text.startsWith("[")) {
    const message =
      "drydock filters by terms, phrases and %regular expressions%; JSON and column patterns are not built.";
    throw new AwsError("InvalidParameterException", message);
  }
  const terms = [...text.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|(\S+))/g)].map(
    ([, sign = "", phrase, expression, word]) => ({
      sign,
      test: compileTerm(phrase?.replace(/\\(.)/g, "$1") ?? word ?? "", expression),
    }),
  );
  const all = terms.filter(({ sign }) => sign === "");
  const none = terms.filter(({ sign }) => sign === "-");
  const any = terms.filter(({ sign }) => sign === "?");
  return (message) =>
    all.every(({ test }) => test(message)) &&
    !none.some(({ test }) => test(message)) &&
    // "If you combine ? with other terms, the ? terms are ignored."
    (any.length === 0 || all.length > 0 || any.some(({ test }) => test(message)));
}

function compileTerm(term: string, expression: string | undefined): (message: string) => boolean {
  if (expression === undefined) return (message) => message.includes(term);
  try {
    const compiled = new RegExp(expression);
    return (message) => compiled.test(message);
  } catch {
    throw new AwsError(
      "InvalidParameterException",
      `Invalid filter pattern: %${expression}% is no regular expression.`,
    );
  }
}
