import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, expect, it } from "vitest";
import type { Blob } from "../../image.ts";
import { blobOf } from "../image-fixture.ts";
import { type RegistryFixture, type RegistryFixtureOptions, startRegistryFixture } from "../registry-fixture.ts";
import { createConnection } from "./connection.ts";
import { downloadBlob } from "./download.ts";
import { createTransport } from "./transport.ts";
import { startUpload, uploadBlob } from "./upload.ts";

const content = Buffer.from(Array.from({ length: 10_000 }, (_, index) => index % 251));
const blob = blobOf(content);
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Uploads the blob in chunks of 4000 bytes; returns the upload requests with their ranges, and the bytes told. */
async function upload(options: RegistryFixtureOptions = {}, source: Blob = blob) {
  const ranges: string[] = [];
  const fixture: RegistryFixture = await startRegistryFixture({
    ...options,
    async intercept(request, response, next) {
      if (request.url?.includes("/uploads/"))
        ranges.push([request.method, request.headers["content-range"]].filter(Boolean).join(" "));
      await (options.intercept ? options.intercept(request, response, next) : next(request, response));
    },
  });
  cleanups.push(fixture.close);
  const transport = createTransport();
  cleanups.push(transport.close);
  const connection = createConnection(
    fixture.registry,
    async () => undefined,
    transport,
    async () => {},
  );
  const location = (await startUpload(connection, "web", source.digest)) ?? "";
  let bytes = 0;
  const onBytes = (more: number) => {
    bytes += more;
  };
  const done = uploadBlob({ connection, repository: "web", blob: source, chunkBytes: 4000, onBytes }, location);
  const stored = async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of downloadBlob(connection, "web", source)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  return { done, ranges, stored, bytes: () => bytes };
}

/** Breaks the connection off when `count` bytes of the request have come, and hands these to the registry. */
function breakAfter(count: number, request: IncomingMessage): void {
  let received = 0;
  request.on("data", (chunk: Buffer) => {
    received += chunk.length;
    if (received >= count) request.socket.resetAndDestroy();
  });
}

it("sends a small blob in one request", async () => {
  const { done, ranges, stored, bytes } = await upload({}, blobOf("small"));
  await done;
  expect(ranges).toEqual(["POST", "PUT"]);
  expect(String(await stored())).toBe("small");
  expect(bytes()).toBe(5);
});

it("sends an empty blob", async () => {
  const { done, stored } = await upload({}, blobOf(""));
  await done;
  expect((await stored()).length).toBe(0);
});

it("sends a large blob in chunks, the last one with the PUT", async () => {
  const { done, ranges, stored, bytes } = await upload();
  await done;
  expect(ranges).toEqual(["POST", "PATCH 0-3999", "PATCH 4000-7999", "PUT 8000-9999"]);
  expect((await stored()).equals(content)).toBe(true);
  expect(bytes()).toBe(10_000);
});

it("goes on where the registry says the upload is, after a broken connection", async () => {
  let broken = false;
  const { done, ranges, stored, bytes } = await upload({
    async intercept(request, response, next) {
      if (broken || !request.headers["content-range"]?.startsWith("4000")) return next(request, response);
      broken = true;
      // The registry takes 1500 bytes of the chunk, then both sides lose the connection.
      await takePart(request, response, next, 1500);
    },
  });
  await done;
  expect(ranges).toEqual([
    "POST",
    "PATCH 0-3999",
    "PATCH 4000-7999",
    "PATCH 4000-5499",
    "GET",
    "PATCH 5500-9499",
    "PUT 9500-9999",
  ]);
  expect((await stored()).equals(content)).toBe(true);
  expect(bytes()).toBe(10_000);
});

it("begins anew where the registry can't say, as ECR can't", async () => {
  let failures = 2;
  const { done, ranges, stored, bytes } = await upload({
    intercept(request, response, next) {
      if (request.method === "GET" && request.url?.includes("/uploads/")) return void response.writeHead(404).end();
      if (!request.headers["content-range"]?.startsWith("4000") || failures-- <= 0) return next(request, response);
      return void response.writeHead(500).end();
    },
  });
  await done;
  const attempt = ["POST", "PATCH 0-3999", "PATCH 4000-7999"];
  expect(ranges).toEqual([...attempt, "GET", ...attempt, "GET", ...attempt, "PUT 8000-9999"]);
  expect((await stored()).equals(content)).toBe(true);
  expect(bytes()).toBe(10_000);
});

it("is not misled by ECR's answers to chunks: 201, and a Range that stays", async () => {
  const { done, ranges, stored } = await upload({
    intercept(request, response, next) {
      if (request.method === "PATCH") {
        const { writeHead } = response;
        response.writeHead = ((_status: number, headers: Record<string, string>) =>
          writeHead.call(response, 201, { ...headers, range: "0-3999" })) as typeof writeHead;
      }
      return next(request, response);
    },
  });
  await done;
  expect(ranges).toEqual(["POST", "PATCH 0-3999", "PATCH 4000-7999", "PUT 8000-9999"]);
  expect((await stored()).equals(content)).toBe(true);
});

it("finds out that an upload was complete though its answer got lost", async () => {
  const { done, ranges } = await upload({
    async intercept(request, response, next) {
      if (request.method !== "PUT") return next(request, response);
      response.writeHead = (() => {
        request.socket.resetAndDestroy();
        return response;
      }) as typeof response.writeHead;
      await next(request, response);
    },
  });
  await done;
  expect(ranges.filter((line) => line.startsWith("PUT"))).toHaveLength(1);
});

it("does not repeat what would be refused again", async () => {
  const { done, ranges } = await upload({
    intercept: (request, response, next) =>
      request.method === "PATCH" ? void response.writeHead(413).end() : next(request, response),
  });
  await expect(done).rejects.toMatchObject({ code: "registry-refused" });
  expect(ranges).toEqual(["POST", "PATCH 0-3999"]);
});

it("gives up after five attempts", async () => {
  const { done, ranges, bytes } = await upload({
    async intercept(request, response, next) {
      if (request.method !== "PATCH") return next(request, response);
      breakAfter(1, request);
      await once(request.socket, "close");
    },
  });
  await expect(done).rejects.toMatchObject({ code: "registry-connection-lost" });
  expect(ranges.filter((line) => line.startsWith("PATCH"))).toHaveLength(5);
  expect(bytes()).toBe(0);
});

/** Hands the registry the first bytes of a request as a chunk of their own, then breaks the client's connection. */
async function takePart(
  request: IncomingMessage,
  response: ServerResponse,
  next: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  count: number,
): Promise<void> {
  const [chunk] = (await once(request, "data")) as [Buffer];
  const first = Number(request.headers["content-range"]?.split("-")[0]);
  const host = request.headers.host ?? "";
  const taken = await fetch(`http://${host}${request.url}`, {
    method: "PATCH",
    headers: { "content-range": `${first}-${first + count - 1}` },
    body: new Uint8Array(chunk.subarray(0, count)),
  });
  if (taken.status !== 202) return next(request, response);
  request.socket.resetAndDestroy();
}
