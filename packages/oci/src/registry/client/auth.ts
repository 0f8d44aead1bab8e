import { OciError } from "../../errors.ts";
import { registryOrigin } from "../reference.ts";
import { connectionProblem, loginCommand, refusalOf } from "./problem.ts";
import { type Pause, sendWithRetries } from "./retry.ts";
import { readResponse, type Transport } from "./transport.ts";

export interface Credentials {
  username: string;
  password: string;
  /** From when on they are asked for anew: ECR's live 12 hours, and a process may live longer. */
  expiresAt?: Date;
}

/** Credentials for a registry (`docker.io`, `<account>.dkr.ecr.<region>.amazonaws.com`), or undefined for anonymous. */
export type CredentialsProvider = (registry: string) => Promise<Credentials | undefined>;

/** Knows how to log in to one registry, once the registry has said how. */
export interface Authenticator {
  /** The Authorization header for these scopes, as far as it is known what the registry wants. */
  authorization(scopes: string[]): Promise<string | undefined>;
  /**
   * Learns from the WWW-Authenticate header of a 401, and forgets the `refused` Authorization header, if one was sent.
   * False when nothing can be done.
   */
  challenged(header: string | undefined, scopes: string[], refused: string | undefined): Promise<boolean>;
}

type Scheme = { kind: "basic" } | { kind: "bearer"; realm: URL; service: string | undefined };

/** A token without `expires_in` lives 60 seconds (https://distribution.github.io/distribution/spec/auth/token/). */
const defaultTokenSeconds = 60;
/** A token this near to its end is not sent any more. */
const marginSeconds = 5;

/**
 * Basic (ECR) and Bearer tokens (Docker Hub, GitHub, public ECR, …), both with credentials only when there are some.
 *
 * @throws OciError (from its methods) when credentials are missing or a token is refused.
 */
export function createAuthenticator(
  registry: string,
  credentialsProvider: CredentialsProvider,
  transport: Transport,
  pause: Pause,
): Authenticator {
  let scheme: Scheme | undefined;
  let credentials: Promise<Credentials | undefined> | undefined;
  const tokens = new Map<string, Promise<{ token: string; expiresAt: number }>>();

  async function basicHeader(): Promise<string | undefined> {
    const known = credentials && (await credentials);
    if (known?.expiresAt !== undefined && known.expiresAt.getTime() <= Date.now()) credentials = undefined;
    credentials ??= credentialsProvider(registry);
    const found = await credentials;
    return found && `Basic ${Buffer.from(`${found.username}:${found.password}`).toString("base64")}`;
  }

  async function fetchToken({ realm, service }: Scheme & { kind: "bearer" }, scopes: string[]) {
    checkRealm(realm);
    const url = new URL(realm);
    if (service !== undefined) url.searchParams.set("service", service);
    for (const scope of scopes) url.searchParams.append("scope", scope);
    const authorization = await basicHeader();
    const headers = { accept: "application/json", ...(authorization === undefined ? {} : { authorization }) };
    const doing = { doing: `log in for ${scopes.join(" and ")} at ${realm.origin}`, registry };
    const response = await sendWithRetries(() => transport.send({ method: "GET", url, headers }), pause).catch(
      (error: unknown) => {
        throw connectionProblem(error, doing);
      },
    );
    if (response.statusCode !== 200) throw await refusalOf(response, doing);
    const bytes = await readResponse(response, 1024 * 1024).catch((error: unknown) => {
      throw connectionProblem(error, doing);
    });
    const answer = tokenAnswer(bytes);
    if (answer === undefined)
      throw new OciError("registry-refused", `Could not ${doing.doing}: the answer has no token.`, {
        fix: `Check that ${realm.href} is the token service of ${registry}.`,
      });
    const lifetime = (answer.expires_in ?? defaultTokenSeconds) - marginSeconds;
    return { token: answer.token, expiresAt: Date.now() + lifetime * 1000 };
  }

  /** A login goes to the token service the registry names, wherever that is, but never in clear over a network. */
  function checkRealm(realm: URL): void {
    const origin = new URL(registryOrigin(registry));
    if (realm.protocol === "https:" || (realm.protocol === "http:" && origin.protocol === "http:")) return;
    throw new OciError(
      "registry-refused",
      `Registry ${registry} wants logins at ${realm.href.slice(0, 200)}, which is not https.`,
      { fix: `Check that ${registry} is the registry you mean; nothing was sent there.` },
    );
  }

  async function bearerHeader(bearer: Scheme & { kind: "bearer" }, scopes: string[]): Promise<string> {
    const key = scopes.join(" ");
    const cached = tokens.get(key);
    const known = cached && (await cached);
    if (known !== undefined && known.expiresAt > Date.now()) return `Bearer ${known.token}`;
    const fetched = fetchToken(bearer, scopes);
    tokens.set(key, fetched);
    try {
      return `Bearer ${(await fetched).token}`;
    } catch (error) {
      tokens.delete(key);
      throw error;
    }
  }

  return {
    async authorization(scopes) {
      if (scheme === undefined) return undefined;
      return scheme.kind === "basic" ? basicHeader() : bearerHeader(scheme, scopes);
    },

    async challenged(header, scopes, refused) {
      if (refused !== undefined) {
        credentials = undefined;
        tokens.delete(scopes.join(" "));
      }
      scheme = parseChallenge(header);
      if (scheme?.kind === "basic" && (await basicHeader()) === undefined)
        throw new OciError(
          "registry-login-required",
          `Registry ${registry} wants a login, and there are no credentials for it.`,
          { fix: `Log in: ${loginCommand(registry)}` },
        );
      return scheme !== undefined;
    },
  };
}

/** Reads `Bearer realm="https://auth…/token",service="…",scope="…"` or `Basic realm="…"`; undefined for other schemes. */
export function parseChallenge(header: string | undefined): Scheme | undefined {
  const [, kind, parameters = ""] = /(?:^|,\s*)(Bearer|Basic)(?:\s+(.*))?$/i.exec(header ?? "") ?? [];
  if (kind === undefined) return undefined;
  if (kind.toLowerCase() === "basic") return { kind: "basic" };
  const values = new Map<string, string>();
  for (const [, key = "", quoted, bare] of parameters.matchAll(/([A-Za-z_]+)=(?:"([^"]*)"|([^\s,"]+))/g))
    values.set(key.toLowerCase(), quoted ?? bare ?? "");
  const realm = values.get("realm") ?? "";
  return URL.canParse(realm) ? { kind: "bearer", realm: new URL(realm), service: values.get("service") } : undefined;
}

function tokenAnswer(bytes: Buffer): { token: string; expires_in?: number } | undefined {
  try {
    const { token, access_token, expires_in } = JSON.parse(bytes.toString("utf8")) as Record<string, unknown>;
    const found = token ?? access_token;
    if (typeof found !== "string" || found === "") return undefined;
    return { token: found, ...(typeof expires_in === "number" ? { expires_in } : {}) };
  } catch {
    return undefined;
  }
}
