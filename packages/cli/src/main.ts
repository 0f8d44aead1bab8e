import { resolve } from "node:path";
import { FardelError } from "@fardel/core/errors.ts";
import { CommanderError } from "commander";
import { Interrupts } from "./interrupts.ts";
import { createProgram } from "./program.ts";
import { createOutput, type Output } from "./render/output.ts";

const argv = process.argv.slice(2);

// The reader of a pipe may have seen enough. What is only printed ends then; a release is carried to its own end.
const unread = new AbortController();
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    unread.abort();
  });
}

const exitCode = await main();
// What is written to a pipe may still be on its way; connections that are kept alive would hold the process for seconds.
await Promise.all([flush(process.stdout), flush(process.stderr)]);
process.exit(exitCode);

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}

/** Gives the exit code: see `ExitCode` in core. */
async function main(): Promise<number> {
  // Until the command line is understood, for what is wrong with it.
  let output = createOutput({ json: argv.includes("--json"), verbose: argv.includes("--verbose") });
  let exitCode = 0;
  try {
    const program = await createProgram(argv, async (definition, typed, { json, verbose, yes, directory }) => {
      output = createOutput({ json: json === true, verbose: verbose === true });
      const interrupts = new Interrupts((code) => process.exit(code));
      const session = {
        directory: resolve(directory),
        output,
        interrupts,
        unread: unread.signal,
        yes: yes === true,
      };
      exitCode = (await definition.run(session, ...typed)) ?? 0;
    });
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: "user" });
    output.settle();
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return commanderEnd(error, output);
    output.failure(error);
    return error instanceof FardelError ? error.exitCode : 1;
  }
}

/** Help and version end as an error too. */
function commanderEnd(error: CommanderError, output: Output): number {
  if (error.exitCode === 0) return 0;
  // A group of commands typed without one of them has shown its help.
  if (error.code === "commander.help") return 2;
  const [message = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  output.failure(
    new FardelError("Usage", `${message.charAt(0).toUpperCase()}${message.slice(1)}.`, {
      ...(suggestion !== undefined && { why: suggestion.replace(/^\(|\)$/g, "") }),
      fix: "The command with --help shows what it takes.",
      exitCode: 2,
    }),
  );
  return 2;
}
