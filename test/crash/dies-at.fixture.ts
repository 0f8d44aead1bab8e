// Preloaded (`node --import`) into the process that a test wants dead: kills it, as kill -9 does, at an exact point of its
// work. The variable FARDEL_TEST_DIES_AT says which: `<kind>:<n>`, counted from 1.
//   event:n   after the command line has written its n-th line of --json; line:text after the first that holds the text
//   request:n as its n-th request is about to be sent; answer:n when the n-th answer has come and nobody has seen it
//   write:n   before drydock's n-th write to its store; written:n after it
//   holding:expression  after drydock's first transaction that has written something the expression matches
import { subscribe } from "node:diagnostics_channel";
import { DatabaseSync, StatementSync } from "node:sqlite";

const [, kind = "", which = ""] = /^(\w+):(.+)$/.exec(process.env.FARDEL_TEST_DIES_AT ?? "") ?? [];
const wanted = kind === "line" || kind === "holding" ? 1 : Number(which);
let count = 0;

/** Counts, and at the wanted number doesn't come back. */
function countAndDie(): void {
  count += 1;
  if (count === wanted) process.kill(process.pid, "SIGKILL");
}

/** Processes that the one in question starts have the same environment. */
const program = process.argv[1] ?? "";

if (program.endsWith("fardel.js")) {
  if (kind === "event" || kind === "line") dieAfterLine(kind === "line" ? which : "");
  if (kind === "request") subscribe("http.client.request.start", countAndDie);
  if (kind === "answer") subscribe("http.client.response.finish", countAndDie);
}
if (program.endsWith("main.ts")) {
  if (kind === "write" || kind === "written") dieAtWrite(kind === "write");
  if (kind === "holding") dieAfterTransaction(new RegExp(which));
}

function dieAfterLine(held: string): void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = ((...args: Parameters<typeof write>) => {
    const result = write(...args);
    for (const line of String(args[0]).split("\n").slice(0, -1)) if (line.includes(held)) countAndDie();
    return result;
  }) as typeof process.stdout.write;
}

function dieAtWrite(before: boolean): void {
  const { run } = StatementSync.prototype;
  StatementSync.prototype.run = function (this: StatementSync, ...args: Parameters<typeof run>) {
    if (before) countAndDie();
    const result = run.apply(this, args);
    if (!before) countAndDie();
    return result;
  } as typeof run;
}

function dieAfterTransaction(holding: RegExp): void {
  const { run } = StatementSync.prototype;
  const { exec } = DatabaseSync.prototype;
  let held = false;
  StatementSync.prototype.run = function (this: StatementSync, ...args: Parameters<typeof run>) {
    held ||= args.some((value) => typeof value === "string" && holding.test(value));
    return run.apply(this, args);
  } as typeof run;
  DatabaseSync.prototype.exec = function (this: DatabaseSync, statement: string) {
    exec.call(this, statement);
    if (held && statement === "COMMIT") countAndDie();
  };
}
