import { errorScreen } from "./error-screen.ts";
import type { Output, Sink } from "./output.ts";
import { plainLine } from "./plain-lines.ts";
import type { Style } from "./style.ts";
import { wrap } from "./text.ts";

/** Lines one below the other, for pipes, files and CI. */
export function createPlainOutput(
  stdout: Sink,
  stderr: Sink,
  style: Style,
  errorStyle: Style,
  verbose: boolean,
): Output {
  let last: string | undefined;
  const progress = (line: string) => void stderr.write(`${line}\n`);
  return {
    style,
    json: false,
    event: (event) => {
      const line = plainLine(event);
      // A rollout that waits says the same again and again.
      if (line !== undefined && line !== last) progress(line);
      last = line ?? last;
    },
    note: (line) => progress(wrap(line, errorStyle.width).join("\n")),
    result: (_, text) => {
      if (text !== "") stdout.write(`${text}\n`);
    },
    failure: (error) => progress(errorScreen(error, errorStyle, verbose)),
    explain: (text) => progress(text(errorStyle)),
    settle: () => {},
  };
}
