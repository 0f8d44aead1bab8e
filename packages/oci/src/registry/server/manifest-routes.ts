import { digestOf, isDigest } from "../digest.ts";
import { isTagName } from "../reference.ts";
import { answer, type Exchange, readBody } from "./exchange.ts";
import { readManifest } from "./manifest-content.ts";
import { digestInvalid, manifestBlobUnknown, manifestUnknown, tagInvalid } from "./registry-error.ts";
import type { StoredManifest } from "./storage.ts";

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

/** PUT: stores a manifest whose every reference is already here, under its digest and, if given, a tag. */
export async function putManifestRoute(exchange: Exchange, reference: string): Promise<void> {
  const { request, response, repository, storage, hooks } = exchange;
  const tag = isDigest(reference) ? undefined : checkedTag(reference);
  const bytes = await readBody(request, largestManifest);
  const digest = digestOf(bytes);
  if (tag === undefined && digest !== reference)
    throw digestInvalid(`the manifest has digest ${digest}, not ${reference}`);
  const { mediaType, ...references } = readManifest(bytes, request.headers["content-type"]);
  await requireReferences(exchange, references);

  const push = { digest, mediaType, tag, bytes };
  await hooks.beforeManifest?.(repository, push);
  await storage.manifests.put(repository, { digest, mediaType, bytes }, tag);
  await hooks.onManifest?.(repository, push);
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

async function requireReferences(
  { repository, storage }: Exchange,
  references: { blobs: string[]; manifests: string[] },
): Promise<void> {
  const missing: string[] = [];
  for (const digest of new Set(references.blobs))
    if ((await storage.blobs.size(repository, digest)) === undefined) missing.push(digest);
  for (const digest of new Set(references.manifests))
    if ((await storage.manifests.get(repository, digest)) === undefined) missing.push(digest);
  if (missing.length > 0) throw manifestBlobUnknown(repository, missing);
}

function checkedTag(reference: string): string {
  if (reference.includes(":")) throw digestInvalid(`'${reference}' is not a sha256 digest`);
  if (!isTagName(reference)) throw tagInvalid(`'${reference}' cannot be a tag`);
  return reference;
}
