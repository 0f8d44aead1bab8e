import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CrashingShop } from "./crashing-shop.fixture.ts";

const shop = new CrashingShop();
const { state } = shop;

/** A disk of its own, for the state alone, that can be full and read-only; only root may make one. */
function mountDisk(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  mkdirSync(dirname(state), { recursive: true });
  return spawnSync("mount", ["-t", "tmpfs", "-o", "size=32m", "tmpfs", dirname(state)]).status === 0;
}

const mounted = mountDisk();
if (!mounted) console.warn("Skipped: a full and a read-only disk, for which a tmpfs would have to be mounted as root.");

const filling = join(dirname(state), "filling");

/** Takes all room there is. */
function fill(): void {
  for (const block of [1 << 20, 1 << 12, 1]) {
    try {
      for (;;) writeFileSync(filling, Buffer.alloc(block), { flag: "a" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}

const free = () => rmSync(filling, { force: true });
const remount = (how: "ro" | "rw") => execFileSync("mount", ["-o", `remount,${how}`, dirname(state)]);
/** Where its lines break depends on how long the directory's name is. */
const screen = (text: string) =>
  text
    .replaceAll(state, "STATE")
    .replace(/statebucket-\w+/, "statebucket")
    .replace(/\s+/g, " ")
    .trim();

const notWritable = (why: string) =>
  "✗ drydock, the embedded AWS region, did not start. STATE/drydock.log " +
  `The state directory STATE can't be written: ${why}. ` +
  "→ Make room or make it writable, then run the command again; or name another directory in FARDEL_LOCAL_STATE.";

describe.runIf(mounted)("the disk of the state directory", () => {
  beforeAll(() => shop.write({ text: "one" }));
  afterAll(async () => {
    free();
    await shop.fardel(["local", "reset", "--yes"]);
    execFileSync("umount", [dirname(state)]);
    await shop.close();
  });

  test("full at the start is told, and forgotten once there is room", async () => {
    fill();
    const { exitCode, stderr } = await shop.startRegion();
    expect(exitCode).toBe(1);
    expect(screen(stderr)).toBe(notWritable("the disk is full"));
    free();
    await shop.startRegion();
    await shop.succeed("up");
    await shop.expectInOrder({ text: "one", release: 1 });
  });

  test("full under a release ends it with the reason; the same command succeeds once there is room", async () => {
    shop.write({ text: "two" });
    fill();
    const { exitCode, stderr } = await shop.fardel(["deploy"]);
    expect(exitCode).toBe(1);
    expect(screen(stderr)).toBe(
      "✗ S3 PutObject failed: StateNotWritable Bucket fardel-statebucket; Key locks/shop/local.json " +
        "drydock can't keep its state: the disk is full. Make it writable, or make room, then call again. (HTTP 507)",
    );
    expect((await shop.succeed("status")).stdout).toContain("Release 1 serves");
    free();
    await shop.succeed("deploy");
    await shop.expectInOrder({ text: "two", release: (await shop.newest())[0]?.number ?? 0 });
  });

  test("read-only is told, by whatever needs drydock", async () => {
    await shop.succeed("local", "stop");
    remount("ro");
    const { exitCode, stderr } = await shop.fardel(["status"]);
    remount("rw");
    expect(exitCode).toBe(1);
    expect(screen(stderr)).toBe(notWritable("the file system is read-only"));
    await shop.startRegion();
    await shop.succeed("deploy");
  });
});
