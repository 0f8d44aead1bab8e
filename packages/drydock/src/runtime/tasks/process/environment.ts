import { existsSync, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { ImageConfig } from "@fardel/oci";
import type { PortBinding } from "../driver.ts";
import { resolveInRoot } from "./root.ts";

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const systemDirectories = new Set(["/bin", "/sbin", "/usr/bin", "/usr/sbin"]);
const nodeArchitectures: Record<string, string> = { amd64: "x64", arm64: "arm64" };

/** `["NAME=value"]`, as an image configuration has it. */
export function parseEnvironment(entries: string[] = []): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf("=");
      return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

/**
 * PATH of a container on the host: the image's own directories (/usr/local/bin, /nodejs/bin), node_modules/.bin of the
 * working directory, the Node that runs drydock, the host's PATH, and at last the image's system directories: a shell or a
 * cat of the host is sure to run here. Programs of an image for another system or C library are left out.
 */
export function searchPath(
  config: ImageConfig,
  rootDirectory: string,
  imagePath: string | undefined,
  workingDirectory: string,
): string {
  const native = runsHere(config, rootDirectory);
  const fromImage = (system: boolean) =>
    (imagePath ?? defaultPath)
      .split(":")
      .filter((directory) => directory.startsWith("/") && systemDirectories.has(directory) === system)
      .filter((directory) => native || !directory.startsWith("/usr/local/"))
      .map((directory) => resolveInRoot(rootDirectory, directory))
      .filter((directory) => directory !== undefined);
  return [
    ...fromImage(false),
    join(workingDirectory, "node_modules", ".bin"),
    dirname(process.execPath),
    ...(process.env.PATH ?? defaultPath).split(delimiter),
    ...(native ? fromImage(true) : []),
  ].join(delimiter);
}

/**
 * PORT is the real port of the first port mapping: the app has to listen there; PORT_<container port> names each one of the task,
 * whose containers share a network. These win over whatever the task definition says, since its numbers are those of that network.
 */
export function portVariables(own: PortBinding[], all: PortBinding[]): Record<string, string> {
  const variables = Object.fromEntries(
    all.map(({ containerPort, port }): [string, string] => [`PORT_${containerPort}`, String(port)]),
  );
  const [first] = own;
  return first ? { PORT: String(first.port), ...variables } : variables;
}

/** `localhost:<container port>`, as health checks and neighbours in a task address each other, with the real ports. */
export function translatePorts(text: string, ports: PortBinding[]): string {
  return text.replace(/(?<![\w.-])(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):(\d+)(?!\d)/g, (whole, host, port) => {
    const binding = ports.find(({ containerPort }) => String(containerPort) === port);
    return binding ? `${host}:${binding.port}` : whole;
  });
}

/** Whether the image's binaries are of this system, architecture and C library. */
function runsHere(config: ImageConfig, rootDirectory: string): boolean {
  if (process.platform !== "linux" || config.os !== "linux") return false;
  if (nodeArchitectures[config.architecture] !== process.arch) return false;
  const directory = resolveInRoot(rootDirectory, "/lib");
  if (!directory) return true;
  const musl = readdirSync(directory).find((name) => name.startsWith("ld-musl-"));
  return musl === undefined || existsSync(join("/lib", musl));
}
