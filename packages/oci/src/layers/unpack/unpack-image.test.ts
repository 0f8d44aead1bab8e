import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import zlib from "node:zlib";
import fc from "fast-check";
import { type Header, pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OciError } from "../../errors.ts";
import { type Blob, type Image, mediaTypes } from "../../image.ts";
import { digestOf } from "../../registry/digest.ts";
import { createRootDirectory } from "./root-directory.ts";
import { unpackImage } from "./unpack-image.ts";

let directory: string;
let cacheDirectory: string;
let root: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fardel-unpack-"));
  cacheDirectory = join(directory, "cache");
  root = join(directory, "roots", "task");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

type Member = Partial<Header> & { name: string; content?: string | Buffer };

function tar(...members: Member[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of members)
    archive.entry({ mode: 0o644, type: "file", mtime: new Date(0), ...header }, content ?? "");
  archive.finalize();
  return buffer(archive as unknown as Readable);
}

function blob(content: Buffer, mediaType: string): Blob {
  return { mediaType, digest: digestOf(content), size: content.length, open: () => Readable.from([content]) };
}

function imageOf(
  archives: Buffer[],
  options: {
    compress?: (archive: Buffer) => Buffer;
    mediaType?: string;
    workingDirectory?: string;
    diffIds?: string[];
  } = {},
): Image {
  const {
    compress = zlib.gzipSync,
    mediaType = mediaTypes.layerGzip,
    workingDirectory = "/app",
    diffIds = archives.map(digestOf),
  } = options;
  const config = {
    architecture: "amd64",
    os: "linux",
    config: { WorkingDir: workingDirectory },
    rootfs: { type: "layers", diff_ids: diffIds },
  };
  return {
    manifest: blob(Buffer.from("{}"), mediaTypes.manifest),
    config: blob(Buffer.from(JSON.stringify(config)), mediaTypes.config),
    layers: archives.map((archive) => blob(compress(archive), mediaType)),
  };
}

/** The layers unpacked and laid over each other at `root`. */
async function unpack(...archives: Buffer[]): Promise<void> {
  await createRootDirectory(await unpackImage(imageOf(archives), { cacheDirectory }), root);
}

/** Makes every block that could be a header pass as one, so that what it says is looked at. */
function mendChecksums(archive: Buffer): void {
  for (let at = 0; at + 512 <= archive.length; at += 512) {
    if (archive.toString("latin1", at + 257, at + 262) !== "ustar") continue;
    archive.fill(" ", at + 148, at + 156);
    const sum = archive.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
    archive.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1");
  }
}

/** Every path below `root`, with what is there. */
function listing(): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).toSorted();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(root, name);
      const found = lstatSync(path);
      if (found.isSymbolicLink()) return [name, `-> ${readlinkSync(path)}`];
      return [name, found.isDirectory() ? "directory" : readFileSync(path, "utf8")];
    }),
  );
}

