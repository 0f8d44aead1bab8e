import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Credentials } from "@fardel/oci";

interface DockerConfiguration {
  auths?: Record<string, { auth?: string; username?: string; password?: string }>;
  credHelpers?: Record<string, string>;
  credsStore?: string;
}

/**
 * What `docker login` (or podman, crane, …) has kept for a registry in Docker's configuration, directly or with a
 * credential helper; undefined when there is nothing. Docker itself need not be there.
 * https://docs.docker.com/reference/cli/docker/login/#credential-stores
 */
export async function dockerLogin(registry: string, variables: NodeJS.ProcessEnv): Promise<Credentials | undefined> {
  const directory = variables.DOCKER_CONFIG || join(homedir(), ".docker");
  const { auths, credHelpers, credsStore } = await readConfiguration(join(directory, "config.json"));
  // Docker Hub is kept under the address of its first API.
  const keys =
    registry === "docker.io" ? ["https://index.docker.io/v1/", "docker.io"] : [registry, `https://${registry}`];
  for (const key of keys) {
    const helper = credHelpers?.[key] ?? (auths?.[key] && credsStore);
    const found = isHelperName(helper) ? await askHelper(helper, key, variables) : keptLogin(auths?.[key]);
    if (found) return found;
  }
  return undefined;
}

async function readConfiguration(path: string): Promise<DockerConfiguration> {
  try {
    const { auths, credHelpers, credsStore } = JSON.parse(await readFile(path, "utf8")) as DockerConfiguration;
    return { ...(auths && { auths }), ...(credHelpers && { credHelpers }), ...(credsStore && { credsStore }) };
  } catch {
    return {};
  }
}

/** It becomes part of a program's name, looked for on the PATH. */
function isHelperName(helper: unknown): helper is string {
  return typeof helper === "string" && /^[\w.-]+$/.test(helper);
}

function keptLogin(
  kept: { auth?: unknown; username?: unknown; password?: unknown } | undefined,
): Credentials | undefined {
  const { auth, ...plain } = kept ?? {};
  const encoded = typeof auth === "string" ? auth : "";
  const [, username = plain.username, password = plain.password] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, "base64").toString("utf8")) ?? [];
  if (typeof username !== "string" || typeof password !== "string") return undefined;
  return username && password ? { username, password } : undefined;
}

/** The helper's protocol: https://github.com/docker/docker-credential-helpers#development */
async function askHelper(
  helper: string,
  server: string,
  variables: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  const child = spawn(`docker-credential-${helper}`, ["get"], { env: variables, stdio: ["pipe", "pipe", "ignore"] });
  const failed = new Promise<undefined>((resolve) => child.once("error", () => resolve(undefined)));
  child.stdin.on("error", () => {}).end(server);
  const answer = await Promise.race([text(child.stdout), failed]);
  try {
    const { Username, Secret } = JSON.parse(answer ?? "") as { Username?: string; Secret?: string };
    return Username && Secret ? { username: Username, password: Secret } : undefined;
  } catch {
    return undefined;
  }
}
