import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { buffer, json } from "node:stream/consumers";
import zlib from "node:zlib";
import { pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Blob, type Image, type ImageConfig, mediaTypes, type Platform } from "../image.ts";
import { createRootDirectory } from "../layers/unpack/root-directory.ts";
import { unpackImage } from "../layers/unpack/unpack-image.ts";
import { digestOf } from "../registry/digest.ts";
import { buildNodeImage, type NodeImageOptions } from "./build-node-image.ts";

const machine: Platform = {
  os: process.platform,
  architecture: process.arch === "x64" ? "amd64" : process.arch,
};
const otherArchitecture = machine.architecture === "arm64" ? "amd64" : "arm64";

let directory: string;
let app: string;
let cacheDirectory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fardel-node-"));
  app = join(directory, "app");
  cacheDirectory = join(directory, "cache");
  vi.stubEnv("npm_config_cache", join(directory, "npm"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

function write(files: Record<string, string | Buffer | object>, root = app): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    const plain = typeof content === "string" || Buffer.isBuffer(content);
    writeFileSync(join(root, path), plain ? content : JSON.stringify(content));
  }
}

function build(options: Partial<NodeImageOptions> = {}) {
  return buildNodeImage({ directory: app, platform: machine, cacheDirectory, ...options });
}

async function layerNames(blob: Blob): Promise<string[]> {
  const archive = await buffer(await blob.open());
  return execFileSync("tar", ["-tz"], { input: archive, encoding: "utf8" }).trimEnd().split("\n");
}

async function configOf(image: Image): Promise<ImageConfig> {
  return (await json(await image.config.open())) as ImageConfig;
}

/** A package as npm packs it, so that it can be installed without a network. */
async function packed(
  manifest: { name: string; version: string; [key: string]: unknown },
  files: Record<string, string> = {},
) {
  const archive = pack();
  for (const [path, content] of Object.entries({ "package.json": JSON.stringify(manifest), ...files }))
    archive.entry(
      { name: `package/${path}`, mode: path.startsWith("bin/") ? 0o755 : 0o644, mtime: new Date(0) },
      content,
    );
  archive.finalize();
  return zlib.gzipSync(await buffer(archive as unknown as Readable));
}

function locked(path: string, archive: Buffer, more: object = {}): object {
  const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  return { version: "1.0.0", resolved: `file:${path}`, integrity, ...more };
}

/** An app with a dependency, a dependency of its own, and one for development. */
async function plantApp(root = app): Promise<void> {
  const greeting = await packed(
    { name: "greeting", version: "1.0.0", bin: { greet: "bin/greet.js" } },
    { "index.js": "module.exports = 'hello'", "bin/greet.js": "#!/usr/bin/env node" },
  );
  const linter = await packed({ name: "linter", version: "1.0.0" });
  const manifest = {
    name: "app",
    version: "1.0.0",
    scripts: { start: "node server.js" },
    dependencies: { greeting: "file:vendor/greeting.tgz" },
    devDependencies: { linter: "file:vendor/linter.tgz" },
  };
  write(
    {
      "package.json": manifest,
      "package-lock.json": {
        name: "app",
        version: "1.0.0",
        lockfileVersion: 3,
        packages: {
          "": { ...manifest, scripts: undefined },
          "node_modules/greeting": locked("vendor/greeting.tgz", greeting, { bin: { greet: "bin/greet.js" } }),
          "node_modules/linter": locked("vendor/linter.tgz", linter, { dev: true }),
        },
      },
      "vendor/greeting.tgz": greeting,
      "vendor/linter.tgz": linter,
      "server.js": "console.log(require('greeting'))",
      ".dockerignore": "vendor\n*.md\n",
      "README.md": "",
    },
    root,
  );
}

