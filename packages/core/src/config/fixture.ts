import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { FardelError } from "../errors.ts";
import type { App } from "./app.ts";
import { manifestFromYaml, type ResolveOptions, resolveApp } from "./load.ts";

/** For tests: a directory with what the images of their manifests are built from. */
export const directory = mkdtempSync(join(tmpdir(), "fardel-config-"));
writeFileSync(join(directory, "Dockerfile"), "FROM scratch\n");
writeFileSync(join(directory, "task.json"), "{}");
mkdirSync(join(directory, "api"));
writeFileSync(join(directory, "api", "package.json"), "{}");
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The annotated manifest of the documentation. */
export const referenceManifest = readFileSync(
  join(dirname(import.meta.dirname), "..", "..", "..", "docs", "reference.fardel.yaml"),
  "utf8",
);

export function appOf(text: string, environment = "local", options: ResolveOptions = {}): App {
  const source = manifestFromYaml({ name: "fardel.yaml", text }, join(directory, "fardel.yaml"));
  return resolveApp(source, environment, {
    platform: { os: "linux", architecture: "amd64" },
    hostEnvironment: {},
    defaultRegion: "us-east-1",
    ...options,
  });
}

/** What a user sees of a manifest that is refused. */
export function screenOf(text: string, environment?: string, options?: ResolveOptions): string {
  try {
    appOf(text, environment, options);
  } catch (error) {
    if (!(error instanceof FardelError)) throw error;
    return `${error.message}\n\n${error.why ?? error.fix}`;
  }
  throw new Error("the manifest was accepted");
}
