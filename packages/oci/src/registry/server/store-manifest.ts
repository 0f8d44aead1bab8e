import { digestOf } from "../digest.ts";
import type { ManifestPush, RegistryHooks } from "./exchange.ts";
import { readManifest } from "./manifest-content.ts";
import { digestInvalid, manifestBlobUnknown } from "./registry-error.ts";
import type { RegistryStorage } from "./storage.ts";

/** A manifest on its way in: by tag, by digest, or both. */
export interface ReceivedManifest {
  repository: string;
  bytes: Buffer;
  /** What the sender says it is; has to agree with the document. */
  contentType: string | undefined;
  tag: string | undefined;
  /** What the sender says its digest is. */
  digest: string | undefined;
}

/**
 * Stores a manifest whose every reference is already in its repository; how a PUT does it, and any other way in.
 *
 * @throws RegistryError DIGEST_INVALID, MANIFEST_INVALID, MANIFEST_BLOB_UNKNOWN, or what a hook refuses with.
 */
export async function storeManifest(
  storage: RegistryStorage,
  hooks: RegistryHooks,
  { repository, bytes, contentType, tag, digest: stated }: ReceivedManifest,
): Promise<ManifestPush> {
  const digest = digestOf(bytes);
  if (stated !== undefined && stated !== digest)
    throw digestInvalid(`the manifest has digest ${digest}, not ${stated}`);
  const { mediaType, blobs, manifests } = readManifest(bytes, contentType);
  const missing: string[] = [];
  for (const blob of new Set(blobs)) if ((await storage.blobs.size(repository, blob)) === undefined) missing.push(blob);
  for (const manifest of new Set(manifests))
    if ((await storage.manifests.get(repository, manifest)) === undefined) missing.push(manifest);
  if (missing.length > 0) throw manifestBlobUnknown(repository, missing);

  const push = { digest, mediaType, tag, bytes };
  await hooks.beforeManifest?.(repository, push);
  await storage.manifests.put(repository, { digest, mediaType, bytes }, tag);
  await hooks.onManifest?.(repository, push);
  return push;
}
