import { errorObject } from "./error-screen.ts";
import type { Output, Sink } from "./output.ts";
import { styleOf } from "./style.ts";

/** One JSON object per line: events and errors have a `type`, and a result is the last line and has none. */
export function createJsonOutput(stdout: Sink, verbose: boolean): Output {
  const write = (value: object) => void stdout.write(`${JSON.stringify(value)}\n`);
  return {
    style: styleOf({}, {}),
    json: true,
    event: write,
    note: () => {},
    result: write,
    failure: (error) => write(errorObject(error, verbose)),
    explain: () => {},
    settle: () => {},
  };
}
