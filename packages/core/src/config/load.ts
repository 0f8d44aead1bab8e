import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { FardelError } from "../errors.ts";
import type { App } from "./app.ts";
import { checkEnds, codeError, displayName, findManifest, importManifest, readManifestText } from "./manifest-file.ts";
import { nearest } from "./nearest.ts";
import { resolveEnvironment } from "./resolve/environment.ts";
import type { Surroundings } from "./resolve/scope.ts";
import { nameOf } from "./schema/primitives.ts";
import { describeFound, didYouMean } from "./source/explain.ts";
import { manifestError, type Problem, printable, problemAt, type SourceFile } from "./source/problems.ts";
import { readValue } from "./source/read-code.ts";
import { readYaml } from "./source/read-yaml.ts";
import { type MapNode, nodeAt, walk } from "./source/tree.ts";

/** A manifest that has been read; `resolveApp` makes an `App` of it for one environment. */
export interface ManifestSource {
  /** Absolute path. */
  path: string;
  file: SourceFile;
  /** Is it a function of the environment's name, which then decides what environments there are? */
  dynamic: boolean;
  /** The manifest as written, or as its code gives it for an environment. */
  treeFor(environment: string): MapNode;
}

export interface ResolveOptions {
  /** Where the manifest names no region; unless given, AWS_REGION or AWS_DEFAULT_REGION. */
  defaultRegion?: string;
  /** Environment variables for `${env.NAME}`; unless given, this process's. */
  hostEnvironment?: Readonly<Record<string, string | undefined>>;
  /** What runs the tasks of `local`; unless given, this machine. */
  platform?: Surroundings["platform"];
}

/**
 * Reads the manifest of a directory or the nearest parent that has one, and checks every environment in it.
 * @throws FardelError (exit code 2) with all problems at once.
 */
export async function loadManifest(directory: string): Promise<ManifestSource> {
  const path = findManifest(directory);
  const name = displayName(resolve(directory), path);
  return path.endsWith(".ts") ? loadCode(name, path) : manifestFromYaml(readManifestText(name, path), path);
}

/**
 * A manifest from the text of a `fardel.yaml`; `path` says where it would stand, for the paths in it.
 * @throws FardelError (exit code 2) with all problems at once.
 */
export function manifestFromYaml(file: SourceFile & { text: string }, path: string): ManifestSource {
  const { tree, problems } = readYaml(file.text);
  if (tree === undefined || problems.length > 0) throw manifestError(file, problems);
  const source: ManifestSource = { path, file, dynamic: false, treeFor: () => tree };
  const all = checkEnvironments(source, tree);
  if (all.length > 0) throw manifestError(file, all);
  return source;
}

/**
 * The app of a manifest in one environment, complete: defaults, overrides and references are settled.
 * @throws FardelError (exit code 2) when there is no such environment, or with all problems at once.
 */
export function resolveApp(source: ManifestSource, environment: string, options: ResolveOptions = {}): App {
  const tree = source.treeFor(environment);
  const known = [...new Set(["local", ...environmentNames(tree)])];
  const open = source.dynamic && known.length === 1 && nameOf("a name").safeParse(environment).success;
  if (!open && !known.includes(environment)) {
    throw new FardelError(
      "UnknownEnvironment",
      `no environment "${printable(environment)}" in ${source.file.name}${didYouMean(nearest(environment, known))}`,
      {
        where: source.path,
        fix: `There is ${known.join(", ")}; environments are written under environments:.`,
        exitCode: 2,
      },
    );
  }
  const { app, problems } = resolveEnvironment(tree, environment, source.file.name, {
    directory: dirname(source.path),
    hostEnvironment: options.hostEnvironment ?? process.env,
    missingVariables: "refused",
    defaultRegion: options.defaultRegion ?? (process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION),
    platform: options.platform ?? machine(),
    look,
  });
  if (app === undefined || problems.length > 0) throw manifestError(source.file, problems);
  return app;
}

