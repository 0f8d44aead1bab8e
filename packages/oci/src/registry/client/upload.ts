import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { OciError } from "../../errors.ts";
import type { Blob } from "../../image.ts";
import type { RegistryConnection } from "./connection.ts";
import { blobExists } from "./download.ts";
import { isTemporary } from "./problem.ts";
import { repetitions } from "./retry.ts";
import { discard } from "./transport.ts";

/** One blob on its way to one repository. */
export interface BlobUpload {
  connection: RegistryConnection;
  repository: string;
  blob: Blob;
  /** A larger blob is sent in chunks of this size. */
  chunkBytes: number;
  /** Called as bytes go out; what has to be sent again is taken back with a negative number. */
  onBytes(bytes: number): void;
}

/** How far the registry is with it. */
interface Session {
  location: string;
  /** Bytes the registry has. */
  offset: number;
  /** Whether `offset` is what the registry answered after a failure. */
  resumed: boolean;
}

/** Begins an upload and returns where to send it; undefined when the registry mounted the blob from `mountFrom` instead. */
export async function startUpload(
  connection: RegistryConnection,
  repository: string,
  digest: string,
  mountFrom?: string,
): Promise<string | undefined> {
  const mount = mountFrom === undefined ? "" : `?${new URLSearchParams({ mount: digest, from: mountFrom })}`;
  const response = await connection.request({
    method: "POST",
    path: `/v2/${repository}/blobs/uploads/${mount}`,
    repository,
    access: "push",
    mountFrom,
    doing: `${mountFrom === undefined ? "send" : "mount"} blob ${digest} to ${repository}`,
  });
  discard(response);
  if (response.statusCode === 201) return undefined;
  const { location } = response.headers;
  if (location !== undefined) return location;
  throw new OciError(
    "registry-refused",
    `Could not send blob ${digest} to ${repository}: registry ${connection.registry} did not say where to (no Location).`,
    { fix: `Check that ${connection.registry} is an OCI registry, and what stands between it and here.` },
  );
}

/**
 * Sends a blob to the upload begun at `location`. After a broken connection or a temporary failure it asks the registry
 * how much has arrived and goes on from there, or begins anew where the registry can't tell (ECR).
 */
export async function uploadBlob(upload: BlobUpload, location: string): Promise<void> {
  const { connection, repository, blob } = upload;
  let session: Session = { location, offset: 0, resumed: false };
  for (let failures = 0; ; ) {
    const before = session.offset;
    try {
      await sendRest(upload, session);
      return;
    } catch (error) {
      failures = session.offset > before ? 1 : failures + 1;
      if (failures > repetitions || !mayContinue(error, session)) throw error;
      await connection.pause(failures, undefined);
      if (await blobExists(connection, repository, blob.digest)) return;
      const reached = session.offset;
      session = (await resume(upload, session)) ?? (await restart(upload));
      upload.onBytes(session.offset - reached);
    }
  }
}

async function sendRest(upload: BlobUpload, session: Session): Promise<void> {
  const { blob, chunkBytes } = upload;
  while (blob.size - session.offset > chunkBytes) {
    const { headers } = await sendPart(upload, session, chunkBytes, "PATCH");
    // ECR answers 201 instead of 202, and a Range that stays at the first chunk although every chunk arrived
    // (https://github.com/aws/containers-roadmap/issues/2831). A 2xx means the whole chunk, so Range isn't needed here.
    session.location = headers.location ?? session.location;
    session.offset += chunkBytes;
  }
  // The last part goes with the PUT that completes the upload: one request less, and ECR takes no empty PUT.
  await sendPart(upload, session, blob.size - session.offset, "PUT");
}

async function sendPart(
  { connection, repository, blob, onBytes }: BlobUpload,
  { location, offset }: Session,
  length: number,
  method: "PATCH" | "PUT",
): Promise<IncomingMessage> {
  const completing = `${location.includes("?") ? "&" : "?"}digest=${encodeURIComponent(blob.digest)}`;
  const isPart = length > 0 && length < blob.size;
  let sent = 0;
  const count = (bytes: number) => {
    sent += bytes;
    onBytes(bytes);
  };
  try {
    const response = await connection.request({
      method,
      path: method === "PUT" ? `${location}${completing}` : location,
      repository,
      access: "push",
      headers: {
        "content-type": "application/octet-stream",
        ...(isPart ? { "content-range": `${offset}-${offset + length - 1}` } : {}),
      },
      body: {
        length,
        open: () => {
          // Opened once more when a login was refused in between.
          count(-sent);
          return Readable.from(part(blob, offset, length, count), { objectMode: false });
        },
      },
      repeat: false,
      doing: `send blob ${blob.digest} to ${repository}`,
    });
    discard(response);
    return response;
  } catch (error) {
    count(-sent);
    throw error;
  }
}

/** Asks how much of the upload has arrived; undefined when it has to begin anew. */
async function resume(
  { connection, repository, blob }: BlobUpload,
  { location }: Session,
): Promise<Session | undefined> {
  const response = await connection.request({
    method: "GET",
    path: location,
    repository,
    access: "push",
    // Public ECR has no status of uploads and answers 404.
    accept: [400, 404, 405],
    doing: `ask how much of blob ${blob.digest} has arrived in ${repository}`,
  });
  discard(response);
  const last = /^(?:bytes=)?0-([0-9]+)$/.exec(response.headers.range ?? "")?.[1];
  if (response.statusCode !== 204 || last === undefined) return undefined;
  // Range is inclusive and has no way to say "nothing": 0-0 is what registries answer then.
  const offset = last === "0" ? 0 : Number(last) + 1;
  if (offset > blob.size) return undefined;
  return { location: response.headers.location ?? location, offset, resumed: offset > 0 };
}

async function restart({ connection, repository, blob }: BlobUpload): Promise<Session> {
  const location = await startUpload(connection, repository, blob.digest);
  if (location !== undefined) return { location, offset: 0, resumed: false };
  throw new OciError("registry-refused", `Registry ${connection.registry} completed an upload nobody sent.`, {
    fix: `Check that ${connection.registry} is an OCI registry.`,
  });
}

/** A chunk out of order (416), a lost upload (404) or a wrong digest may come of having resumed; otherwise they are final. */
function mayContinue(error: unknown, session: Session): boolean {
  if (isTemporary(error)) return true;
  return session.resumed && error instanceof OciError && /^registry-(refused|not-found)$/.test(error.code);
}

/** `length` bytes of the blob from `offset`. A source that has become shorter is found here, not by a hanging registry. */
async function* part(
  blob: Blob,
  offset: number,
  length: number,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  if (length === 0) return;
  let position = 0;
  const end = offset + length;
  for await (const chunk of (await blob.open()) as AsyncIterable<Uint8Array>) {
    const wanted = chunk.subarray(Math.max(0, offset - position), Math.max(0, end - position));
    position += chunk.length;
    if (wanted.length > 0) {
      count(wanted.length);
      yield wanted;
    }
    if (position >= end) return;
  }
  throw new OciError(
    "blob-changed",
    `Blob ${blob.digest} ended after ${position} of ${blob.size} bytes while it was being sent.`,
    { fix: "Its source changed on disk: build the image again." },
  );
}
