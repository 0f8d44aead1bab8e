import { type BuiltImage, createRegistryClient } from "@fardel/oci";
import { inParallel } from "@fardel/oci/registry/client/in-parallel.ts";
import type { App } from "../config/app.ts";
import { nearest } from "../config/nearest.ts";
import { whereWritten } from "../config/where-written.ts";
import { FardelError } from "../errors.ts";
import { buildImage } from "./build-image.ts";
import { type NeededBuild, neededImages } from "./needed-images.ts";
import { buildAndPush, builtAtOnce, type PublishOptions } from "./publish-images.ts";
import { putTags } from "./put-tags.ts";
import { registryCredentials } from "./registry-access.ts";
import { explained, type PublishedImage, repositoryOf } from "./resolve-images.ts";
import { type BuiltFrom, imageTags } from "./tags.ts";

export interface BuildImagesOptions extends Omit<PublishOptions, "workloads" | "release"> {
  /** Names in the manifest's `images`; all of them unless given. */
  images?: readonly string[];
}

/**
 * Builds images of the manifest, and pushes none.
 *
 * @returns by name.
 * @throws FardelError `IMAGE_UNKNOWN` (exit code 2), `IMAGE_…` when one can't be built.
 */
export async function buildImages(app: App, options: BuildImagesOptions): Promise<Map<string, BuiltImage>> {
  return forEachImage(app, options, (needed, outside) => buildImage(app, needed, outside));
}

export interface PushImagesOptions extends BuildImagesOptions {
  builtFrom: BuiltFrom;
  /** Further tags, which move to the image wherever they were. */
  tags: readonly string[];
}

export interface PushedImage extends PublishedImage {
  /** All that were asked for and name it now. */
  tags: string[];
}

/**
 * Builds and pushes images outside a release. They get those tags of `release.tags` that name one content for good, such
 * as the commit's, and `tags`; tags that say what serves are a release's to move.
 *
 * @returns by name.
 * @throws as `buildImages`, and where pushing fails.
 */
export async function pushImages(app: App, options: PushImagesOptions): Promise<Map<string, PushedImage>> {
  const { builtFrom, aws, repositories, emit } = options;
  const names = new Set([...Object.keys(app.services), ...Object.keys(app.tasks)]);
  return forEachImage(app, options, async (needed, outside) => {
    const { name } = needed.build;
    repositoryOf(app, name, await repositories);
    const image = await buildAndPush(outside.registries, app, needed, { ...options, release: undefined });
    const fixed = imageTags(app, name, names, builtFrom, undefined).filter(({ movable }) => !movable);
    const wanted = [...options.tags.map((tag) => ({ tag, movable: true })), ...fixed];
    const { put, kept } = await putTags(aws.ecr, image.repository, image.digest, wanted);
    if (put.length > 0) emit({ type: "image.tagged", image: name, digest: image.digest, tags: put });
    return { ...image, tags: wanted.map(({ tag }) => tag).filter((tag) => !kept.includes(tag)) };
  });
}

/** By name, in the order they were asked for, whichever is done first. */
async function forEachImage<T>(
  app: App,
  options: BuildImagesOptions,
  work: (needed: NeededBuild, outside: Parameters<typeof buildImage>[2]) => Promise<T>,
): Promise<Map<string, T>> {
  const needed = chosenBuilds(app, options.images);
  const done = new Map<string, T>();
  const registries = createRegistryClient({
    credentials: registryCredentials(options.aws, async () => Object.values(await options.repositories)),
  });
  try {
    await inParallel(needed, builtAtOnce, async (each) => {
      const { name } = each.build;
      const result = work(each, { ...options, registries, release: undefined });
      done.set(name, await explained(result, whereWritten(app, `images.${name}`)));
    });
  } finally {
    registries.close();
  }
  const order = needed.map(({ build }) => build.name);
  return new Map([...done].toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b)));
}

function chosenBuilds(app: App, names: readonly string[] = Object.keys(app.images)): NeededBuild[] {
  const { builds } = neededImages(app);
  return names.map((name) => {
    const { [name]: build } = app.images;
    if (build === undefined) throw unknownImage(app, name);
    return builds.find((needed) => needed.build === build) ?? { build, commandRequired: false };
  });
}

function unknownImage(app: App, name: string): FardelError {
  const all = Object.keys(app.images);
  const meant = nearest(name, all);
  const question = meant === undefined ? "." : `; did you mean ${meant}?`;
  return new FardelError("IMAGE_UNKNOWN", `${app.name} has no image ${name}${question}`, {
    where: whereWritten(app, "images"),
    ...(all.length > 0 && { fix: `There is ${all.join(", ")}.` }),
    exitCode: 2,
  });
}
