import type { Region } from "../../region.ts";
import type { Images } from "./images.ts";
import { expiries, type LifecycleImage, parseLifecyclePolicy } from "./lifecycle.ts";
import { registryOf } from "./registry.ts";
import type { StoredRepository } from "./repositories.ts";

const day = 24 * 60 * 60 * 1000;

/**
 * Applies lifecycle policies, and frees the space of layers that no image names, when the region starts and daily:
 * "the affected images are expired within 24 hours".
 */
export function startUpkeep(region: Region): void {
  let cancel = () => {};
  let running = Promise.resolve();
  const run = () => {
    running = keepUp(region).catch((error: Error) => region.log(`ecr: upkeep failed: ${error.stack}`));
    cancel = region.clock.after(day, run);
  };
  run();
  region.onClose(() => {
    cancel();
    return running;
  });
}

/** The images of a repository as lifecycle rules see them. */
export function lifecycleImages(images: Images, name: string): LifecycleImage[] {
  const tags = images.tagsByDigest(name);
  const indexes = images.indexesByDigest(name);
  return images.list(name).map(({ digest, pushedAt }) => ({
    digest,
    pushedAt,
    tags: tags.get(digest) ?? [],
    referenced: indexes.has(digest),
  }));
}

async function keepUp(region: Region): Promise<void> {
  const { repositories, images, blobs } = registryOf(region);
  const all = repositories.list();
  for (const repository of all) applyLifecyclePolicy(region, repository);
  const yesterday = new Date(region.clock.now() - day);
  for (const { name } of all) await blobs.prune(name, images.blobsInUse(name), yesterday);
}

function applyLifecyclePolicy(region: Region, repository: StoredRepository): void {
  const { name, lifecyclePolicy } = repository;
  if (lifecyclePolicy === undefined) return;
  const { repositories, images } = registryOf(region);
  const now = region.clock.now();
  const expired = expiries(parseLifecyclePolicy(lifecyclePolicy), lifecycleImages(images, name), now);
  region.store.transaction(() => {
    for (const { image } of expired) images.remove(name, image.digest);
    repositories.put({ ...repository, lifecycleEvaluatedAt: new Date(now) });
  });
  if (expired.length > 0) region.log(`ecr: the lifecycle policy of ${name} expired ${expired.length} images`);
}
