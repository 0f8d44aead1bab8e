import type { IncomingMessage } from "node:http";
import { OciError } from "../../errors.ts";
import { isBrokenConnection, isTemporaryStatus } from "./retry.ts";
import { readResponse } from "./transport.ts";

/** What was being done, for the sentence "Could not <doing>". */
export interface Doing {
  /** `send layer sha256:… to shop/web`. */
  doing: string;
  registry: string;
}

/** Failures after which the same work may succeed: the registry was busy or failed, or the connection broke. */
const temporaryCodes = new Set(["registry-unavailable", "registry-connection-lost"]);

export function isTemporary(error: unknown): boolean {
  return error instanceof OciError && temporaryCodes.has(error.code);
}

/** Turns an answer nobody expected into an error a person can act on, with the registry's own words. */
export async function refusalOf(response: IncomingMessage, { doing, registry }: Doing): Promise<OciError> {
  const status = response.statusCode ?? 0;
  const text = await readResponse(response, 64 * 1024).then(
    (bytes) => bytes.toString("utf8"),
    () => "",
  );
  const errors = registryErrors(text);
  const code = errors[0]?.code;
  const words = errors.map((error) => [error.code, error.message].filter(Boolean).join(": ")).join("; ") || text;
  const said = plainText(words).replace(/\.+$/, "");
  return new OciError(
    codeOf(status, code),
    `Could not ${doing}: registry ${registry} answered HTTP ${status}${said === "" ? "" : `, ${said}`}.`,
    { fix: fixOf(status, code, registry) },
  );
}

/** Turns a failure of the connection into an error that names the registry. Errors already explained pass unchanged. */
export function connectionProblem(error: unknown, { doing, registry }: Doing): OciError {
  if (error instanceof OciError) return error;
  const message = error instanceof Error ? error.message || error.name : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (isBrokenConnection(error))
    return new OciError(
      "registry-connection-lost",
      `Could not ${doing}: the connection to registry ${registry} broke (${message}).`,
      { fix: "Check the network and try again; what has arrived is not sent twice.", cause: error },
    );
  const fix =
    code === "ECONNREFUSED"
      ? `Nothing listens at ${registry}: start it, or correct the address.`
      : code === "ENOTFOUND"
        ? `No host has the name in '${registry}': correct it, or check the network.`
        : `Check that ${registry} can be reached from here, and through which proxy.`;
  return new OciError(
    "registry-unreachable",
    `Could not ${doing}: registry ${registry} can't be reached (${message}).`,
    { fix, cause: error },
  );
}

/** How to log in, for the registry at hand. */
export function loginCommand(registry: string): string {
  const region = /^[0-9]+\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(registry)?.[1];
  if (region !== undefined)
    return `aws ecr get-login-password --region ${region} | docker login --username AWS --password-stdin ${registry}`;
  return registry === "docker.io" ? "docker login" : `docker login ${registry}`;
}

function codeOf(status: number, code: string | undefined): string {
  if (status === 401) return "registry-login-required";
  if (status === 403) return "registry-denied";
  if (code === "NAME_UNKNOWN") return "registry-repository-not-found";
  if (status === 404) return "registry-not-found";
  return isTemporaryStatus(status) ? "registry-unavailable" : "registry-refused";
}

function fixOf(status: number, code: string | undefined, registry: string): string {
  if (status === 401) return `Log in: ${loginCommand(registry)}`;
  if (status === 403) return `Check that this login may do it, or log in again: ${loginCommand(registry)}`;
  if (status === 429) return "The registry limits requests: wait, or log in to be allowed more.";
  if (code === "NAME_UNKNOWN") return "Create the repository first, or correct its name.";
  if (code === "TAG_INVALID") return "Use another tag, or let the repository's tags be overwritten.";
  if (status === 404) return "Check the image's name, tag and digest.";
  if (status === 413) return "The registry has a limit on sizes: make the image smaller, or raise the limit.";
  if (isTemporaryStatus(status))
    return "It stayed so over several attempts: try again later, or look at the registry's log.";
  return "The registry's own words above say what it does not accept.";
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
function registryErrors(text: string): { code?: string; message?: string }[] {
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown };
    if (!Array.isArray(errors)) return [];
    return errors.map((error: unknown) => {
      const { code, message } = Object(error) as { code?: unknown; message?: unknown };
      return { ...(typeof code === "string" && { code }), ...(typeof message === "string" && { message }) };
    });
  } catch {
    return [];
  }
}

/** Without markup, and without what a terminal would take for commands. */
function plainText(text: string): string {
  return text
    .replace(/<[^<>]*>/g, " ")
    .replace(/\p{C}/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 300);
}
