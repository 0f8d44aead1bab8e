import { isDigest } from "../digest.ts";
import { isRepositoryName } from "../reference.ts";
import { answer, bodyOf, type Exchange } from "./exchange.ts";
import { digestInvalid, RegistryError, sizeInvalid, uploadUnknown } from "./registry-error.ts";

/** POST: begins an upload; with `digest` it carries the whole blob, with `mount` it takes one from another repository. */
export async function startUploadRoute(exchange: Exchange): Promise<void> {
  const { request, response, repository, query, storage } = exchange;
  const mount = query.get("mount");
  if (mount !== null && (await mounted(exchange, mount))) return blobCreated(exchange, mount);

  const digest = query.get("digest");
  if (digest !== null) checkDigest(digest);
  const upload = await storage.blobs.startUpload(repository);
  // A mount that could not be done continues as an ordinary upload, says the spec.
  if (digest === null) return answer(response, 202, uploadHeaders(exchange, upload, 0));
  await storage.blobs.append(repository, upload, bodyOf(request));
  await storage.blobs.finishUpload(repository, upload, digest);
  blobCreated(exchange, digest);
}

/** PATCH: adds a chunk. Without Content-Range, as Docker sends it, it goes to the end of what is there. */
export async function appendUploadRoute(exchange: Exchange, upload: string): Promise<void> {
  const bytes = await append(exchange, upload);
  answer(exchange.response, 202, uploadHeaders(exchange, upload, bytes));
}

/** PUT: adds the last chunk, if there is one, and makes the upload a blob. */
export async function finishUploadRoute(exchange: Exchange, upload: string): Promise<void> {
  const { repository, query, storage } = exchange;
  const digest = query.get("digest") ?? "";
  checkDigest(digest);
  await append(exchange, upload);
  await storage.blobs.finishUpload(repository, upload, digest);
  blobCreated(exchange, digest);
}

/** GET: how much of an upload has arrived. */
export async function uploadStatusRoute(exchange: Exchange, upload: string): Promise<void> {
  answer(exchange.response, 204, uploadHeaders(exchange, upload, await receivedBytes(exchange, upload)));
}

/** DELETE: gives an upload up. */
export async function cancelUploadRoute({ response, repository, storage }: Exchange, upload: string): Promise<void> {
  if (!(await storage.blobs.cancelUpload(repository, upload))) throw uploadUnknown(upload);
  answer(response, 204);
}

async function mounted({ query, repository, storage, mayPull }: Exchange, digest: string): Promise<boolean> {
  checkDigest(digest);
  const from = query.get("from");
  if (from === null || !isRepositoryName(from) || !(await mayPull(from))) return false;
  return storage.blobs.mount(digest, from, repository);
}

async function append(exchange: Exchange, upload: string): Promise<number> {
  const { request, repository, storage } = exchange;
  checkContentRange(exchange, upload, await receivedBytes(exchange, upload));
  return storage.blobs.append(repository, upload, bodyOf(request));
}

async function receivedBytes({ repository, storage }: Exchange, upload: string): Promise<number> {
  const bytes = await storage.blobs.uploadedBytes(repository, upload);
  if (bytes === undefined) throw uploadUnknown(upload);
  return bytes;
}

/** "Chunks MUST be uploaded in order … If a chunk is uploaded out of order, the registry MUST respond with a 416." */
function checkContentRange(exchange: Exchange, upload: string, received: number): void {
  const { "content-range": range, "content-length": length } = exchange.request.headers;
  if (range === undefined) return;
  const [, first, last] = /^([0-9]+)-([0-9]+)$/.exec(range) ?? [];
  if (first === undefined || last === undefined || Number(first) !== received)
    throw new RegistryError(416, "RANGE_INVALID", `chunk ${range} does not follow the ${received} bytes received`, {
      headers: uploadHeaders(exchange, upload, received),
    });
  const bytes = Number(last) - Number(first) + 1;
  if (length !== undefined && Number(length) !== bytes)
    throw sizeInvalid(`Content-Range ${range} has ${bytes} bytes, Content-Length says ${length}`);
}

function uploadHeaders({ repository }: Exchange, upload: string, bytes: number): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${upload}`,
    // Inclusive, so it cannot express "nothing yet"; registries say 0-0 then.
    range: `0-${Math.max(0, bytes - 1)}`,
    "docker-upload-uuid": upload,
  };
}

function blobCreated({ response, repository }: Exchange, digest: string): void {
  answer(response, 201, {
    location: `/v2/${repository}/blobs/${digest}`,
    "docker-content-digest": digest,
  });
}

function checkDigest(digest: string): void {
  if (!isDigest(digest)) throw digestInvalid(`'${digest}' is not a sha256 digest`);
}
