import { createRegistryClient, type Image, parseReference, type RegistryClient } from "@fardel/oci";
import { biggestParts, type LayerPart } from "@fardel/oci/layers/layer-parts.ts";
import { readImageConfig } from "@fardel/oci/layers/read-config.ts";
import type { App } from "../config/app.ts";
import type { ReleaseRecord } from "../release/records/record.ts";
import { type BuildImagesOptions, buildImages } from "./build-images.ts";
import { registryCredentials } from "./registry-access.ts";

export interface MeasuredLayer {
  digest: string;
  /** Compressed, as it is stored and pulled. */
  sizeBytes: number;
  /** The step that made it, where the image says so. */
  createdBy?: string;
  /** Whether the serving release's image has it too: then tasks that start where that ran need not pull it. */
  serves: boolean;
}

export interface MeasuredImage {
  image: string;
  digest: string;
  /** Compressed: all that a registry stores of it. */
  sizeBytes: number;
  /** The lowest first. */
  layers: MeasuredLayer[];
  /** Of the layers that were built here, uncompressed. */
  biggest: LayerPart[];
  /** What the serving release runs. */
  serving?: { release: number; digest: string; sizeBytes: number };
}

const partsTold = 10;

/** Builds images of the manifest and measures them beside those of the release that serves. Throws as `buildImages`. */
export async function measureImages(
  app: App,
  serving: ReleaseRecord | undefined,
  options: BuildImagesOptions,
): Promise<MeasuredImage[]> {
  const built = await buildImages(app, options);
  const registries = createRegistryClient({
    credentials: registryCredentials(options.aws, async () => Object.values(await options.repositories)),
  });
  try {
    return await Promise.all(
      [...built].map(async ([name, image]) => {
        const reference = serving?.images[name];
        const before = reference === undefined ? undefined : await manifestOf(registries, app, name, reference);
        return {
          ...(await measure(name, image, before)),
          ...(before && serving && { serving: { release: serving.number, ...before.total } }),
        };
      }),
    );
  } finally {
    registries.close();
  }
}

interface ServedImage {
  layers: ReadonlySet<string>;
  total: { digest: string; sizeBytes: number };
}

/** Undefined when the registry doesn't have it any more. */
async function manifestOf(
  registries: RegistryClient,
  app: App,
  name: string,
  reference: string,
): Promise<ServedImage | undefined> {
  const platform = app.images[name]?.platform;
  if (platform === undefined || (await registries.resolve(reference)) === undefined) return undefined;
  const image = await registries.pull(reference, platform);
  const digest = parseReference(reference).digest ?? image.manifest.digest;
  return { layers: new Set(image.layers.map((layer) => layer.digest)), total: { digest, sizeBytes: sizeOf(image) } };
}

async function measure(name: string, image: Image, before: ServedImage | undefined): Promise<MeasuredImage> {
  const { history = [] } = await readImageConfig(image);
  const steps = history.filter(({ empty_layer }) => empty_layer !== true);
  return {
    image: name,
    digest: image.manifest.digest,
    sizeBytes: sizeOf(image),
    layers: image.layers.map(({ digest, size }, at) => {
      const createdBy = steps[at]?.created_by;
      return { digest, sizeBytes: size, serves: before?.layers.has(digest) === true, ...(createdBy && { createdBy }) };
    }),
    biggest: await biggestParts(
      // A base's layers are in its registry, and reading them would mean downloading them.
      image.layers.filter(({ origin }) => origin === undefined),
      partsTold,
    ),
  };
}

function sizeOf({ manifest, config, layers }: Image): number {
  return [manifest, config, ...layers].reduce((sum, { size }) => sum + size, 0);
}