describe("an app without dependencies", () => {
  test("is one layer, without what never belongs into an image", async () => {
    write({
      "package.json": { name: "app", type: "module" },
      "server.js": "",
      "public/index.html": "",
      "node_modules/stray/index.js": "",
      "packages/a/node_modules/stray/index.js": "",
      "packages/a/index.js": "",
      ".git/HEAD": "",
      ".fardel/state": "",
      ".npmrc": "//registry.npmjs.org/:_authToken=secret",
      "fardel.yaml": "app: app",
      ".dockerignore": "!node_modules\n!.git\n!.npmrc",
    });
    const image = await build();
    expect(image.layers).toHaveLength(1);
    expect(await layerNames(image.layers[0] as Blob)).toEqual([
      "app/",
      "app/.dockerignore",
      "app/package.json",
      "app/packages/",
      "app/packages/a/",
      "app/packages/a/index.js",
      "app/public/",
      "app/public/index.html",
      "app/server.js",
    ]);
    expect(await configOf(image)).toMatchObject({
      ...machine,
      config: { Cmd: ["node", "server.js"], Env: ["NODE_ENV=production"], WorkingDir: "/app" },
    });
    expect(image.sizeBytes).toBe(
      [image.manifest, image.config, ...image.layers].reduce((sum, blob) => sum + blob.size, 0),
    );
  });

  test("has one digest wherever and whenever it is built, and another when it changes", async () => {
    write({ "server.js": "1", "lib/a.js": "a" });
    const first = await build();
    const copy = join(directory, "copy");
    cpSync(app, copy, { recursive: true });
    utimesSync(join(copy, "server.js"), 1, 1);
    const second = await build({ directory: copy, cacheDirectory: join(directory, "other-cache") });
    expect(second.digest).toBe(first.digest);
    expect(second.cached.source).toBe(false);
    expect((await build()).cached).toEqual({ dependencies: true, source: true });
    expect((await build({ command: ["node", "lib/a.js"] })).digest).not.toBe(first.digest);
    write({ "server.js": "2" });
    expect(await build()).toMatchObject({ cached: { dependencies: true, source: false } });
  });

  test("needs to say how it starts unless whoever runs it does", async () => {
    write({ "report.js": "" });
    await expect(build()).rejects.toMatchObject({ code: "entry-point-missing" });
    expect((await configOf(await build({ commandRequired: false }))).config).toEqual({
      Env: ["NODE_ENV=production"],
      WorkingDir: "/app",
    });
  });

  test("B1: images of one directory are told apart by a build argument, and share their layers", async () => {
    write({ "server.js": "" });
    const [wsgi, indexer] = await Promise.all([
      build({ args: { ENTRYPOINT: "wsgi" } }),
      build({ args: { ENTRYPOINT: "indexer", NODE_ENV: "staging" } }),
    ]);
    expect((await configOf(wsgi)).config?.Env).toEqual(["NODE_ENV=production", "ENTRYPOINT=wsgi"]);
    expect((await configOf(indexer)).config?.Env).toEqual(["NODE_ENV=staging", "ENTRYPOINT=indexer"]);
    expect(wsgi.digest).not.toBe(indexer.digest);
    expect(wsgi.layers.map(({ digest }) => digest)).toEqual(indexer.layers.map(({ digest }) => digest));
  });

  test("may be there only to say what it needs in development", async () => {
    write({ "package.json": { devDependencies: { typescript: "7" } }, "server.js": "" });
    expect((await build()).layers).toHaveLength(1);
  });
});

