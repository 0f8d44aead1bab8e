import type { IncomingMessage, ServerResponse } from "node:http";
import { isDigest } from "../digest.ts";
import { isRepositoryName } from "../reference.ts";
import { deleteBlobRoute, readBlobRoute } from "./blob-routes.ts";
import { answer, type Exchange, type RegistryHooks } from "./exchange.ts";
import { deleteManifestRoute, putManifestRoute, readManifestRoute } from "./manifest-routes.ts";
import { digestInvalid, nameInvalid, RegistryError, unsupported } from "./registry-error.ts";
import type { RegistryStorage } from "./storage.ts";
import { listTagsRoute } from "./tag-routes.ts";
import {
  appendUploadRoute,
  cancelUploadRoute,
  finishUploadRoute,
  startUploadRoute,
  uploadStatusRoute,
} from "./upload-routes.ts";

export type RegistryAction = "pull" | "push" | "delete";

export interface RegistryHandlerOptions {
  storage: RegistryStorage;
  /**
   * Decides whether the request may do this: throws `unauthorized` (with the challenge that tells how to log in) or
   * `denied`. `repository` is undefined for the version check at /v2/, which clients use to find out about logging in.
   */
  authorize(
    request: IncomingMessage,
    access: { repository: string | undefined; action: RegistryAction },
  ): void | Promise<void>;
  hooks?: RegistryHooks;
}

/** Answers requests whose path begins with /v2/. Never rejects: what goes wrong is answered in the spec's error JSON. */
export type RegistryHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

type Route = (exchange: Exchange, argument: string) => Promise<void>;

interface Resource {
  path: RegExp;
  methods: Partial<Record<string, Route>>;
}

const resources: Resource[] = [
  {
    path: /^(?<name>.+)\/manifests\/(?<argument>[^/]+)$/,
    methods: {
      GET: readManifestRoute,
      HEAD: readManifestRoute,
      PUT: putManifestRoute,
      DELETE: deleteManifestRoute,
    },
  },
  { path: /^(?<name>.+)\/blobs\/uploads\/?(?<argument>)$/, methods: { POST: startUploadRoute } },
  {
    path: /^(?<name>.+)\/blobs\/uploads\/(?<argument>[^/]+)$/,
    methods: {
      GET: uploadStatusRoute,
      PATCH: appendUploadRoute,
      PUT: finishUploadRoute,
      DELETE: cancelUploadRoute,
    },
  },
  {
    path: /^(?<name>.+)\/blobs\/(?<argument>[^/]+)$/,
    methods: {
      GET: withDigest(readBlobRoute),
      HEAD: withDigest(readBlobRoute),
      DELETE: withDigest(deleteBlobRoute),
    },
  },
  { path: /^(?<name>.+)\/tags\/list(?<argument>)$/, methods: { GET: listTagsRoute, HEAD: listTagsRoute } },
];

/**
 * An OCI registry as a request handler, to be embedded in any HTTP server.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 *
 * Gaps: referrers (clients fall back to the tag schema, as the spec says), digests other than sha256, schema 1 manifests.
 */
export function createRegistryHandler(options: RegistryHandlerOptions): RegistryHandler {
  return async (request, response) => {
    try {
      response.setHeader("docker-distribution-api-version", "registry/2.0");
      await handle(request, response, options);
    } catch (error) {
      refuse(request, response, error);
    }
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { storage, authorize, hooks = {} }: RegistryHandlerOptions,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://registry");
  const method = request.method ?? "GET";
  const path = decoded(url.pathname);
  if (/^\/v2\/?$/.test(path)) {
    await authorize(request, { repository: undefined, action: "pull" });
    if (method !== "GET" && method !== "HEAD") throw unsupported(`${method} is not supported here`);
    return answer(response, 200);
  }

  const found = findResource(path);
  if (found === undefined) throw unsupported(`this registry has nothing at ${path}`, 404);
  const { resource, repository, argument } = found;
  if (!isRepositoryName(repository)) throw nameInvalid(repository);
  const route = resource.methods[method];
  if (route === undefined) throw unsupported(`${method} is not supported for ${path}`);
  await authorize(request, { repository, action: actionOf(method, resource) });
  await hooks.checkRepository?.(repository);

  const mayPull = async (other: string) => {
    try {
      await authorize(request, { repository: other, action: "pull" });
      return true;
    } catch (error) {
      if (error instanceof RegistryError) return false;
      throw error;
    }
  };
  await route({ request, response, repository, query: url.searchParams, storage, hooks, mayPull }, argument);
}

function findResource(path: string) {
  if (!path.startsWith("/v2/")) return undefined;
  for (const resource of resources) {
    const { name, argument } = resource.path.exec(path.slice("/v2/".length))?.groups ?? {};
    if (name !== undefined && argument !== undefined) return { resource, repository: name, argument };
  }
  return undefined;
}

/** The status of an upload is part of pushing, though it is asked for by GET. */
function actionOf(method: string, resource: Resource): RegistryAction {
  if ("POST" in resource.methods || "PATCH" in resource.methods) return "push";
  if (method === "DELETE") return "delete";
  return method === "PUT" ? "push" : "pull";
}

function withDigest(route: Route): Route {
  return async (exchange, digest) => {
    if (!isDigest(digest)) throw digestInvalid(`'${digest}' is not a sha256 digest`);
    await route(exchange, digest);
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw unsupported(`the path ${path} is not valid percent-encoding`, 400);
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  // A client that went away, or content that broke off after the headers: there is nobody left to tell.
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, code, message, headers, detail } =
    error instanceof RegistryError
      ? error
      : { status: 500, code: "UNKNOWN", message: String(error), headers: {}, detail: undefined };
  const body = JSON.stringify({ errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] });
  response.writeHead(status, {
    ...headers,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
