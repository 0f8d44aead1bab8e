import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { digestOf } from "../digest.ts";
import { createBlobFiles } from "./blob-files.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fardel-blobs-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

async function store(blobs: ReturnType<typeof createBlobFiles>, repository: string, text: string): Promise<string> {
  const upload = await blobs.startUpload(repository);
  await blobs.append(repository, upload, chunks(text));
  await blobs.finishUpload(repository, upload, digestOf(text));
  return digestOf(text);
}

const contents = () => readdir(join(directory, "blobs/sha256")).catch(() => []);

it("shows a blob only when it is complete, and finishes an upload that a killed process began", async () => {
  const killed = createBlobFiles(directory);
  const upload = await killed.startUpload("web");
  await killed.append("web", upload, chunks("hel", "lo"));
  expect(await killed.size("web", digestOf("hello"))).toBeUndefined();
  expect(await contents()).toEqual([]);

  const restarted = createBlobFiles(directory);
  expect(await restarted.uploadedBytes("web", upload)).toBe(5);
  await restarted.append("web", upload, chunks(" again"));
  await restarted.finishUpload("web", upload, digestOf("hello again"));
  expect(await restarted.size("web", digestOf("hello again"))).toBe(11);
});

it("appends one chunk after the other, also when they come at the same time", async () => {
  const blobs = createBlobFiles(directory);
  const upload = await blobs.startUpload("web");
  const lengths = await Promise.all(["aaaa", "bbb", "cc"].map((text) => blobs.append("web", upload, chunks(...text))));
  expect(lengths).toEqual([4, 7, 9]);
  await blobs.finishUpload("web", upload, digestOf("aaaabbbcc"));
  expect(await blobs.size("web", digestOf("aaaabbbcc"))).toBe(9);
});

it("keeps content once for all repositories, until the last of them is deleted", async () => {
  const blobs = createBlobFiles(directory);
  const shared = await store(blobs, "shop", "shared");
  await store(blobs, "shop/web", "shared");
  const own = await store(blobs, "shop", "own");
  expect(await contents()).toHaveLength(2);

  await blobs.deleteRepository("shop");
  expect(await blobs.size("shop", own)).toBeUndefined();
  expect(await blobs.size("shop/web", shared)).toBe(6);
  expect(await contents()).toEqual([shared.slice("sha256:".length)]);

  await blobs.deleteRepository("shop/web");
  expect(await contents()).toEqual([]);
});

it("drops what no manifest names and what nobody finished, once it is old enough", async () => {
  const blobs = createBlobFiles(directory);
  const [kept, unused] = [await store(blobs, "web", "kept"), await store(blobs, "web", "unused")];
  await store(blobs, "api", "kept");
  const upload = await blobs.startUpload("web");
  await blobs.prune("web", new Set([kept]), new Date(Date.now() - 60_000));
  expect(await blobs.size("web", unused)).toBe(6);
  expect(await blobs.uploadedBytes("web", upload)).toBe(0);

  await blobs.prune("web", new Set([kept]), new Date(Date.now() + 60_000));
  expect(await blobs.size("web", unused)).toBeUndefined();
  expect(await blobs.uploadedBytes("web", upload)).toBeUndefined();
  expect(await contents()).toEqual([kept.slice("sha256:".length)]);
  expect([await blobs.size("web", kept), await blobs.size("api", kept)]).toEqual([4, 4]);
});

it("takes no path for an upload", async () => {
  const blobs = createBlobFiles(directory);
  expect(await blobs.uploadedBytes("web", "../../blobs")).toBeUndefined();
  await expect(blobs.append("web", "../x", chunks("x"))).rejects.toMatchObject({ code: "BLOB_UPLOAD_UNKNOWN" });
});
