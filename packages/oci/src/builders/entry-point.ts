import { OciError } from "../errors.ts";
import type { PackageManifest } from "./package-manifest.ts";

const extensions = [".js", ".mjs", ".cjs", ".ts"];

/**
 * The command that starts an app when its manifest names none: `scripts.start` where that is `node` with plain words,
 * else `main`, else `bin`, else `server.js` or `index.js`, whichever is there.
 *
 * @param files the app's files, relative to its directory, as they will be in the image.
 * @throws OciError `entry-point-missing`, `entry-point-not-found`.
 */
export function findEntryPoint(manifest: PackageManifest, files: ReadonlySet<string>): string[] {
  const start = plainNodeCommand(manifest.scripts?.start);
  if (start) {
    const [, script = ""] = start;
    if (!script.startsWith("-") && script !== "." && !resolveFile(script, files)) throw notFound(script);
    return start;
  }
  const candidates = [manifest.main, executable(manifest), "server", "index"];
  for (const candidate of candidates) {
    const file = candidate === undefined ? undefined : resolveFile(candidate, files);
    if (file) return ["node", file];
  }
  throw missing(manifest);
}

/** Words of a script that needs no shell to be understood. */
function plainNodeCommand(script: string | undefined): string[] | undefined {
  const words = script?.trim().split(/\s+/) ?? [];
  const needsShell = /[&|;<>()$`\\"'*?[\]{}~#!]/.test(script ?? "");
  return words[0] === "node" && words.length > 1 && !needsShell ? words : undefined;
}

function executable({ bin, name }: PackageManifest): string | undefined {
  if (typeof bin !== "object" || bin === null) return bin;
  const names = Object.keys(bin);
  return bin[name?.split("/").at(-1) ?? ""] ?? (names.length === 1 ? bin[names[0] ?? ""] : undefined);
}

/** As Node finds a file: itself, with an extension, or a directory's index. */
function resolveFile(written: string, files: ReadonlySet<string>): string | undefined {
  const path = written.replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
  const endings = ["", ...extensions, ...extensions.map((extension) => `/index${extension}`)];
  return endings.map((ending) => path + ending).find((file) => files.has(file));
}

function notFound(script: string): OciError {
  return new OciError(
    "entry-point-not-found",
    `package.json starts '${script}', which is not among the files of the image.`,
    {
      fix: "Build it first if it is generated (npm run build), and check that .dockerignore does not leave it out.",
    },
  );
}

function missing(manifest: PackageManifest): OciError {
  const start = manifest.scripts?.start;
  const tried = [
    start === undefined ? "scripts.start is not set" : `scripts.start ('${start}') is not a plain node command`,
    manifest.main === undefined ? "main is not set" : `main ('${manifest.main}') is not among the files`,
    "there is no server.js or index.js",
  ];
  return new OciError("entry-point-missing", `Nothing says how this app starts: ${tried.join("; ")}.`, {
    fix: 'Set scripts.start in package.json to something like "node server.js", or command in the manifest.',
  });
}
