import type { Text } from "../app.ts";
import type { ReferenceScope } from "../references.ts";
import type { SecretScope } from "../secrets.ts";
import { type Problem, problemAt } from "../source/problems.ts";
import { type MapNode, nodeAt, type SourceNode } from "../source/tree.ts";

/** What the machine that resolves a manifest knows and the manifest doesn't. */
export interface Surroundings {
  /** Absolute: the directory of the manifest. */
  directory: string;
  /** Environment variables, for `${env.NAME}`. */
  hostEnvironment: Readonly<Record<string, string | undefined>>;
  /** Is a variable that isn't set a problem, or a value that can't be checked here? */
  missingVariables: "refused" | "unknown";
  /** Where the manifest names no region. */
  defaultRegion: string | undefined;
  /** What tasks run on in the embedded region. */
  platform: { os: string; architecture: "amd64" | "arm64" };
  /** What stands at an absolute path. */
  look(path: string): "file" | "directory" | undefined;
}

/** One environment while it is resolved: the merged tree, the names in it, and the problems found so far. */
export class ResolveScope {
  readonly problems: Problem[] = [];
  readonly root: MapNode;
  readonly app: string;
  readonly environment: string;
  readonly surroundings: Surroundings;
  /** Values with references in them, by node. */
  readonly texts = new Map<SourceNode, Text>();
  /** Paths of values whose references lead nowhere: nothing more can be said about them. */
  readonly unresolved: (readonly string[])[] = [];
  /** Paths of values with a problem already: cross checks say nothing of them and their neighbours. */
  readonly doubtful: (readonly string[])[] = [];

  constructor(root: MapNode, environment: string, surroundings: Surroundings) {
    this.root = root;
    this.environment = environment;
    this.surroundings = surroundings;
    this.app = this.#text("app") ?? "app";
  }

  get local(): boolean {
    return this.environment === "local";
  }

  get region(): string | undefined {
    const written =
      this.#text("environments", "region") ?? this.#text("region") ?? (this.surroundings.defaultRegion || undefined);
    // Nothing leaves the machine in `local`, so any region will do.
    return written ?? (this.local ? "us-east-1" : undefined);
  }

  /** Names under `services`, `tasks` and so on, whether or not what they name is right. */
  names(...path: string[]): string[] {
    const { node, found } = nodeAt(this.root, path);
    return found && node.kind === "map" ? [...node.entries.keys()] : [];
  }

  /** Is something at or below this path known to be wrong? */
  isDoubtful(...path: string[]): boolean {
    return this.doubtful.some((wrong) => path.every((key, index) => key === wrong[index]));
  }

  /** Did a person write a value at this path? */
  has(...path: string[]): boolean {
    return nodeAt(this.root, path).found;
  }

  report(
    path: readonly string[],
    message: string,
    options: { fix?: string | undefined; on?: "key" | "value" } = {},
  ): void {
    const doubted = this.doubtful.some((wrong) => wrong.slice(0, -1).every((key, index) => key === path[index]));
    if (doubted) return;
    const { node, found } = nodeAt(this.root, path);
    this.problems.push(problemAt(node, message, found ? options : { ...options, on: "key" }));
  }

  /** The text at a path with its references in place; numbers as they were written. */
  textAt(...path: string[]): Text {
    const { node } = nodeAt(this.root, path);
    return this.texts.get(node) ?? (node.kind === "scalar" ? node.text : "");
  }

  references(): ReferenceScope {
    const services = this.names("services");
    return {
      app: this.app,
      environment: this.environment,
      region: this.region,
      hostEnvironment: this.surroundings.hostEnvironment,
      services,
      routedServices: services.filter((service) => this.has("services", service, "route")),
      queues: this.names("queues"),
    };
  }

  secrets(): SecretScope {
    return { app: this.app, environment: this.environment, databases: this.names("databases") };
  }

  #text(...path: string[]): string | undefined {
    const { node, found } = nodeAt(this.root, path);
    return found && node.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
  }
}
