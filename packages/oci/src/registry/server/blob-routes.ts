import { pipeline } from "node:stream/promises";
import { answer, type Exchange } from "./exchange.ts";
import { blobUnknown, RegistryError } from "./registry-error.ts";
import type { ByteRange } from "./storage.ts";

/** GET and HEAD, whole or one Range. */
export async function readBlobRoute(exchange: Exchange, digest: string): Promise<void> {
  const { request, response, repository, storage } = exchange;
  const size = await storage.blobs.size(repository, digest);
  if (size === undefined) throw blobUnknown(repository, digest);
  const headers = {
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    etag: `"${digest}"`,
    "accept-ranges": "bytes",
  };
  const range = requestedRange(request.headers.range, size);
  const length = range === undefined ? size : range.end - range.start + 1;
  if (range === undefined) response.writeHead(200, { ...headers, "content-length": length });
  else
    response.writeHead(206, {
      ...headers,
      "content-length": length,
      "content-range": `bytes ${range.start}-${range.end}/${size}`,
    });
  if (request.method === "HEAD" || length === 0) response.end();
  else await pipeline(storage.blobs.open(digest, range), response);
}

/** DELETE: the blob leaves this repository; others that have it keep it. */
export async function deleteBlobRoute({ response, repository, storage }: Exchange, digest: string): Promise<void> {
  if (!(await storage.blobs.unlink(repository, digest))) throw blobUnknown(repository, digest);
  answer(response, 202);
}

/**
 * The one range of a Range header; undefined for none, or for several, which a server may answer with the whole
 * (RFC 9110, 14.2). Throws 416 when it lies outside the blob.
 */
function requestedRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first = "", last = ""] = /^bytes=([0-9]*)-([0-9]*)$/.exec(header?.trim() ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end)
    throw new RegistryError(416, "RANGE_INVALID", `range ${header} lies outside the blob's ${size} bytes`, {
      headers: { "content-range": `bytes */${size}` },
    });
  return { start, end };
}
