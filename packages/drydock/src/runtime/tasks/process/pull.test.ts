import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  createBlobFiles,
  createManifestFiles,
  createRegistryHandler,
  type Image,
  mediaTypes,
  type RegistryStorage,
} from "@fardel/oci";
import { assembleImage } from "@fardel/oci/builders/assemble-image.ts";
import { writeLayer } from "@fardel/oci/layers/write-layer.ts";
import { digestOf } from "@fardel/oci/registry/digest.ts";
import { expect, onTestFinished, test } from "vitest";
import type { Region } from "../../../region.ts";
import { makeTestRegion } from "../region.fixture.ts";
import { temporaryDirectory } from "./driver.fixture.ts";
import { createImagePull } from "./pull.ts";

/** An image whose only file, /app/main.js, has the given content. */
async function imageWith(content: string, architecture = "amd64"): Promise<Image> {
  const directory = temporaryDirectory();
  const source = join(directory, "main.js");
  writeFileSync(source, content);
  const { layer } = await writeLayer(
    [
      { type: "directory", path: "app" },
      { type: "file", path: "app/main.js", executable: false, size: content.length, source },
    ],
    { cacheDirectory: join(directory, "cache") },
  );
  const config = { Cmd: ["node", "main.js"], WorkingDir: "/app" };
  return assembleImage({ os: "linux", architecture }, undefined, [{ ...layer, createdBy: "test" }], config);
}

async function store(storage: RegistryStorage, repository: string, image: Image, tag?: string): Promise<void> {
  for (const blob of [image.config, ...image.layers]) {
    const upload = await storage.blobs.startUpload(repository);
    await storage.blobs.append(repository, upload, await blob.open());
    await storage.blobs.finishUpload(repository, upload, blob.digest);
  }
  const bytes = Buffer.concat(await (await image.manifest.open()).toArray());
  const { mediaType, digest } = image.manifest;
  await storage.manifests.put(repository, { mediaType, digest, bytes }, tag);
}

function emptyStorage(): RegistryStorage {
  const directory = temporaryDirectory();
  return { blobs: createBlobFiles(directory), manifests: createManifestFiles(directory) };
}

function testPull(storage: RegistryStorage, region: Region = makeTestRegion({ directory: temporaryDirectory() })) {
  const pull = createImagePull(region, storage);
  return {
    pull,
    /** The content of /app/main.js in a new root of what a reference names. */
    async content(reference: string, architecture: "amd64" | "arm64" = "amd64"): Promise<string> {
      const image = await pull(reference, architecture);
      const root = join(temporaryDirectory(), "root");
      await image.createRoot(root);
      return readFileSync(join(root, "app/main.js"), "utf8");
    },
  };
}

test("images of the region's own registry come from its storage, by tag or digest, under either name of it", async () => {
  const storage = emptyStorage();
  const image = await imageWith("one");
  await store(storage, "shop/web", image, "v1");
  const { pull, content } = testPull(storage);
  const { digest, config } = await pull("127.0.0.1:4566/shop/web:v1", "amd64");
  expect([digest, config.config?.Cmd]).toEqual([image.manifest.digest, ["node", "main.js"]]);
  expect(await content(`localhost:4566/shop/web@${digest}`)).toBe("one");
  expect(await content("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop/web:v1")).toBe("one");
});

test("from an index comes the image for the architecture; a single image whatever its own", async () => {
  const storage = emptyStorage();
  const images = { amd64: await imageWith("for amd64"), arm64: await imageWith("for arm64", "arm64") };
  for (const image of Object.values(images)) await store(storage, "web", image);
  await store(storage, "web", images.arm64, "arm");
  const manifests = Object.entries(images).map(([architecture, { manifest }]) => ({
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.size,
    platform: { os: "linux", architecture },
  }));
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
  await storage.manifests.put("web", { mediaType: mediaTypes.index, digest: digestOf(bytes), bytes }, "v1");
  const { pull, content } = testPull(storage);
  expect(await content("127.0.0.1:4566/web:v1")).toBe("for amd64");
  expect(await content("127.0.0.1:4566/web:v1", "arm64")).toBe("for arm64");
  expect((await pull("127.0.0.1:4566/web:arm", "amd64")).config.architecture).toBe("arm64");
});

test("what isn't there is not found", async () => {
  const { pull } = testPull(emptyStorage());
  await expect(pull("127.0.0.1:4566/web:v1", "amd64")).rejects.toThrow("127.0.0.1:4566/web:v1: not found");
});

test("an image of another registry is fetched from there", async () => {
  const storage = emptyStorage();
  await store(storage, "web", await imageWith("elsewhere"), "v1");
  const server = createServer(createRegistryHandler({ storage, authorize: () => {} }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const closing: (() => void | Promise<void>)[] = [() => void server.close(), () => server.closeAllConnections()];
  onTestFinished(async () => {
    for (const close of closing) await close();
  });
  const region = makeTestRegion({ directory: temporaryDirectory() });
  region.onClose = (close) => void closing.unshift(close);
  const { port } = server.address() as AddressInfo;
  expect(await testPull(emptyStorage(), region).content(`127.0.0.1:${port}/web:v1`)).toBe("elsewhere");
});
