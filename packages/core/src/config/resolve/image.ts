import { isAbsolute, join, resolve } from "node:path";
import type { ImageBuild, ImageSource } from "../app.ts";
import { nearest } from "../nearest.ts";
import type { ParsedImage } from "../schema/manifest.ts";
import { didYouMean } from "../source/explain.ts";
import { nodeAt } from "../source/tree.ts";
import type { ResolveScope } from "./scope.ts";

/** Host, path, tag and digest as in https://github.com/distribution/reference, with at least one of /, : and @ in it. */
const registryReference =
  /^(?=.*[/:@])(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$/;

export function resolveImage(scope: ResolveScope, name: string, image: ParsedImage): ImageBuild {
  const path = ["images", name];
  const { directory, look } = scope.surroundings;
  const context = resolve(directory, image.build);
  const dockerfile = join(context, image.dockerfile ?? "Dockerfile");
  const hasDockerfile = look(dockerfile) === "file";
  const builder = image.builder ?? (hasDockerfile || image.dockerfile !== undefined ? "docker" : "node");

  if (isAbsolute(image.build) || image.build.includes("\0")) {
    scope.report([...path, "build"], `expected a path relative to the manifest, found "${image.build}"`);
  } else if (look(context) !== "directory") {
    scope.report([...path, "build"], `there is no directory ${image.build} beside the manifest`);
  } else if (builder === "docker" && !hasDockerfile) {
    const key = image.dockerfile === undefined ? "build" : "dockerfile";
    scope.report([...path, key], `there is no ${image.dockerfile ?? "Dockerfile"} in ${image.build}`);
  } else if (builder === "node" && look(join(context, "package.json")) !== "file") {
    const found = image.builder === undefined ? "neither Dockerfile nor package.json" : "no package.json";
    scope.report([...path, "build"], `there is ${found} in ${image.build}`, {
      fix: "name the directory that holds one",
    });
  }
  for (const key of builder === "node" ? (["dockerfile", "target"] as const) : (["base"] as const)) {
    if (image[key] === undefined) continue;
    const other = builder === "node" ? "docker" : "node";
    scope.report([...path, key], `"${key}" belongs to builder ${other}, and this image has builder ${builder}`, {
      on: "key",
    });
  }
  if (image.base !== undefined && !registryReference.test(image.base)) {
    scope.report([...path, "base"], `expected a registry reference such as node:24-slim, found "${image.base}"`);
  }
  return {
    name,
    builder,
    context,
    dockerfile: builder === "docker" ? dockerfile : undefined,
    target: image.target,
    args: Object.fromEntries(scope.names(...path, "args").map((key) => [key, scope.textAt(...path, "args", key)])),
    base: image.base,
    platform: { ...platformOf(scope, name, image), ...(builder === "docker" && { os: "linux" }) },
  };
}

/** What a container's `image:` means. */
export function resolveImageSource(scope: ResolveScope, path: readonly string[], image: string): ImageSource {
  const names = scope.names("images");
  if (names.includes(image)) return { kind: "build", build: image };
  if (!registryReference.test(image)) {
    const meant = nearest(image, names);
    scope.report(path, `no image "${image}" in images${didYouMean(meant)}`, {
      fix: meant === undefined ? "an image of a registry has a tag: nginx:1.29" : undefined,
    });
  }
  return { kind: "registry", reference: image };
}

function platformOf(scope: ResolveScope, name: string, image: ParsedImage): ImageBuild["platform"] {
  const { node, found } = nodeAt(scope.root, ["images", name, "platform"]);
  // In `local` the image's entry point runs on this machine, whatever the app's other environments run on.
  if (scope.local && !(found && node.path[0] === "environments")) return scope.surroundings.platform;
  return { os: "linux", architecture: image.platform === "linux/arm64" ? "arm64" : "amd64" };
}
