import { readPackageManifest } from "@fardel/oci/builders/package-manifest.ts";
import { localEnvironment } from "../aws/target.ts";
import type { ImageBuild } from "../config/app.ts";

const currentMajor = 24;
/** In the order of preference: the current one, then long-term support from new to old, then what comes and the rest. */
const majors = [currentMajor, 22, 20, 18, 16, 26, 28, 25, 23, 21, 19];

/**
 * The image an app's own layers are put on: the one the manifest names; else Node's official one from AWS's public mirror,
 * of the major version that package.json asks for. In the embedded region there is none unless it is named: containers run
 * as processes of this machine, with its Node.
 */
export async function nodeBase(build: ImageBuild, environment: string): Promise<string | undefined> {
  if (build.base !== undefined || environment === localEnvironment) return build.base;
  const { engines } = await readPackageManifest(build.context);
  return `public.ecr.aws/docker/library/node:${nodeMajor(engines?.node)}-slim`;
}

/** The major version of Node to take for `engines.node`: the current one where it is allowed. */
export function nodeMajor(range: string | undefined): number {
  if (range === undefined) return currentMajor;
  return majors.find((major) => range.split("||").some((part) => admits(part, major))) ?? currentMajor;
}

/** Whether some release of this major version is in the range, its parts read as semver's but by major versions only. */
function admits(range: string, major: number): boolean {
  const [, low, high] = /^\s*v?(\d+)\S*\s+-\s+v?(\d+)\S*\s*$/.exec(range) ?? [];
  if (low !== undefined && high !== undefined) return Number(low) <= major && major <= Number(high);
  const comparators = [...range.matchAll(/(>=|<=|[<>^~=])?\s*v?(\d+)((?:\.\w+)*)/g)];
  return comparators.every(([, operator, version, rest = ""]) => {
    const named = Number(version);
    if (operator === ">" || operator === ">=") return major >= named + (operator === ">" && rest === "" ? 1 : 0);
    if (operator === "<=") return major <= named;
    // <24 and <24.0.0 leave no release of 24; <24.5 leaves some.
    if (operator === "<") return /[1-9]/.test(rest) ? major <= named : major < named;
    return major === named;
  });
}

/** Which C library programs find in an image, as far as its name says. */
export function libcOf(base: string | undefined): "musl" | undefined {
  return base !== undefined && /alpine|musl/.test(base) ? "musl" : undefined;
}
