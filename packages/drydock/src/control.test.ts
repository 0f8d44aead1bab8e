import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { readStatus, startDetached, stopDetached } from "./control.ts";

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "drydock-control-"));
  onTestFinished(async () => {
    await stopDetached(directory);
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

test("a drydock is started once, found, and stopped", async () => {
  const directory = temporaryDirectory();
  expect(await readStatus(directory)).toBeUndefined();
  const [first, second] = await Promise.all([
    startDetached({ directory, port: 0 }),
    startDetached({ directory, port: 0 }),
  ]);
  expect(second).toEqual(first);
  expect(first).toMatchObject({ region: "eu-west-1", accountId: "000000000000", runtime: "process" });
  expect(await readStatus(directory)).toEqual(first);
  expect(await stopDetached(directory)).toBe(true);
  expect(await stopDetached(directory)).toBe(false);
  await expect(fetch(first.endpoint)).rejects.toThrow();
});

test("killed, it is known to be gone and comes back on the same port", async () => {
  const directory = temporaryDirectory();
  const { pid, endpoint } = await startDetached({ directory, port: 0 });
  process.kill(pid, "SIGKILL");
  await expect.poll(() => readStatus(directory)).toBeUndefined();
  expect((await startDetached({ directory })).endpoint).toBe(endpoint);
});

test("a start that fails says why", async () => {
  const directory = temporaryDirectory();
  await startDetached({ directory, port: 0, region: "eu-west-1" });
  await stopDetached(directory);
  await expect(startDetached({ directory, region: "us-east-1" })).rejects.toThrow(
    "this state directory is of region eu-west-1, not us-east-1",
  );
  expect(readFileSync(join(directory, "drydock.log"), "utf8")).toContain("could not start");
});

test("a start that is killed, or has no directory to write to, says so", async () => {
  const directory = temporaryDirectory();
  vi.stubEnv(
    "NODE_OPTIONS",
    `--import=data:text/javascript,${encodeURIComponent('process.kill(process.pid, "SIGKILL")')}`,
  );
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(startDetached({ directory, port: 0 })).rejects.toThrow(
    /^drydock did not start:\nIt was killed by SIGKILL\.$/,
  );
  vi.unstubAllEnvs();
  writeFileSync(join(directory, "file"), "");
  await expect(startDetached({ directory: join(directory, "file", "state"), port: 0 })).rejects.toThrow(
    `drydock did not start:\nThe state directory ${join(directory, "file", "state")} can't be written: ENOTDIR`,
  );
});

test("a port that is taken is told by its number", async () => {
  const directory = temporaryDirectory();
  const { endpoint } = await startDetached({ directory, port: 0 });
  await expect(
    startDetached({ directory: temporaryDirectory(), port: Number(new URL(endpoint).port) }),
  ).rejects.toThrow(`EADDRINUSE: address already in use ${new URL(endpoint).host}`);
});
