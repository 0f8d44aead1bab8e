import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { type Blob, mediaTypes } from "../image.ts";
import { digestOf } from "../registry/digest.ts";
import { biggestParts, partOf } from "./layer-parts.ts";

async function layer(files: Record<string, number>): Promise<Blob> {
  const tar = pack();
  for (const [name, size] of Object.entries(files)) tar.entry({ name }, Buffer.alloc(size));
  tar.finalize();
  const bytes = gzipSync(await buffer(tar as unknown as AsyncIterable<Uint8Array>));
  return {
    mediaType: mediaTypes.layerGzip,
    digest: digestOf(bytes),
    size: bytes.length,
    open: () => Readable.from([bytes]),
  };
}

test.each([
  ["app/node_modules/express/lib/express.js", "app/node_modules/express"],
  ["app/node_modules/@aws-sdk/client-s3/dist/index.js", "app/node_modules/@aws-sdk/client-s3"],
  ["app/node_modules/a/node_modules/b/index.js", "app/node_modules/a"],
  ["./app/dist/public/big.js", "app/dist/public"],
  ["app/server.js", "app/server.js"],
  ["usr/lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu"],
])("%s counts to %s", (path, part) => {
  expect(partOf(path)).toBe(part);
});

test("E13: the biggest parts of all layers come first, with the bytes of their files", async () => {
  const layers = [
    await layer({ "app/node_modules/express/a.js": 3000, "app/node_modules/express/b.js": 2000 }),
    await layer({ "app/server.js": 1000, "app/dist/x/one.js": 4000, "app/dist/x/two.js": 4000 }),
  ];
  expect(await biggestParts(layers, 2)).toEqual([
    { path: "app/dist/x", sizeBytes: 8000 },
    { path: "app/node_modules/express", sizeBytes: 5000 },
  ]);
});
