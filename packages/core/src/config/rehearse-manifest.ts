import { Worker } from "node:worker_threads";

/** A manifest reads a few files at most. */
const longest = 10_000;

// Not a module of its own: a bundled fardel is one file.
const rehearsal = `
const { workerData: { url, environment, outcome } } = require("node:worker_threads");
const end = (how) => {
  if (Atomics.compareExchange(outcome, 0, 0, how) === 0) Atomics.notify(outcome, 0);
};
process.on("exit", () => end(2));
import(url)
  .then(({ default: manifest }) => {
    if (environment !== undefined && typeof manifest === "function") manifest(environment);
  })
  .finally(() => end(1))
  .catch(() => {});
`;

/**
 * Runs a manifest that is code in a thread of its own first, because nothing could stop it in this one: an endless loop
 * would hang fardel, and `process.exit()` end it without a word. What it throws is left to the run that counts.
 *
 * @param url of the file.
 * @param environment what its function is called with; undefined imports it only.
 * @returns what is wrong, for a person; undefined when it ends as it should.
 */
export function rehearseManifest(
  url: string,
  environment: string | undefined,
  milliseconds = longest,
): { why: string; fix: string } | undefined {
  const outcome = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(rehearsal, {
    eval: true,
    workerData: { url, environment, outcome },
    // It is printed when it counts.
    stdout: true,
    stderr: true,
  });
  worker.on("error", () => {});
  worker.unref();
  const waited = Atomics.wait(outcome, 0, 0, milliseconds);
  void worker.terminate();
  if (waited === "timed-out") {
    return {
      why: `it wasn't done after ${milliseconds / 1000} seconds`,
      fix: "Look for an endless loop, or an await of what never comes.",
    };
  }
  if (Atomics.load(outcome, 0) === 1) return undefined;
  return {
    why: "it ends the process, or awaits what never comes",
    fix: "Throw an error instead of process.exit(), and check what is awaited.",
  };
}
