import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { OciError } from "../../errors.ts";
import { type Descriptor, mediaTypes } from "../../image.ts";
import { digestOf, isDigest } from "../digest.ts";
import type { RegistryConnection } from "./connection.ts";
import { connectionProblem } from "./problem.ts";
import { discard, readResponse } from "./transport.ts";

const accepted = [mediaTypes.manifest, mediaTypes.index, mediaTypes.dockerManifest, mediaTypes.dockerIndex].join(", ");
/** Registries accept 4 MB at least; a manifest is held in memory. */
const largestManifest = 8 * 1024 * 1024;

/** A manifest or index as the registry has it. */
export interface FetchedManifest {
  mediaType: string;
  digest: string;
  bytes: Buffer;
}

/** Asks what a tag or digest names, without reading it; undefined when there is no such manifest or repository. */
export async function findManifest(
  connection: RegistryConnection,
  repository: string,
  reference: string,
): Promise<Descriptor | undefined> {
  const request = manifestRequest(repository, reference, "look for");
  const response = await connection.request({ ...request, method: "HEAD", accept: [404] });
  discard(response);
  if (response.statusCode === 404) return undefined;
  const digest = response.headers["docker-content-digest"];
  const size = Number(response.headers["content-length"]);
  // Both headers are optional in the spec; the manifest itself then tells.
  if (typeof digest !== "string" || !isDigest(digest) || !Number.isSafeInteger(size)) {
    const { bytes, ...found } = await fetchManifest(connection, repository, reference);
    return { ...found, size: bytes.length };
  }
  return { mediaType: mediaTypeOf(response), digest, size };
}

/**
 * Reads a manifest and verifies it: against the digest asked for, or the one the registry states.
 *
 * @throws OciError `registry-content-mismatch`
 */
export async function fetchManifest(
  connection: RegistryConnection,
  repository: string,
  reference: string,
): Promise<FetchedManifest> {
  const request = manifestRequest(repository, reference, "read");
  const response = await connection.request({ ...request, method: "GET" });
  const bytes = await readResponse(response, largestManifest).catch((error: unknown) => {
    throw connectionProblem(error, { doing: request.doing, registry: connection.registry });
  });
  const digest = digestOf(bytes);
  const stated = response.headers["docker-content-digest"];
  const expected = isDigest(reference) ? reference : (stated ?? digest);
  if (digest !== expected)
    throw new OciError(
      "registry-content-mismatch",
      `Could not ${request.doing}: registry ${connection.registry} sent content with digest ${digest}, not ${expected}.`,
      { fix: "Nothing of it was used. Try again; if it stays so, push the image anew." },
    );
  return { mediaType: mediaTypeOf(response), digest, bytes };
}

/** Stores a manifest under a tag or its digest. */
export async function putManifest(
  connection: RegistryConnection,
  repository: string,
  reference: string,
  { mediaType, bytes }: { mediaType: string; bytes: Buffer },
): Promise<void> {
  const response = await connection.request({
    ...manifestRequest(repository, reference, "store"),
    method: "PUT",
    access: "push",
    headers: { "content-type": mediaType },
    body: { length: bytes.length, open: () => Readable.from([bytes]) },
  });
  discard(response);
}

function manifestRequest(repository: string, reference: string, verb: string) {
  return {
    path: `/v2/${repository}/manifests/${reference}`,
    repository,
    access: "pull" as const,
    headers: { accept: accepted },
    doing: `${verb} manifest ${repository}${isDigest(reference) ? "@" : ":"}${reference}`,
  };
}

function mediaTypeOf(response: IncomingMessage): string {
  return response.headers["content-type"]?.split(";")[0]?.trim() ?? mediaTypes.manifest;
}