describe("layers", () => {
  test("are laid over each other, with modes and links", async () => {
    await unpack(
      await tar(
        { name: "./", type: "directory", mode: 0o755 },
        { name: "/app/", type: "directory", mode: 0o750 },
        { name: "app/server.js", content: "old" },
        { name: "app/run.sh", mode: 0o4755, content: "#!" },
        { name: `${"long/".repeat(40)}ünïcode`, content: "far" },
        { name: "app/same", type: "link", linkname: "app/run.sh" },
        { name: "bin", type: "symlink", linkname: "usr/bin" },
      ),
      await tar({ name: "app/server.js", content: "new" }, { name: "bin/node", content: "through the link" }),
    );
    const { [`${"long/".repeat(40)}ünïcode`]: far, ...rest } = listing();
    expect(far).toBe("far");
    expect(Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith("long")))).toEqual({
      app: "directory",
      "app/run.sh": "#!",
      "app/same": "#!",
      "app/server.js": "new",
      bin: "-> usr/bin",
      "bin/node": "through the link",
      usr: "directory",
      "usr/bin": "directory",
      "usr/bin/node": "through the link",
    });
    expect(statSync(join(root, "app/run.sh")).mode & 0o7777).toBe(0o755);
    expect(statSync(join(root, "app/same")).mode & 0o7777).toBe(0o755);
    expect(statSync(join(root, "app")).mode & 0o777).toBe(0o750);
  });

  test("lose what a later layer whites out, but never what that layer itself brings", async () => {
    await unpack(
      await tar(
        { name: "app/gone.js", content: "1" },
        { name: "app/kept.js", content: "1" },
        { name: "app/directory/a/b", content: "1" },
        { name: "opaque/old", content: "1" },
        { name: "opaque/deep/old", content: "1" },
        { name: "replaced", content: "1" },
      ),
      await tar(
        { name: "app/.wh.gone.js" },
        { name: "app/.wh.directory" },
        { name: "app/directory/new", content: "2" },
        { name: "opaque/new", content: "2" },
        { name: "opaque/.wh..wh..opq" },
        { name: "replaced/now-a-directory", content: "2" },
        { name: ".wh.replaced" },
        { name: ".wh..wh.plnk/1", content: "AUFS" },
        { name: ".wh.never-there" },
      ),
    );
    expect(listing()).toEqual({
      app: "directory",
      "app/directory": "directory",
      "app/directory/new": "2",
      "app/kept.js": "1",
      opaque: "directory",
      "opaque/new": "2",
      replaced: "directory",
      "replaced/now-a-directory": "2",
    });
  });

  test.each([
    ["plain", mediaTypes.layerTar, (archive: Buffer) => archive],
    ["gzip in Docker's name", "application/vnd.docker.image.rootfs.diff.tar.gzip", zlib.gzipSync],
    [
      "gzip in two members",
      mediaTypes.layerGzip,
      (archive: Buffer) =>
        Buffer.concat([zlib.gzipSync(archive.subarray(0, 700)), zlib.gzipSync(archive.subarray(700))]),
    ],
    ...(zlib.zstdCompressSync === undefined ? [] : [["zstd", mediaTypes.layerZstd, zlib.zstdCompressSync]]),
  ] as [string, string, (archive: Buffer) => Buffer][])("may be %s", async (_, mediaType, compress) => {
    const image = imageOf([await tar({ name: "a", content: "x".repeat(2_000_000) })], { mediaType, compress });
    await createRootDirectory(await unpackImage(image, { cacheDirectory }), root);
    expect(statSync(join(root, "a")).size).toBe(2_000_000);
  });

  test("of another kind are refused", async () => {
    const image = imageOf([await tar({ name: "a" })], { mediaType: "application/vnd.example.squashfs" });
    await expect(unpackImage(image, { cacheDirectory })).rejects.toMatchObject({ code: "layer-media-type" });
  });
});

