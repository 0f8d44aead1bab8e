import { OciError } from "../errors.ts";
import { isDigest } from "./digest.ts";

/** Where an image is: `registry/repository[:tag][@digest]`, with nothing left implicit. */
export interface ImageReference {
  /** Host with an optional port, as a person writes it: `docker.io`, `127.0.0.1:4566`. */
  registry: string;
  /** Path below the registry: `library/node`, `shop/web`. */
  repository: string;
  tag?: string;
  digest?: string;
}

/** A place to push to: a reference without tag and digest. */
export interface RepositoryReference {
  registry: string;
  repository: string;
}

const dockerHub = "docker.io";
const dockerHubNames = new Set([dockerHub, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"]);

// The grammar is https://github.com/distribution/reference/blob/main/reference.go
const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const repositoryName = new RegExp(`^${component}(?:/${component})*$`);
const tagName = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const host = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(?<port>[0-9]{1,5}))?$/;
/** The whole reference, at most; a repository name has 255 characters in the distribution spec. */
const longestRepository = 255;

/** Whether `name` can name a repository: lower-case components of letters, digits and single separators. */
export function isRepositoryName(name: string): boolean {
  return name.length <= longestRepository && repositoryName.test(name);
}

/** Whether `name` can be a tag: up to 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`. */
export function isTagName(name: string): boolean {
  return tagName.test(name);
}

/**
 * Reads an image reference as Docker does: a first part with a dot, a port, an upper-case letter, or `localhost` is the
 * registry; otherwise it is Docker Hub, where a bare name lives under `library/`. With neither tag nor digest the tag
 * is `latest`.
 *
 * @throws OciError `invalid-reference`, which says which part is wrong and how to write it.
 */
export function parseReference(text: string): ImageReference {
  const { registry, rest } = splitRegistry(text);
  const [beforeDigest = "", digest, ...more] = rest.split("@");
  if (more.length > 0) throw invalid(text, "it has more than one '@'", "Write one digest at the end: name@sha256:…");
  if (digest !== undefined && !isDigest(digest))
    throw invalid(text, `'${digest}' is not a digest`, "A digest is sha256: and 64 lower-case hexadecimal digits.");

  const colon = beforeDigest.lastIndexOf(":");
  const name = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon);
  const tag = colon < 0 ? undefined : beforeDigest.slice(colon + 1);
  if (tag !== undefined && !isTagName(tag))
    throw invalid(
      text,
      tag === "" ? "the tag after ':' is empty" : `'${tag}' cannot be a tag`,
      "A tag has 1 to 128 letters, digits, '_', '.' and '-', and does not start with '.' or '-'.",
    );

  const repository = registry === dockerHub && name !== "" && !name.includes("/") ? `library/${name}` : name;
  checkRepository(text, repository, name);
  const implied = tag === undefined && digest === undefined ? "latest" : tag;
  return {
    registry,
    repository,
    ...(implied === undefined ? {} : { tag: implied }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/**
 * Reads the name of a repository (`127.0.0.1:4566/shop/web`), the target of a push.
 *
 * @throws OciError `invalid-reference`, also when a tag or digest is given.
 */
export function parseRepository(text: string): RepositoryReference {
  const { rest } = splitRegistry(text);
  if (/[:@]/.test(rest))
    throw invalid(text, "a repository has neither tag nor digest", `Leave out '${rest.slice(rest.search(/[:@]/))}'.`);
  const { registry, repository } = parseReference(text);
  return { registry, repository };
}

/** `registry/repository[:tag][@digest]`, complete, so that every tool reads it the same way. */
export function formatReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  const digest = reference.digest === undefined ? "" : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}

/** Where a registry's API answers: plain http on loopback, https everywhere else; Docker Hub's API has a host of its own. */
export function registryOrigin(registry: string): string {
  if (registry === dockerHub) return "https://registry-1.docker.io";
  const hostname = registry.replace(/:[0-9]+$/, "");
  const loopback = /^(?:localhost|.+\.localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/i.test(hostname);
  return `${loopback ? "http" : "https"}://${registry}`;
}

function splitRegistry(text: string): { registry: string; rest: string } {
  if (text.trim() !== text || text === "")
    throw invalid(text, "it is empty or has spaces around it", "Write name:tag.");
  if (/^[a-z]+:\/\//i.test(text))
    throw invalid(text, "it is a URL", `Leave out '${text.slice(0, text.indexOf("//") + 2)}'.`);
  const slash = text.indexOf("/");
  const first = slash < 0 ? "" : text.slice(0, slash);
  if (!/[.:A-Z]/.test(first) && first !== "localhost") return { registry: dockerHub, rest: text };
  const port = host.exec(first)?.groups?.port;
  if (!host.test(first) || Number(port ?? 1) > 65_535)
    throw invalid(text, `'${first}' is not a registry's host`, "Write host/name or host:port/name.");
  return { registry: dockerHubNames.has(first) ? dockerHub : first, rest: text.slice(slash + 1) };
}

function checkRepository(text: string, repository: string, written: string): void {
  if (written === "") throw invalid(text, "the repository name is missing", "Write registry/name:tag.");
  if (repository.length > longestRepository)
    throw invalid(text, `the repository name has ${repository.length} characters`, `${longestRepository} are allowed.`);
  if (repositoryName.test(repository)) return;
  const lower = written.toLowerCase();
  throw invalid(
    text,
    `'${written}' cannot name a repository`,
    isRepositoryName(lower)
      ? `Names are lower-case: '${lower}'.`
      : "Use lower-case letters and digits, separated by '.', '_', '-' or '/'.",
  );
}

function invalid(text: string, why: string, fix: string): OciError {
  return new OciError("invalid-reference", `'${text}' is not an image reference: ${why}.`, { fix });
}
