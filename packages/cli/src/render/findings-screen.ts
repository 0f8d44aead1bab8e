import type { Finding } from "../doctor/finding.ts";
import type { Style } from "./style.ts";
import { pad, widthOf, wrap } from "./text.ts";

/** What `doctor` found: a line each, and under it what to do. */
export function findingsScreen(findings: readonly Finding[], style: Style): string {
  const { colors, symbols, width } = style;
  const widest = Math.max(...findings.map(({ check }) => widthOf(check)));
  const indent = " ".repeat(widest + 4);
  const marks = {
    ok: colors.green(symbols.done),
    skipped: colors.dim(symbols.dot),
    failed: colors.red(symbols.failed),
  };
  return findings
    .flatMap(({ check, state, message, fix }) => {
      const [first = "", ...rest] = wrap(message, width - indent.length);
      return [
        `${marks[state]} ${pad(check, widest)}  ${state === "skipped" ? colors.dim(first) : first}`,
        ...rest.map((line) => indent + line),
        ...(fix === undefined ? [] : wrap(`${symbols.fix} ${fix}`, width - indent.length).map((line) => indent + line)),
      ];
    })
    .join("\n");
}
