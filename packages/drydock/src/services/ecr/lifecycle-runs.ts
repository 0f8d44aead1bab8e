import type { Region } from "../../region.ts";
import type { Images } from "./images.ts";
import { expiries, type LifecycleImage, parseLifecyclePolicy } from "./lifecycle.ts";
import { registryOf } from "./registry.ts";

/** "The affected images are expired within 24 hours": policies are applied when the region starts, and daily. */
const interval = 24 * 60 * 60 * 1000;

/** Applies every repository's lifecycle policy now and from now on. */
export function startLifecycleRuns(region: Region): void {
  let cancel = () => {};
  const run = () => {
    applyLifecyclePolicies(region);
    cancel = region.clock.after(interval, run);
  };
  run();
  region.onClose(() => cancel());
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

function applyLifecyclePolicies(region: Region): void {
  const { repositories, images } = registryOf(region);
  for (const repository of repositories.list()) {
    if (repository.lifecyclePolicy === undefined) continue;
    const now = region.clock.now();
    const expired = expiries(
      parseLifecyclePolicy(repository.lifecyclePolicy),
      lifecycleImages(images, repository.name),
      now,
    );
    region.store.transaction(() => {
      for (const { image } of expired) images.remove(repository.name, image.digest);
      repositories.put({ ...repository, lifecycleEvaluatedAt: new Date(now) });
    });
    if (expired.length > 0)
      region.log(`ecr: the lifecycle policy of ${repository.name} expired ${expired.length} images`);
  }
}