describe("an archive made to do harm", () => {
  /** A file outside of the root that no archive may touch. */
  let outside: string;
  beforeEach(() => {
    outside = join(directory, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "file"), "untouched");
  });
  afterEach(() => {
    expect(readdirSync(outside)).toEqual(["file"]);
    expect(readFileSync(join(outside, "file"), "utf8")).toBe("untouched");
  });

  test.each([
    ["a path that climbs", { name: "../../outside/file", content: "!" }],
    ["a path that climbs from inside", { name: "app/../../../outside/file", content: "!" }],
    ["a hard link that climbs", { name: "app/link", type: "link", linkname: "../../outside/file" }],
    ["a whiteout that climbs", { name: "app/.wh..." }],
    ["a path with a NUL", { name: "app/\0/é", content: "!" }],
  ] as [string, Member][])("is refused: %s", async (_, member) => {
    await expect(unpack(await tar(member))).rejects.toMatchObject({ code: "layer-path" });
    expect(existsSync(root)).toBe(false);
  });

  test("writes below the root through absolute paths and symbolic links that lead out", async () => {
    await unpack(
      await tar(
        { name: join(outside, "file"), content: "inside the root" },
        { name: "absolute", type: "symlink", linkname: outside },
        { name: "climbing", type: "symlink", linkname: `../../../../../..${outside}` },
      ),
      await tar(
        { name: "absolute/file", content: "through the absolute one" },
        { name: "climbing/other", content: "through the climbing one" },
        { name: "absolute/.wh.file" },
      ),
    );
    expect(readFileSync(join(root, outside, "file"), "utf8")).toBe("through the absolute one");
    expect(readFileSync(join(root, outside, "other"), "utf8")).toBe("through the climbing one");
    // Both links lead to the same place in the root, wherever that is on this machine.
    expect(readFileSync(join(root, "absolute", "file"), "utf8")).toBe("through the absolute one");
    expect(readFileSync(join(root, "climbing", "other"), "utf8")).toBe("through the climbing one");
  });

  test("makes no devices or pipes, and links to the machine's own stay", async () => {
    await unpack(
      await tar(
        { name: "dev/null", type: "character-device", devmajor: 1, devminor: 3 },
        { name: "dev/sda", type: "block-device", devmajor: 8 },
        { name: "run/pipe", type: "fifo" },
        { name: "var/log/access.log", type: "symlink", linkname: "/dev/stdout" },
      ),
    );
    expect(listing()).toEqual({
      var: "directory",
      "var/log": "directory",
      "var/log/access.log": "-> /dev/stdout",
    });
  });

  test.each([
    ["a name longer than file systems have", { name: `${"x".repeat(300)}/file`, content: "!" }],
    ["a path longer than file systems have", { name: "deep/".repeat(1_000), type: "directory" }],
    ["a symbolic link longer than file systems have", { name: "a", type: "symlink", linkname: "x/".repeat(3_000) }],
  ] as [string, Member][])("is refused before anything is written: %s", async (_, member) => {
    await expect(unpack(await tar(member))).rejects.toMatchObject({ code: "layer-path" });
    expect(existsSync(root)).toBe(false);
  });

  test("makes no links through the machine's own directories to somewhere else", async () => {
    const leading = (name: string, linkname: string): Member => ({ name, type: "symlink", linkname });
    await unpack(
      await tar(
        leading("climbs", `/dev/..${outside}`),
        leading("root", `/proc/self/root${outside}`),
        leading("cwd", "/proc/self/cwd/file"),
        leading("mounts", "/proc/mounts"),
      ),
    );
    const { climbs, root: byRoot, cwd, mounts } = listing();
    expect(climbs).toBe(`-> ${outside.slice(1)}`);
    expect([byRoot, cwd]).toEqual([`-> proc/self/root${outside}`, "-> proc/self/cwd/file"]);
    expect(mounts).toBe("-> /proc/mounts");
  });

  test("of paths that fill the memory is stopped", async () => {
    const members = Array.from({ length: 40 }, (_, index) => ({ name: `${"directory/".repeat(100)}${index}` }));
    const limits = { bytes: 5_000_000, entries: 100 };
    await expect(unpackImage(imageOf([await tar(...members)]), { cacheDirectory, limits })).rejects.toMatchObject({
      code: "layer-limit",
    });
  });

  test("mutated anywhere is unpacked below the root or refused in words", async () => {
    const seed = await tar(
      { name: "app/", type: "directory" },
      { name: "app/file", content: "content" },
      { name: `${"long/".repeat(40)}name`, content: "far" },
      { name: "app/link", type: "symlink", linkname: "../etc/x" },
      { name: "app/hard", type: "link", linkname: "app/file" },
      { name: "app/.wh.gone" },
    );
    const edits = fc.array(fc.tuple(fc.nat({ max: seed.length - 1 }), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(edits, fc.nat({ max: seed.length }), async (bytes, cut) => {
        const archive = Buffer.from(seed);
        for (const [at, byte] of bytes) archive[at] = byte;
        mendChecksums(archive);
        for (const made of [archive, archive.subarray(0, cut)]) {
          await unpack(made).catch((error: unknown) => {
            if (!(error instanceof OciError)) throw error;
          });
          rmSync(root, { recursive: true, force: true });
        }
      }),
      { numRuns: 25 },
    );
    expect(readdirSync(directory).toSorted()).toEqual(
      ["cache", "outside", "roots"].filter((name) => existsSync(join(directory, name))),
    );
  }, 60_000);

  test("is refused where a member's size is none", async () => {
    const archive = await tar({ name: "app/file", content: "content" });
    // The first byte of a size that is binary is 0x80, or 0xff for a negative one.
    archive[124] = 0xf9;
    mendChecksums(archive);
    await expect(unpack(archive)).rejects.toMatchObject({
      code: "layer-corrupt",
      message: expect.stringContaining("cannot be read: 'app/file' has no size."),
    });
  });

  test("is refused when links go in circles or lead to nothing, or a file has children", async () => {
    await expect(
      unpack(
        await tar(
          { name: "a", type: "symlink", linkname: "b" },
          { name: "b", type: "symlink", linkname: "a" },
          { name: "a/x", content: "!" },
        ),
      ),
    ).rejects.toMatchObject({ code: "layer-path" });
    await expect(unpack(await tar({ name: "a", type: "link", linkname: "nowhere" }))).rejects.toMatchObject({
      code: "layer-hard-link",
    });
    await expect(unpack(await tar({ name: "a", content: "" }, { name: "a/b", content: "" }))).rejects.toMatchObject({
      code: "layer-path",
    });
    expect(existsSync(root)).toBe(false);
  });

  test("is refused when its configuration names a layer by a path", async () => {
    const image = imageOf([await tar({ name: "a" })], { diffIds: ["sha256:../../../outside"] });
    await expect(unpackImage(image, { cacheDirectory })).rejects.toMatchObject({ code: "image-config" });
    expect(existsSync(cacheDirectory)).toBe(false);
  });

  test("is stopped when it takes more than allowed", async () => {
    const image = imageOf([await tar({ name: "zeros", content: Buffer.alloc(20_000_000) })]);
    const limits = { bytes: 5_000_000, entries: 10 };
    await expect(unpackImage(image, { cacheDirectory, limits })).rejects.toMatchObject({ code: "layer-limit" });
    const many = imageOf([await tar(...Array.from({ length: 11 }, (_, index) => ({ name: `${index}` })))]);
    await expect(unpackImage(many, { cacheDirectory, limits })).rejects.toMatchObject({ code: "layer-limit" });
    expect(readdirSync(join(cacheDirectory, "unpacked/sha256"))).toEqual([]);
  });

  test("is refused when its digest is not the one of the configuration, or it is cut off", async () => {
    const archive = await tar({ name: "a", content: "a" });
    const image = imageOf([archive]);
    const other = zlib.gzipSync(await tar({ name: "a", content: "b" }));
    const exchanged = { ...image, layers: [blob(other, mediaTypes.layerGzip)] };
    await expect(unpackImage(exchanged, { cacheDirectory })).rejects.toMatchObject({ code: "layer-digest" });
    const cut = { ...image, layers: [blob(zlib.gzipSync(archive).subarray(0, 60), mediaTypes.layerGzip)] };
    await expect(unpackImage(cut, { cacheDirectory })).rejects.toMatchObject({ code: "layer-corrupt" });
    const forged = { ...image, config: { ...image.config, digest: digestOf("other") } };
    await expect(unpackImage(forged, { cacheDirectory })).rejects.toMatchObject({ code: "image-config" });
    const missing = { ...image, layers: [] };
    await expect(unpackImage(missing, { cacheDirectory })).rejects.toMatchObject({ code: "image-config" });
    expect(readdirSync(join(cacheDirectory, "unpacked/sha256"))).toEqual([]);
  });
});

