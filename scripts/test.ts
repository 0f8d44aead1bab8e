// `npm test`: types, lint, then every test but the long ones; with --long only those. Words are passed on to vitest as filters.
// Ends with the line `N passed, N failed`, which CI reads.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function run(command: string, ...args: string[]): boolean {
  console.log(`> ${[command, ...args].join(" ")}`);
  const { status, error } = spawnSync(join(root, "node_modules", ".bin", command), args, {
    cwd: root,
    stdio: "inherit",
  });
  if (error) console.error(error.message);
  return status === 0;
}

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
}

/** Runs vitest with the given arguments; a run that gives no report counts as one failure. */
function runTests(args: string[]): { passed: number; failed: number; skipped: number } {
  const directory = mkdtempSync(join(tmpdir(), "fardel-tests-"));
  const file = join(directory, "report.json");
  try {
    const ok = run("vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...args);
    const report = JSON.parse(readFileSync(file, "utf8")) as Report;
    // A file that can't even be loaded fails the run without a failed test.
    const failed = Math.max(report.numFailedTests, ok ? 0 : 1);
    return { passed: report.numPassedTests, failed, skipped: report.numPendingTests };
  } catch (error) {
    console.error(`vitest gave no report: ${(error as Error).message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const long = process.argv.includes("--long");
const filters = process.argv.slice(2).filter((word) => word !== "--long");
const checks = long || filters.length > 0 ? [] : [run("tsc", "--noEmit"), run("biome", "check", "."), run("knip")];
const tests = runTests([`--project=${long ? "long*" : "!long*"}`, ...filters]);
const failed = tests.failed + checks.filter((ok) => !ok).length;
const skipped = tests.skipped > 0 ? `, ${tests.skipped} skipped` : "";
console.log(`\n${tests.passed + checks.filter(Boolean).length} passed, ${failed} failed${skipped}`);
process.exitCode = failed > 0 ? 1 : 0;