describe("dependencies", () => {
  test("are a layer of their own that a change of the code leaves alone, and the app runs with them", async () => {
    await plantApp();
    const first = await build();
    expect(first.cached).toEqual({ dependencies: false, source: false });
    expect(await layerNames(first.layers[0] as Blob)).toEqual([
      "app/",
      "app/node_modules/",
      "app/node_modules/.bin/",
      "app/node_modules/.bin/greet",
      "app/node_modules/greeting/",
      "app/node_modules/greeting/bin/",
      "app/node_modules/greeting/bin/greet.js",
      "app/node_modules/greeting/index.js",
      "app/node_modules/greeting/package.json",
    ]);
    const root = join(directory, "root");
    await createRootDirectory(await unpackImage(first, { cacheDirectory }), root);
    expect(execFileSync(process.execPath, ["server.js"], { cwd: join(root, "app"), encoding: "utf8" })).toBe("hello\n");
    expect(readdirSync(join(cacheDirectory, "installs"))).toEqual([]);

    write({ "server.js": "console.log('changed')" });
    const manifest = { name: "app", version: "1.0.0", scripts: { start: "node server.js", test: "new" } };
    const dependencies = { greeting: "file:vendor/greeting.tgz" };
    write({ "package.json": { ...manifest, dependencies, devDependencies: { linter: "file:vendor/linter.tgz" } } });
    const second = await build();
    expect(second.cached).toEqual({ dependencies: true, source: false });
    expect(second.layers[0]?.digest).toBe(first.layers[0]?.digest);
    expect(second.layers[1]?.digest).not.toBe(first.layers[1]?.digest);
  });

  test("stay when only the app's version is another", async () => {
    await plantApp();
    const first = await build();
    for (const file of ["package.json", "package-lock.json"]) {
      const text = readFileSync(join(app, file), "utf8");
      write({ [file]: text.replace(/("name":"app","version":)"1.0.0"/g, '$1"1.1.0"') });
      expect(readFileSync(join(app, file), "utf8")).not.toBe(text);
    }
    const second = await build();
    expect(second.cached).toEqual({ dependencies: true, source: false });
    expect(second.layers[0]?.digest).toBe(first.layers[0]?.digest);
  });

  test("have one digest wherever they are installed", async () => {
    await plantApp();
    await plantApp(join(directory, "copy"));
    const [first, second] = await Promise.all([
      build(),
      build({ directory: join(directory, "copy"), cacheDirectory: join(directory, "other-cache") }),
    ]);
    expect(second.digest).toBe(first.digest);
  });

  test("are those of the target's system, processor and C library", async () => {
    const kinds = { amd64: "x64", arm64: "arm64" } as const;
    const packages: Record<string, object> = {};
    const optionalDependencies: Record<string, string> = {};
    for (const cpu of Object.values(kinds))
      for (const libc of ["glibc", "musl"]) {
        const name = `native-${cpu}-${libc}`;
        const limits = { os: ["linux"], cpu: [cpu], libc: [libc] };
        const archive = await packed({ name, version: "1.0.0", ...limits });
        write({ [`vendor/${name}.tgz`]: archive });
        optionalDependencies[name] = `file:vendor/${name}.tgz`;
        packages[`node_modules/${name}`] = locked(`vendor/${name}.tgz`, archive, { optional: true, ...limits });
      }
    write({
      "package.json": { optionalDependencies },
      "package-lock.json": { lockfileVersion: 3, packages: { "": { optionalDependencies }, ...packages } },
      "index.js": "",
      ".dockerignore": "vendor",
    });
    for (const [architecture, libc] of [
      ["amd64", "musl"],
      ["arm64", "glibc"],
    ] as const) {
      const { layers } = await build({ platform: { os: "linux", architecture }, libc });
      const names = await layerNames(layers[0] as Blob);
      expect(names.filter((name) => /native-[^/]*\/$/.test(name))).toEqual([
        `app/node_modules/native-${kinds[architecture]}-${libc}/`,
      ]);
    }
  });

  test("in a workspace are linked to the source, with what npm nests below it", async () => {
    const greeting = await packed({ name: "greeting", version: "1.0.0" }, { "index.js": "module.exports = 'hello'" });
    const local = {
      name: "local",
      version: "1.0.0",
      scripts: { test: "x" },
      dependencies: { greeting: "file:../../vendor/greeting.tgz" },
    };
    write({
      "package.json": { workspaces: ["packages/*"] },
      "package-lock.json": {
        lockfileVersion: 3,
        packages: {
          "": { workspaces: ["packages/*"] },
          "node_modules/local": { resolved: "packages/local", link: true },
          "packages/local": { version: "1.0.0", dependencies: local.dependencies },
          "packages/local/node_modules/greeting": locked("vendor/greeting.tgz", greeting),
        },
      },
      "packages/local/package.json": local,
      "packages/local/index.js": "module.exports = require('greeting') + ' from the workspace'",
      "vendor/greeting.tgz": greeting,
      "server.js": "console.log(require('local'))",
    });
    const image = await build();
    const root = join(directory, "root");
    await createRootDirectory(await unpackImage(image, { cacheDirectory }), root);
    expect(execFileSync(process.execPath, ["server.js"], { cwd: join(root, "app"), encoding: "utf8" })).toBe(
      "hello from the workspace\n",
    );
  });

  test("without a lockfile are refused, whoever should have written it", async () => {
    write({ "package.json": { dependencies: { pg: "8" } }, "server.js": "" });
    await expect(build()).rejects.toMatchObject({
      code: "lockfile-missing",
      fix: "Run npm install --package-lock-only and commit package-lock.json.",
    });
    write({ "pnpm-lock.yaml": "" });
    await expect(build()).rejects.toMatchObject({ message: expect.stringContaining("It has pnpm-lock.yaml") });
    rmSync(join(app, "pnpm-lock.yaml"));
    write({ "package-lock.json": { packages: {} } }, directory);
    await expect(build()).rejects.toMatchObject({ fix: expect.stringContaining("[node, app/server.js]") });
    write({ "package-lock.json": { lockfileVersion: 1, dependencies: {} } });
    await expect(build()).rejects.toMatchObject({ code: "lockfile" });
  });

  test("from outside the directory, or of its own install script, are refused", async () => {
    const dependencies = { shared: "file:../shared" };
    const packages = { "": { dependencies }, "node_modules/shared": { resolved: "../shared", link: true } };
    write({ "package.json": { dependencies }, "package-lock.json": { lockfileVersion: 3, packages }, "server.js": "" });
    await expect(build()).rejects.toMatchObject({
      code: "dependency-outside",
      message: `node_modules/shared comes from '../shared', which is outside of ${app}.`,
    });
    await plantApp();
    write({ "package.json": { dependencies: { greeting: "*" }, scripts: { postinstall: "prisma generate" } } });
    await expect(build()).rejects.toMatchObject({
      code: "install-script",
      message: `${join(app, "package.json")} has the script 'postinstall', which the node builder does not run.`,
    });
  });

  test("that npm cannot install are reported in npm's words, and not kept", async () => {
    await plantApp();
    vi.stubEnv("npm_config_workspace", "meant-for-the-npm-that-started-us");
    write({ "vendor/greeting.tgz": "damaged" });
    const seen: string[] = [];
    const failure = await build({ onProgress: (line) => seen.push(line) }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "npm-failed",
      message: expect.stringMatching(/^npm ci failed \(1\):\n.*EINTEGRITY/s),
    });
    expect(seen.join("\n")).toContain("EINTEGRITY");
    expect(existsSync(join(cacheDirectory, "dependencies"))).toBe(false);
    expect(readdirSync(join(cacheDirectory, "installs"))).toEqual([]);
  });

  test("to be compiled are refused for another machine, other install scripts are named", async () => {
    const platform = { os: "linux", architecture: otherArchitecture };
    const plant = async (files: Record<string, string>) => {
      const archive = await packed({ name: "native", version: "1.0.0", scripts: { install: "exit 1" } }, files);
      const dependencies = { native: "file:native.tgz" };
      const entry = locked("native.tgz", archive, { hasInstallScript: true });
      const packages = { "": { dependencies }, "node_modules/native": entry };
      write({
        "package.json": { dependencies },
        "package-lock.json": { lockfileVersion: 3, packages },
        "native.tgz": archive,
        "server.js": "",
      });
    };
    await plant({ "binding.gyp": "{}" });
    await expect(build({ platform })).rejects.toMatchObject({ code: "dependency-needs-compiling" });
    await plant({ "check.js": "" });
    const seen: string[] = [];
    await build({ platform, onProgress: (line) => seen.push(line) });
    expect(seen.at(-1)).toMatch(/^Not run for linux\/.*: install scripts of native$/);
  });
});

