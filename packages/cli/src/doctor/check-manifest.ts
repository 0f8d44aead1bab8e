import { loadManifest, type ManifestSource, resolveApp } from "@fardel/core";
import { FardelError } from "@fardel/core/errors.ts";
import { localEnvironment } from "../environment.ts";
import { type Finding, failed, ok, skipped } from "./finding.ts";

const check = "fardel.yaml";

/** Whether the manifest can be used, and which environments on AWS it names. */
export async function checkManifest(directory: string): Promise<{ finding: Finding; environments: string[] }> {
  try {
    const source = await loadManifest(directory);
    const app = resolveApp(source, localEnvironment, { defaultRegion: "eu-west-1" });
    return { finding: ok(check, `${source.path}: app ${app.name}`), environments: namedEnvironments(source) };
  } catch (error) {
    if (!(error instanceof FardelError)) throw error;
    const finding =
      error.code === "NoManifest"
        ? skipped(check, "none in this directory or above it")
        : failed(check, `${error.message} (${error.where ?? ""})`, "`fardel plan` shows every problem with its line.");
    return { finding, environments: [] };
  }
}

function namedEnvironments(source: ManifestSource): string[] {
  const environments = source.treeFor(localEnvironment).entries.get("environments");
  return environments?.kind === "map"
    ? [...environments.entries.keys()].filter((name) => name !== localEnvironment)
    : [];
}
