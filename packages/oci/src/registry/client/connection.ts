import type { IncomingMessage } from "node:http";
import { OciError } from "../../errors.ts";
import { registryOrigin } from "../reference.ts";
import { type CredentialsProvider, createAuthenticator } from "./auth.ts";
import { connectionProblem, refusalOf } from "./problem.ts";
import { type Pause, sendWithRetries } from "./retry.ts";
import { discard, type RequestBody, type Transport } from "./transport.ts";

export interface RegistryRequest {
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH";
  /** `/v2/…`, or a Location the registry gave. */
  path: string;
  repository: string;
  access: "pull" | "push";
  /** Another repository this request reads from: the source of a mount. */
  mountFrom?: string | undefined;
  headers?: Record<string, string>;
  body?: RequestBody;
  /** Statuses besides 2xx that the caller deals with. */
  accept?: number[];
  /** False when repeating is not the request's but the caller's business, as in the middle of an upload. Default true. */
  repeat?: boolean;
  /** Completes the sentence "Could not …". */
  doing: string;
}

/** One registry: logs in, repeats what may be repeated, follows redirects of downloads, and explains refusals. */
export interface RegistryConnection {
  readonly registry: string;
  readonly pause: Pause;
  /** @throws OciError for every status that is neither 2xx nor accepted, and for a connection that fails. */
  request(request: RegistryRequest): Promise<IncomingMessage>;
}

const redirects = new Set([301, 302, 303, 307, 308]);
const mostRedirects = 5;

export function createConnection(
  registry: string,
  credentials: CredentialsProvider,
  transport: Transport,
  pause: Pause,
): RegistryConnection {
  const origin = registryOrigin(registry);
  const authenticator = createAuthenticator(registry, credentials, transport, pause);

  async function send(request: RegistryRequest, url: URL, authorization: string | undefined): Promise<IncomingMessage> {
    const headers = { ...request.headers, ...(authorization === undefined ? {} : { authorization }) };
    const once = () => transport.send({ method: request.method, url, headers, body: request.body });
    return request.repeat === false ? once() : sendWithRetries(once, pause);
  }

  async function sendLoggedIn(request: RegistryRequest, url: URL): Promise<IncomingMessage> {
    // Storage behind a redirect has its own signature in the URL; the login is the registry's alone.
    if (url.origin !== origin) return send(request, url, undefined);
    const scopes = scopesOf(request);
    const authorization = await authenticator.authorization(scopes);
    const response = await send(request, url, authorization);
    if (response.statusCode !== 401) return response;
    if (!(await authenticator.challenged(response.headers["www-authenticate"], scopes, authorization))) return response;
    discard(response);
    return send(request, url, await authenticator.authorization(scopes));
  }

  async function follow(request: RegistryRequest): Promise<IncomingMessage> {
    let url = new URL(request.path, origin);
    for (let followed = 0; ; followed++) {
      const response = await sendLoggedIn(request, url);
      const { location } = response.headers;
      const download = request.method === "GET" || request.method === "HEAD";
      if (!download || location === undefined || !redirects.has(response.statusCode ?? 0)) return response;
      if (followed === mostRedirects)
        throw new Error(`redirected more than ${mostRedirects} times, last to ${location}`);
      discard(response);
      url = redirected(url, location);
    }
  }

  /** Never from https to anything else: a manifest named by its tag has nothing but the connection to vouch for it. */
  function redirected(from: URL, location: string): URL {
    const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    if (to?.protocol === "https:" || (to?.protocol === "http:" && from.protocol === "http:")) return to;
    throw new OciError(
      "registry-refused",
      `Registry ${registry} leads from ${from.origin} to '${location.slice(0, 200)}', which is not followed.`,
      { fix: `Check that ${registry} is the registry you mean, and what stands between it and here.` },
    );
  }

  return {
    registry,
    pause,
    async request(request) {
      const doing = { doing: request.doing, registry };
      const response = await follow(request).catch((error: unknown) => {
        throw connectionProblem(error, doing);
      });
      const status = response.statusCode ?? 0;
      if ((status >= 200 && status < 300) || request.accept?.includes(status)) return response;
      throw await refusalOf(response, doing);
    },
  };
}

function scopesOf({ repository, access, mountFrom }: RegistryRequest): string[] {
  const own = `repository:${repository}:${access === "push" ? "pull,push" : "pull"}`;
  return mountFrom === undefined ? [own] : [own, `repository:${mountFrom}:pull`];
}