/** Every problem in any environment, so that a mistake in `production` shows while working in `local`. */
function checkEnvironments(source: ManifestSource, tree: MapNode): Problem[] {
  const tooMany = tooManyEnvironments(tree);
  if (tooMany !== undefined) return [tooMany];
  const resolved = [...new Set(["local", ...environmentNames(tree)])].map((environment) =>
    resolveEnvironment(tree, environment, source.file.name, {
      directory: dirname(source.path),
      // What this machine doesn't know, the one that deploys to the environment may.
      hostEnvironment: process.env,
      missingVariables: "unknown",
      defaultRegion: "us-east-1",
      platform: machine(),
      look,
    }),
  );
  const apps = resolved.flatMap(({ app }) => (app === undefined ? [] : [app]));
  return [
    ...environmentNameProblems(tree),
    ...resolved.flatMap(({ problems }) => problems),
    ...clusterProblems(tree, apps),
  ];
}

/** Every value is looked at once for each environment; what real manifests have is far from this. */
const mostValuesTimesEnvironments = 100_000;

function tooManyEnvironments(tree: MapNode): Problem | undefined {
  const count = environmentNames(tree).length;
  const { node } = nodeAt(tree, ["environments"]);
  const overrides = [...walk(node)].length;
  const shared = [...walk(tree)].length - overrides;
  if (shared * count + overrides <= mostValuesTimesEnvironments) return undefined;
  return problemAt(node, `${count} environments are too many for a manifest of this size`, {
    on: "key",
    fix: "split it into several apps",
  });
}

function environmentNames(tree: MapNode): string[] {
  const { node, found } = nodeAt(tree, ["environments"]);
  return found && node.kind === "map" ? [...node.entries.keys()] : [];
}

function environmentNameProblems(tree: MapNode): Problem[] {
  const { node, found } = nodeAt(tree, ["environments"]);
  if (!found) return [];
  if (node.kind !== "map") {
    return [
      problemAt(node, `expected a map of environments by name, found ${describeFound(node)}`, {
        fix: "write local: {}",
      }),
    ];
  }
  return [...node.entries].flatMap(([name, entry]) => {
    const issue = nameOf("a name").safeParse(name).error?.issues[0];
    return issue === undefined
      ? []
      : [problemAt(entry, `expected ${issue.message}, found "${printable(name)}"`, { on: "key" })];
  });
}

/** The stack of an app in a cluster is named `<app>-<cluster>`: two environments can't share it. */
function clusterProblems(tree: MapNode, apps: readonly App[]): Problem[] {
  return apps.flatMap((app, index) => {
    const place = (each: App) => `${each.account} ${each.region} ${each.cluster}`;
    const other = apps.slice(0, index).find((each) => place(each) === place(app));
    if (other === undefined || app.environment === "local" || other.environment === "local") return [];
    const { node } = nodeAt(tree, ["environments", app.environment]);
    const message = `environments ${other.environment} and ${app.environment} are both in cluster ${app.cluster}, and would share everything`;
    return [problemAt(node, message, { on: "key", fix: "give one of them another cluster, region or account" })];
  });
}

async function loadCode(name: string, path: string): Promise<ManifestSource> {
  const exported = await importManifest(name, path);
  const file = { name, text: undefined };
  const treeFor = (environment: string): MapNode => {
    let value = exported;
    if (typeof exported === "function") checkEnds(name, path, environment);
    try {
      if (typeof exported === "function") value = exported(environment);
    } catch (error) {
      throw codeError(name, path, error);
    }
    const { tree, problems } = readValue(value);
    if (tree === undefined || problems.length > 0) throw manifestError(file, problems);
    return tree;
  };
  const dynamic = typeof exported === "function";
  const source: ManifestSource = { path, file, dynamic, treeFor };
  // What a function gives for an environment nobody has asked for says nothing.
  const all = dynamic ? [] : checkEnvironments(source, treeFor("local"));
  if (all.length > 0) throw manifestError(file, all);
  return source;
}

function machine(): Surroundings["platform"] {
  return { os: process.platform, architecture: process.arch === "arm64" ? "arm64" : "amd64" };
}

function look(path: string): "file" | "directory" | undefined {
  try {
    const stats = statSync(path);
    return stats.isDirectory() ? "directory" : stats.isFile() ? "file" : undefined;
  } catch {
    // Not there, or out of reach: either way it can't be built from.
    return undefined;
  }
}
