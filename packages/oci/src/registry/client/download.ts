import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { OciError } from "../../errors.ts";
import type { Descriptor } from "../../image.ts";
import type { RegistryConnection } from "./connection.ts";
import { connectionProblem } from "./problem.ts";
import { isBrokenConnection, repetitions } from "./retry.ts";
import { discard } from "./transport.ts";

/** Whether the repository has the blob. */
export async function blobExists(connection: RegistryConnection, repository: string, digest: string): Promise<boolean> {
  const response = await connection.request({
    method: "HEAD",
    path: `/v2/${repository}/blobs/${digest}`,
    repository,
    access: "pull",
    accept: [404],
    doing: `look for blob ${digest} in ${repository}`,
  });
  discard(response);
  return response.statusCode === 200;
}

/**
 * Streams a blob. The stream fails before it ends when digest or size are not the descriptor's, so what was read must
 * not be used until it has ended. A connection that breaks is taken up again where it broke.
 */
export function downloadBlob(connection: RegistryConnection, repository: string, descriptor: Descriptor): Readable {
  return Readable.from(verifiedContent(connection, repository, descriptor), { objectMode: false });
}

async function* verifiedContent(
  connection: RegistryConnection,
  repository: string,
  { digest, size }: Descriptor,
): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  const doing = `read blob ${digest} of ${repository}`;
  let received = 0;
  let broken = 0;
  do {
    const response = await request(connection, repository, digest, received, doing);
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        received += chunk.length;
        if (received > size) break;
        hash.update(chunk);
        yield chunk;
      }
      break;
    } catch (error) {
      broken++;
      if (!isBrokenConnection(error) || broken > repetitions)
        throw connectionProblem(error, { doing, registry: connection.registry });
      await connection.pause(broken, undefined);
    }
  } while (received < size);
  const actual = `sha256:${hash.digest("hex")}`;
  if (received === size && actual === digest) return;
  const why =
    received === size
      ? `its digest is ${actual}`
      : `it has ${received > size ? "more than" : `${received} of`} ${size} bytes`;
  throw new OciError(
    "registry-content-mismatch",
    `Could not ${doing}: what registry ${connection.registry} sent is not that blob, ${why}.`,
    { fix: "Nothing of it was used. Pull again; if it stays so, push the image anew." },
  );
}

async function request(
  connection: RegistryConnection,
  repository: string,
  digest: string,
  from: number,
  doing: string,
): Promise<IncomingMessage> {
  const response = await connection.request({
    method: "GET",
    path: `/v2/${repository}/blobs/${digest}`,
    repository,
    access: "pull",
    headers: from === 0 ? {} : { range: `bytes=${from}-` },
    doing,
  });
  if (from === 0 || response.statusCode === 206) return response;
  response.destroy();
  throw new OciError(
    "registry-connection-lost",
    `Could not ${doing}: the connection to registry ${connection.registry} broke after ${from} bytes, and it does not continue a download.`,
    { fix: "Check the network and pull again." },
  );
}
