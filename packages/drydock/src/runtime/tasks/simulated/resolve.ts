import { createHash } from "node:crypto";
import { parseReference, type RegistryStorage } from "@fardel/oci";
import type { Region } from "../../../region.ts";
import { isOwn } from "../process/pull.ts";

/**
 * Digests of images that nobody will run. One of the region's own registry has to be there; one from elsewhere is taken
 * to be there, with its digest, or with one that is made from its name.
 */
export function createResolve(region: Region, { manifests }: RegistryStorage): (reference: string) => Promise<string> {
  const known = new Set<string>();
  return async (text) => {
    const reference = parseReference(text);
    const { repository, tag, digest } = reference;
    if (!isOwn(region, reference)) return digest ?? `sha256:${createHash("sha256").update(text).digest("hex")}`;
    const wanted = digest ?? (tag && (await manifests.resolve(repository, tag)));
    const found = wanted && (known.has(`${repository}@${wanted}`) || (await manifests.get(repository, wanted)));
    if (!wanted || !found) throw new Error(`${text}: not found`);
    known.add(`${repository}@${wanted}`);
    return wanted;
  };
}