describe("a base image", () => {
  function blob(content: string, mediaType: string): Blob {
    const bytes = Buffer.from(content);
    const origin = { registry: "public.ecr.aws", repository: "docker/library/node" };
    return { mediaType, digest: digestOf(bytes), size: bytes.length, open: () => Readable.from([bytes]), origin };
  }

  function baseImage(config: Partial<ImageConfig>): Image {
    const complete = { ...machine, rootfs: { type: "layers", diff_ids: [digestOf("base")] }, ...config };
    return {
      manifest: blob("manifest", mediaTypes.dockerManifest),
      config: blob(JSON.stringify(complete), "application/vnd.docker.container.image.v1+json"),
      layers: [blob("not even gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip")],
    };
  }

  test("is inherited, its layers left where and as they are", async () => {
    write({ "server.js": "" });
    const base = baseImage({
      config: {
        Entrypoint: ["docker-entrypoint.sh"],
        Cmd: ["node"],
        Env: ["PATH=/usr/local/bin", "NODE_VERSION=24.1.0", "NODE_ENV=development"],
        User: "node",
        WorkingDir: "/",
      },
      history: [{ created_by: "ADD rootfs" }],
    });
    const image = await build({ base });
    const [baseLayer] = base.layers;
    expect(image.layers[0]).toEqual({ ...baseLayer, mediaType: mediaTypes.layerGzip });
    expect(image.layers[0]?.open).toBe(baseLayer?.open);
    const config = await configOf(image);
    expect(config).toMatchObject({
      config: {
        Entrypoint: ["docker-entrypoint.sh"],
        Cmd: ["node", "server.js"],
        Env: ["PATH=/usr/local/bin", "NODE_VERSION=24.1.0", "NODE_ENV=production"],
        User: "node",
        WorkingDir: "/app",
      },
      history: [{ created_by: "ADD rootfs" }, { created_by: "fardel: app source" }],
    });
    expect(config.rootfs.diff_ids).toEqual([digestOf("base"), expect.stringMatching(/^sha256:[0-9a-f]{64}$/)]);
    expect(await json(await image.manifest.open())).toMatchObject({
      mediaType: mediaTypes.manifest,
      layers: image.layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
    });
  });

  test("that starts node itself is found on the path instead", async () => {
    write({ "server.js": "" });
    const image = await build({
      base: baseImage({ config: { Entrypoint: ["/nodejs/bin/node"], Env: ["PATH=/usr/bin"] } }),
    });
    const { config, history } = await configOf(image);
    expect(config).toEqual({
      Cmd: ["node", "server.js"],
      Env: ["PATH=/usr/bin:/nodejs/bin", "NODE_ENV=production"],
      WorkingDir: "/app",
    });
    expect(history).toBeUndefined();
  });

  test("for another platform is refused", async () => {
    write({ "server.js": "" });
    const base = baseImage({ architecture: otherArchitecture });
    await expect(build({ base })).rejects.toMatchObject({ code: "base-platform" });
  });
});

test("a directory that is not there is named", async () => {
  await expect(build()).rejects.toMatchObject({ code: "directory-missing", message: expect.stringContaining(app) });
});
