import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import zlib from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { digestOf } from "../registry/digest.ts";
import { readFileTree } from "./file-tree.ts";
import { parseIgnoreRules } from "./ignore-rules.ts";
import { sourceProblem } from "./source-problem.ts";
import { writeLayer } from "./write-layer.ts";

let directory: string;
let cacheDirectory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fardel-layer-"));
  cacheDirectory = join(directory, "cache");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const longName = `${"deep/".repeat(30)}${"n".repeat(200)}.js`;

/** Writes the same tree in the given order of names, so that a listing by inode would differ. */
function plant(name: string, reversed: boolean): string {
  const root = join(directory, name);
  const files = ["server.js", "lib/a.js", "lib-b.js", "bin/run.sh", longName, "ünïcode/名前.txt", "empty"];
  for (const file of reversed ? files.toReversed() : files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), `content of ${file}`);
    utimesSync(join(root, file), reversed ? 1 : 2_000_000_000, reversed ? 1 : 2_000_000_000);
  }
  writeFileSync(join(root, "large.bin"), Buffer.alloc(3_000_000, "fardel"));
  mkdirSync(join(root, "vacant"));
  symlinkSync("../lib/a.js", join(root, "bin/link"));
  chmodSync(join(root, "bin/run.sh"), reversed ? 0o700 : 0o775);
  chmodSync(join(root, "server.js"), reversed ? 0o600 : 0o644);
  return root;
}

