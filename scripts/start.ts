// `npm start`: releases examples/quickstart to the embedded region on this machine, and checks that it works.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const root = join(import.meta.dirname, "..");
const example = join(root, "examples", "quickstart");
const patience = 15_000;

const url = await fardelUp();
await waitForRows(url);
console.log(`
It answers, with rows from PostgreSQL that the worker writes. Try next, in examples/quickstart:

  npx fardel status           what runs
  npx fardel logs -f          what it writes
  npx fardel deploy           after changing server.js: a rollout that loses no request
  npx fardel rollback         back to the release before
  npx fardel down             take it away

${url}`);

/** Runs `fardel up` before the reader's eyes; gives the address it prints. */
async function fardelUp(): Promise<string> {
  const launcher = join(root, "packages", "cli", "bin", "fardel.js");
  const child = spawn(process.execPath, [launcher, "up"], { cwd: example, stdio: ["inherit", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const exitCode = await new Promise((resolve) => child.on("close", resolve));
  if (exitCode === 0) return printed.trim();
  process.exit(typeof exitCode === "number" ? exitCode : 1);
}

async function waitForRows(address: string): Promise<void> {
  const deadline = Date.now() + patience;
  while (Date.now() < deadline) {
    const response = await fetch(`${address}/rows.json`);
    if (!response.ok) fail(`${address}/rows.json answers ${response.status}: ${await response.text()}`);
    const rows = (await response.json()) as unknown[];
    if (rows.length > 0) return;
    await sleep(200);
  }
  return fail(
    `${address} answers, but the worker writes nothing: see \`npx fardel logs worker\` in examples/quickstart.`,
  );
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
