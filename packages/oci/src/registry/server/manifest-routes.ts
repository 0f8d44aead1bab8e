import { isDigest } from "../digest.ts";
import { isTagName } from "../reference.ts";
import { answer, type Exchange, readBody } from "./exchange.ts";
import { digestInvalid, manifestUnknown, tagInvalid } from "./registry-error.ts";
import type { StoredManifest } from "./storage.ts";
import { storeManifest } from "./store-manifest.ts";

/** "Registries SHOULD … accept at least 4 megabytes": more is refused, as it has to be held in memory. */
const largestManifest = 4 * 1024 * 1024;

/** GET and HEAD: by tag or digest. */
export async function readManifestRoute(exchange: Exchange, reference: string): Promise<void> {
  const { request, response } = exchange;
  const manifest = await findManifest(exchange, reference);
  response.writeHead(200, {
    "content-type": manifest.mediaType,
    "content-length": manifest.bytes.length,
    "docker-content-digest": manifest.digest,
    etag: `"${manifest.digest}"`,
  });
  response.end(request.method === "HEAD" ? undefined : manifest.bytes);
}

/** PUT: under a tag, or under its digest alone. */
export async function putManifestRoute(exchange: Exchange, reference: string): Promise<void> {
  const { request, response, repository, storage, hooks } = exchange;
  const byDigest = isDigest(reference);
  const { digest } = await storeManifest(storage, hooks, {
    repository,
    bytes: await readBody(request, largestManifest),
    contentType: request.headers["content-type"],
    tag: byDigest ? undefined : checkedTag(reference),
    digest: byDigest ? reference : undefined,
  });
  answer(response, 201, {
    location: `/v2/${repository}/manifests/${digest}`,
    "docker-content-digest": digest,
  });
}

/** DELETE: a tag goes alone; a digest takes its manifest and every tag that names it. */
export async function deleteManifestRoute(exchange: Exchange, reference: string): Promise<void> {
  const { response, repository, storage, hooks } = exchange;
  const byDigest = isDigest(reference);
  const deleted = byDigest
    ? await storage.manifests.delete(repository, reference)
    : await storage.manifests.deleteTag(repository, checkedTag(reference));
  if (!deleted) throw manifestUnknown(repository, reference);
  await hooks.onDelete?.(repository, byDigest ? { digest: reference } : { tag: reference });
  answer(response, 202);
}

async function findManifest({ repository, storage }: Exchange, reference: string): Promise<StoredManifest> {
  const digest = isDigest(reference) ? reference : await storage.manifests.resolve(repository, checkedTag(reference));
  const manifest = digest === undefined ? undefined : await storage.manifests.get(repository, digest);
  if (manifest === undefined) throw manifestUnknown(repository, reference);
  return manifest;
}

function checkedTag(reference: string): string {
  if (reference.includes(":")) throw digestInvalid(`'${reference}' is not a sha256 digest`);
  if (!isTagName(reference)) throw tagInvalid(`'${reference}' cannot be a tag`);
  return reference;
}
