import { type BuiltImage, buildDockerImage, buildNodeImage, type RegistryClient } from "@fardel/oci";
import type { App, ImageBuild } from "../config/app.ts";
import { fillText } from "../config/references.ts";
import { FardelError } from "../errors.ts";
import type { Emit } from "../events.ts";
import type { NeededBuild } from "./needed-images.ts";
import { libcOf, nodeBase } from "./node-base.ts";

export interface BuildOptions {
  /** Where base images are found. */
  registries: RegistryClient;
  /** Absolute: where layers and installed packages are kept between builds. */
  cacheDirectory: string;
  /** What `${commit}` stands for in build arguments; empty where there is none. */
  commit: string | Promise<string>;
  /** What `${release}` stands for; only a build that says it waits for it. Undefined outside a release. */
  release: number | Promise<number> | undefined;
  emit: Emit;
}

/** Builds one image of the manifest. Throws OciError, as its builder does. */
export async function buildImage(app: App, needed: NeededBuild, options: BuildOptions): Promise<BuiltImage> {
  const { name, builder } = needed.build;
  const { emit } = options;
  emit({ type: "image.started", image: name, builder });
  const started = performance.now();
  const onProgress = (message: string) => emit({ type: "image.progress", image: name, message });
  const image =
    builder === "docker"
      ? await fromDockerfile(needed.build, options, onProgress)
      : await fromNodeApp(app, needed, options, onProgress);
  const { digest, sizeBytes, cached } = image;
  const durationMs = Math.round(performance.now() - started);
  const known = cached.dependencies && cached.source;
  emit({ type: "image.built", image: name, digest, sizeBytes, durationMs, cached: known });
  return image;
}

async function fromDockerfile(
  build: ImageBuild,
  options: BuildOptions,
  onProgress: (message: string) => void,
): Promise<BuiltImage> {
  const { context, dockerfile = "", target, platform } = build;
  return buildDockerImage({
    directory: context,
    dockerfile,
    args: await buildArguments(build, options),
    platform,
    cacheDirectory: options.cacheDirectory,
    onProgress,
    ...(target !== undefined && { target }),
  });
}

async function fromNodeApp(
  app: App,
  { build, commandRequired }: NeededBuild,
  options: BuildOptions,
  onProgress: (message: string) => void,
): Promise<BuiltImage> {
  const { context, platform } = build;
  const { registries, cacheDirectory } = options;
  const reference = await nodeBase(build, app.environment);
  const base = reference === undefined ? undefined : await registries.pull(reference, platform);
  const libc = libcOf(reference);
  return buildNodeImage({
    directory: context,
    args: await buildArguments(build, options),
    platform,
    commandRequired,
    cacheDirectory,
    onProgress,
    ...(libc && { libc }),
    ...(base && { base }),
  });
}

/** The build arguments with their references looked up. */
export async function buildArguments(
  { name, args }: Pick<ImageBuild, "name" | "args">,
  options: Pick<BuildOptions, "commit" | "release">,
): Promise<Record<string, string>> {
  const kinds = new Set(
    Object.values(args).flatMap((text) =>
      typeof text === "string" ? [] : text.map((part) => (typeof part === "string" ? "text" : part.kind)),
    ),
  );
  const commit = kinds.has("commit") ? await options.commit : "";
  if (kinds.has("release") && options.release === undefined)
    throw new FardelError("IMAGE_ARGUMENT", `images.${name}.args names the release, and this is none.`, {
      fix: "Only `up` and `deploy` build it.",
      exitCode: 2,
    });
  const release = await (kinds.has("release") ? options.release : undefined);
  return Object.fromEntries(
    Object.entries(args).map(([key, text]) => [
      key,
      fillText(text, ({ kind }) => {
        if (kind === "commit") return commit;
        if (kind === "release") return `${release}`;
        throw new FardelError("IMAGE_ARGUMENT", `images.${name}.args.${key} names what isn't known before it runs.`, {
          fix: "Give it to the service's env instead.",
          exitCode: 2,
        });
      }),
    ]),
  );
}