describe("containers of one image", () => {
  const other = () => join(directory, "roots", "other");

  async function startTwo(): Promise<void> {
    const image = imageOf([
      await tar(
        { name: "app/node_modules/pg/index.js", content: "package" },
        { name: "etc/os-release", content: "base" },
      ),
      await tar({ name: "app/data.json", content: "{}", mode: 0o444 }),
    ]);
    const [one, two] = await Promise.all([1, 2].map(() => unpackImage(image, { cacheDirectory })));
    if (one && two) await Promise.all([createRootDirectory(one, root), createRootDirectory(two, other())]);
  }

  test("write to their own working directory", async () => {
    await startTwo();
    appendFileSync(join(root, "app/data.json"), "mine");
    writeFileSync(join(root, "app/new"), "mine");
    expect(readFileSync(join(other(), "app/data.json"), "utf8")).toBe("{}");
    expect(existsSync(join(other(), "app/new"))).toBe(false);
  });

  test("share installed packages and the base image, read-only, and may replace them", async () => {
    await startTwo();
    for (const shared of ["app/node_modules/pg/index.js", "etc/os-release"]) {
      expect(statSync(join(root, shared)).ino).toBe(statSync(join(other(), shared)).ino);
      expect(statSync(join(root, shared)).mode & 0o777).toBe(0o444);
      rmSync(join(root, shared));
      writeFileSync(join(root, shared), "mine");
      expect(readFileSync(join(other(), shared), "utf8")).not.toBe("mine");
    }
  });

  test("start from what the image holds even when one of them forced its way into a shared file", async () => {
    await startTwo();
    const shared = join(root, "app/node_modules/pg/index.js");
    chmodSync(shared, 0o644);
    writeFileSync(shared, "changed");
    rmSync(other(), { recursive: true });
    rmSync(root, { recursive: true });
    await startTwo();
    expect(readFileSync(shared, "utf8")).toBe("package");
  });

  test("find unpacked layers without opening them again, also those of another image", async () => {
    const archive = await tar({ name: "a", content: "a" });
    const first = imageOf([archive]);
    await unpackImage(first, { cacheDirectory });
    const second = imageOf([archive, await tar({ name: "b", content: "b" })]);
    const [shared, own] = second.layers;
    if (!shared || !own) throw new Error("two layers were given");
    const closed: Blob = { ...shared, open: () => Promise.reject(new Error("opened")) };
    await createRootDirectory(await unpackImage({ ...second, layers: [closed, own] }, { cacheDirectory }), root);
    expect(listing()).toEqual({ a: "a", b: "b" });
  });
});