describe("a layer", () => {
  test("has one digest whatever the order, times and umask its files were written with", async () => {
    const [one, two] = await Promise.all(
      [plant("one", false), plant("two", true)].map(async (root, index) =>
        writeLayer(await readFileTree(root, { prefix: "app" }), { cacheDirectory: join(directory, `cache-${index}`) }),
      ),
    );
    expect(one).toMatchObject({ cached: false });
    expect(one?.layer.diffId).toBe(two?.layer.diffId);
    expect(one?.layer.blob.digest).toBe(two?.layer.blob.digest);
    // Pinned: it must be the same on every machine.
    expect(one?.layer.diffId).toMatchInlineSnapshot(
      `"sha256:d4a090e362970ba831321bf5f45cb6c07fd3caa7bf8aa482d1a207600e8b30c4"`,
    );
  });

  test("is what its descriptor says, and tar reads it", async () => {
    const { layer } = await writeLayer(await readFileTree(plant("one", false), { prefix: "app" }), { cacheDirectory });
    const compressed = await buffer(await layer.blob.open());
    expect(layer.blob).toMatchObject({
      mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
      digest: digestOf(compressed),
      size: compressed.length,
    });
    expect(compressed.subarray(0, 10).toString("hex")).toBe("1f8b08000000000000ff");
    expect(layer.diffId).toBe(digestOf(zlib.gunzipSync(compressed)));

    const listing = execFileSync(
      "tar",
      ["-tvz", "--numeric-owner", "--full-time", "--utc", "--quoting-style=literal"],
      {
        input: compressed,
        encoding: "utf8",
      },
    );
    const deep = longName.split("/");
    expect(
      listing
        .trimEnd()
        .split("\n")
        .map((line) => line.replace(/ +/g, " ")),
    ).toEqual([
      "drwxr-xr-x 0/0 0 1970-01-01 00:00:01 app/",
      "drwxr-xr-x 0/0 0 1970-01-01 00:00:01 app/bin/",
      "lrwxrwxrwx 0/0 0 1970-01-01 00:00:01 app/bin/link -> ../lib/a.js",
      "-rwxr-xr-x 0/0 21 1970-01-01 00:00:01 app/bin/run.sh",
      ...deep
        .slice(0, -1)
        .map((_, index) => `drwxr-xr-x 0/0 0 1970-01-01 00:00:01 app/${deep.slice(0, index + 1).join("/")}/`),
      `-rw-r--r-- 0/0 ${11 + longName.length} 1970-01-01 00:00:01 app/${longName}`,
      "-rw-r--r-- 0/0 16 1970-01-01 00:00:01 app/empty",
      "-rw-r--r-- 0/0 3000000 1970-01-01 00:00:01 app/large.bin",
      "drwxr-xr-x 0/0 0 1970-01-01 00:00:01 app/lib/",
      "-rw-r--r-- 0/0 19 1970-01-01 00:00:01 app/lib-b.js",
      "-rw-r--r-- 0/0 19 1970-01-01 00:00:01 app/lib/a.js",
      "-rw-r--r-- 0/0 20 1970-01-01 00:00:01 app/server.js",
      "drwxr-xr-x 0/0 0 1970-01-01 00:00:01 app/vacant/",
      "drwxr-xr-x 0/0 0 1970-01-01 00:00:01 app/ünïcode/",
      "-rw-r--r-- 0/0 31 1970-01-01 00:00:01 app/ünïcode/名前.txt",
    ]);
  });

  test("is taken from the cache when nothing changed, and leaves no half-written file there", async () => {
    const root = plant("one", false);
    const first = await writeLayer(await readFileTree(root), { cacheDirectory });
    utimesSync(join(root, "server.js"), 5, 5);
    const second = await writeLayer(await readFileTree(root), { cacheDirectory });
    expect(second.cached).toBe(true);
    expect(second.layer.blob.digest).toBe(first.layer.blob.digest);
    expect(readdirSync(join(cacheDirectory, "blobs"))).toEqual(["sha256"]);

    rmSync(join(cacheDirectory, "blobs"), { recursive: true });
    const third = await writeLayer(await readFileTree(root), { cacheDirectory });
    expect(third).toMatchObject({ cached: false, layer: { blob: { digest: first.layer.blob.digest } } });
  });

  test.skipIf(zlib.createZstdCompress === undefined)("can be compressed with zstd", async () => {
    const entries = await readFileTree(plant("one", false));
    const { layer } = await writeLayer(entries, { cacheDirectory, compression: "zstd" });
    expect(layer.blob.mediaType).toBe("application/vnd.oci.image.layer.v1.tar+zstd");
    const archive = zlib.zstdDecompressSync(await buffer(await layer.blob.open()));
    expect(digestOf(archive)).toBe(layer.diffId);
    expect((await writeLayer(entries, { cacheDirectory })).layer.diffId).toBe(layer.diffId);
  });

  test("fails when a file changes under it", async () => {
    const root = plant("one", false);
    const entries = await readFileTree(root);
    writeFileSync(join(root, "large.bin"), "now small");
    await expect(writeLayer(entries, { cacheDirectory })).rejects.toMatchObject({ code: "source-changed" });
    rmSync(join(root, "large.bin"));
    await expect(writeLayer(entries, { cacheDirectory })).rejects.toMatchObject({
      code: "source-changed",
      message: `${join(root, "large.bin")} changed or vanished while the image was built.`,
    });
    writeFileSync(join(root, "empty"), "not of the listed size");
    await expect(writeLayer(entries, { cacheDirectory })).rejects.toMatchObject({ code: "source-changed" });
  });
});

describe("a file tree", () => {
  test("says what it cannot read", async () => {
    await expect(readFileTree(join(directory, "gone"))).rejects.toMatchObject({ code: "source-changed" });
    expect(sourceProblem("/data", Object.assign(new Error("no"), { code: "EACCES" }))).toMatchObject({
      code: "source-unreadable",
      message: "/data cannot be read: EACCES.",
    });
  });

  test("keeps the directories that lead to a file brought back by an exception, and no others", async () => {
    const root = plant("one", false);
    const rules = parseIgnoreRules("*\n!lib/a.js\n!ünïcode");
    const entries = await readFileTree(root, { ignores: rules.ignores });
    expect(entries.map((entry) => entry.path).toSorted()).toEqual(["lib", "lib/a.js", "ünïcode", "ünïcode/名前.txt"]);
  });

  test("does not look into pruned directories", async () => {
    const root = plant("one", false);
    const entries = await readFileTree(root, { prefix: "srv/app", prunes: (path) => path !== "bin" });
    expect(entries.map((entry) => entry.path).toSorted()).toEqual([
      "srv",
      "srv/app",
      "srv/app/bin",
      "srv/app/bin/link",
      "srv/app/bin/run.sh",
      "srv/app/empty",
      "srv/app/large.bin",
      "srv/app/lib-b.js",
      "srv/app/server.js",
    ]);
  });
});
