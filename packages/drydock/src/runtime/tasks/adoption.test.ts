import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test, vi } from "vitest";
import { Store } from "../../store/store.ts";
import { addressBookOf } from "../network.ts";
import { temporaryDirectory, unpackedImage, until } from "./process/driver.fixture.ts";
import { createRecord, taskRecords } from "./record.ts";
import { taskId, taskSpec } from "./region.fixture.ts";
import { containerDirectory, type TestRunner, testRegion, testRunner } from "./runner.fixture.ts";
import type { TaskSpec } from "./task.ts";

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const stopped = ({ lastStatus }: { lastStatus: string }) => lastStatus === "STOPPED";

/** Counts, a line every 5 ms; ends with exit code 4 once the file `end` is there, and with 6 at SIGTERM. */
const counting =
  'let n = 0; process.on("SIGTERM", () => { console.log("bye"); process.exit(6); });' +
  'setInterval(() => { console.log(n++); if (require("node:fs").existsSync(process.env.END)) process.exit(4); }, 5);';

/** Runs a task in a drydock of its own and kills that with SIGKILL when it has logged some lines; what it has logged. */
async function runAndKill(directory: string, spec: TaskSpec): Promise<string[]> {
  const script = join(import.meta.dirname, "killed-drydock.fixture.ts");
  const drydock: ChildProcess = spawn(process.execPath, [script, directory, JSON.stringify(spec)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    drydock.kill("SIGKILL");
  });
  const seen: string[] = [];
  if (!drydock.stdout) throw new Error("no output to read");
  for await (const line of createInterface({ input: drydock.stdout })) {
    seen.push(line);
    if (seen.includes("status RUNNING") && seen.includes("log 20")) drydock.kill("SIGKILL");
  }
  return seen.filter((line) => line.startsWith("log ")).map((line) => line.slice("log ".length));
}

function spec(directory: string): TaskSpec {
  return taskSpec([
    {
      name: "web",
      command: [counting],
      environment: [{ name: "END", value: join(directory, "end") }],
      portMappings: [{ containerPort: 8080 }],
    },
  ]);
}

function restart(directory: string): TestRunner {
  const region = testRegion({ directory, store: new Store(join(directory, "store")) });
  return testRunner({ "app:1": unpackedImage({ Entrypoint: ["node", "-e"] }) }, region);
}

test("a task that lives on is taken up: its address, its log from where it stood, its stop and exit code", async () => {
  const directory = temporaryDirectory();
  const before = await runAndKill(directory, spec(directory));
  const runner = restart(directory);
  const address = addressBookOf(runner.region).resolve("10.0.0.7", 8080);
  expect(address).toEqual({ host: "127.0.0.1", port: expect.any(Number) });
  expect(runner.adopt()).toEqual([spec(directory).taskArn]);
  runner.stop(spec(directory).taskArn, { stopCode: "UserInitiated", reason: "enough" });
  expect(await runner.reported(stopped)).toMatchObject({
    stopCode: "UserInitiated",
    containers: [{ exitCode: 6, runtimeId: expect.stringContaining(taskId) }],
  });
  const after = runner.region.logged.get(`/app:app/web/${taskId}`) ?? [];
  expect(after.at(-1)).toBe("bye");
  const numbers = [...new Set([...before, ...after.slice(0, -1)])].map(Number);
  expect(numbers).toEqual(numbers.map((_, index) => index));
  expect(addressBookOf(runner.region).resolve("10.0.0.7", 8080)).toBeUndefined();
});

test("a task whose last state was written down and not reported any more is reported first of all", async () => {
  const directory = temporaryDirectory();
  await runAndKill(directory, spec(directory));
  const runner = restart(directory);
  runner.adopt();
  expect(runner.reports[0]).toMatchObject({ lastStatus: "RUNNING", startedAt: expect.any(Date) });
});

test("a task that ended while nobody watched is reported with its exit code and its last lines", async () => {
  const directory = temporaryDirectory();
  const before = await runAndKill(directory, spec(directory));
  const supervisor = Number(readFileSync(join(directory, "tasks", taskId, "web", "supervisor"), "utf8"));
  writeFileSync(join(directory, "end"), "");
  await gone(supervisor);
  const runner = restart(directory);
  runner.adopt();
  expect(await runner.reported(stopped)).toMatchObject({
    stopCode: "EssentialContainerExited",
    containers: [{ exitCode: 4 }],
  });
  const after = runner.region.logged.get(`/app:app/web/${taskId}`) ?? [];
  const numbers = [...new Set([...before, ...after])].map(Number);
  expect(numbers).toEqual(numbers.map((_, index) => index));
});

test("a task whose processes were killed is reported without an exit code", async () => {
  const directory = temporaryDirectory();
  await runAndKill(directory, spec(directory));
  const supervisor = Number(readFileSync(join(directory, "tasks", taskId, "web", "supervisor"), "utf8"));
  process.kill(-supervisor, "SIGKILL");
  await gone(supervisor);
  const runner = restart(directory);
  runner.adopt();
  const state = await runner.reported(stopped);
  expect(state).toMatchObject({
    stopCode: "EssentialContainerExited",
    containers: [{ reason: "The container ended while nobody watched it; its exit code is not known." }],
  });
  expect(state.containers[0]).not.toHaveProperty("exitCode");
});

test("a task of which nothing had run yet starts anew, with ports of its own", async () => {
  const region = testRegion();
  const task = spec(region.directory);
  const record = createRecord(task);
  const web = record.containers.web;
  web?.ports.push({ containerPort: 8080, port: 1 });
  addressBookOf(region).assign("10.0.0.7", 8080, { host: "127.0.0.1", port: 1 });
  taskRecords(region).put(taskId, { ...record, state: { ...record.state, lastStatus: "PENDING" } });
  const runner = testRunner({ "app:1": unpackedImage({ Entrypoint: ["node", "-e"] }) }, region);
  expect(runner.adopt()).toEqual([task.taskArn]);
  await runner.reported(({ lastStatus }) => lastStatus === "RUNNING");
  const ports = taskRecords(region).get(taskId)?.containers.web?.ports ?? [];
  expect(ports).toEqual([{ containerPort: 8080, port: expect.any(Number) }]);
  expect(ports[0]?.port).toBeGreaterThan(1);
  expect(addressBookOf(region).resolve("10.0.0.7", 8080)).toEqual({ host: "127.0.0.1", port: ports[0]?.port });
});

test("a task whose container may have been started is stopped and reported as not started", async () => {
  const region = testRegion();
  const task = spec(region.directory);
  taskRecords(region).put(taskId, createRecord(task));
  mkdirSync(containerDirectory(region, "web"), { recursive: true });
  const runner = testRunner({}, region);
  expect(runner.adopt()).toEqual([task.taskArn]);
  expect(await runner.reported(stopped)).toMatchObject({
    stopCode: "TaskFailedToStart",
    stoppedReason: "ResourceInitializationError: drydock was restarted while the task was starting",
  });
  expect(() => readFileSync(containerDirectory(region, "web"))).toThrow("ENOENT");
  await until(() => taskRecords(region).list().length === 0);
  expect(runner.adopt()).toEqual([]);
});

/** Resolves when a process that isn't this one's child is gone, or only a zombie that nobody reaps. */
async function gone(pid: number): Promise<void> {
  await until(() => {
    try {
      process.kill(pid, 0);
      return process.platform === "linux" && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    } catch {
      return true;
    }
  });
}
