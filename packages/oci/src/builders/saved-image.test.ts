import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findLayer } from "../layers/write-layer.ts";
import { digestOf } from "../registry/digest.ts";
import { readSavedImage } from "./saved-image.ts";

let cacheDirectory: string;
beforeEach(() => {
  cacheDirectory = mkdtempSync(join(tmpdir(), "fardel-saved-"));
});
afterEach(() => rmSync(cacheDirectory, { recursive: true, force: true }));

async function archive(files: Record<string, string | Buffer>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, content);
  tar.finalize();
  return buffer(tar as unknown as AsyncIterable<Uint8Array>);
}

async function* stream(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

const hex = (content: Buffer | string) => digestOf(Buffer.from(content)).replace("sha256:", "");

async function layerAndConfig() {
  const layer = await archive({ "app/hello.txt": "hello\n" });
  const rootfs = { type: "layers", diff_ids: [digestOf(layer)] };
  return { layer, config: JSON.stringify({ architecture: "amd64", os: "linux", rootfs }) };
}

test("an image as engines up to 24 save it gives its configuration, and its layers to the cache", async () => {
  const { layer, config } = await layerAndConfig();
  const saved = await archive({
    "abc/VERSION": "1.0",
    "abc/json": "{}",
    "abc/layer.tar": layer,
    [`${hex(config)}.json`]: config,
    "manifest.json": JSON.stringify([{ Config: `${hex(config)}.json`, Layers: ["abc/layer.tar"] }]),
  });
  expect((await readSavedImage(stream(saved), cacheDirectory)).toString()).toBe(config);
  expect(await findLayer(cacheDirectory, digestOf(layer), "gzip")).toMatchObject({ diffId: digestOf(layer) });
});

test.each([
  ["plain", (layer: Buffer) => layer],
  ["compressed", (layer: Buffer) => gzipSync(layer)],
])("an image as engines from 25 on save it, its layers %s, gives the same", async (_, stored) => {
  const { layer, config } = await layerAndConfig();
  const blob = stored(layer);
  const saved = await archive({
    [`blobs/sha256/${hex(config)}`]: config,
    [`blobs/sha256/${hex(blob)}`]: blob,
    "index.json": "{}",
    "manifest.json": JSON.stringify([{ Config: `blobs/sha256/${hex(config)}`, Layers: [`blobs/sha256/${hex(blob)}`] }]),
    "oci-layout": "{}",
  });
  expect((await readSavedImage(stream(saved), cacheDirectory)).toString()).toBe(config);
  expect(await findLayer(cacheDirectory, digestOf(layer), "gzip")).toMatchObject({ diffId: digestOf(layer) });
});

test.each<[string, Record<string, string>, string]>([
  ["without manifest.json", { "oci-layout": "{}" }, "it has no manifest.json"],
  ["with one that isn't JSON", { "manifest.json": "[" }, "its manifest.json names no configuration"],
  ["with one that names nothing", { "manifest.json": "[]" }, "its manifest.json names no configuration"],
  [
    "without its configuration",
    { "manifest.json": '[{"Config":"gone.json"}]' },
    "its manifest.json names a configuration 'gone.json' that is not there",
  ],
  [
    "with another configuration",
    { "manifest.json": `[{"Config":"${"0".repeat(64)}.json"}]`, [`${"0".repeat(64)}.json`]: "{}" },
    `the content of its configuration has the digest ${digestOf(Buffer.from("{}"))}`,
  ],
])("an archive %s is told", async (_, files, why) => {
  await expect(readSavedImage(stream(await archive(files)), cacheDirectory)).rejects.toMatchObject({
    code: "docker-image",
    message: `What the engine has saved is no image: ${why}.`,
  });
});

test("an archive that breaks off is an error", async () => {
  const { layer } = await layerAndConfig();
  const saved = await archive({ "abc/layer.tar": layer });
  await expect(readSavedImage(stream(saved.subarray(0, 700)), cacheDirectory)).rejects.toThrow();
});
