import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Platform } from "../image.ts";
import { readImageConfig } from "../layers/read-config.ts";
import { unpackImage } from "../layers/unpack/unpack-image.ts";
import { buildDockerImage } from "./build-docker-image.ts";

const { status, stdout } = spawnSync("docker", ["version", "--format", "{{.Server.Os}} {{.Server.Arch}}"]);
const engineRuns = status === 0;
const [os = "linux", architecture = "amd64"] = stdout?.toString().trim().split(" ") ?? [];
const platform: Platform = { os, architecture };

let directory: string;
let cacheDirectory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fardel-dockerfile-"));
  cacheDirectory = join(directory, "cache");
  mkdirSync(join(directory, "app"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

function build(dockerfile: string, options: { args?: Record<string, string>; target?: string } = {}) {
  const path = join(directory, "app", "Dockerfile");
  writeFileSync(path, dockerfile);
  const { args = {}, ...rest } = options;
  return buildDockerImage({
    directory: join(directory, "app"),
    dockerfile: path,
    platform,
    args,
    cacheDirectory,
    ...rest,
  });
}

const fromScratch = `FROM scratch AS plain
ARG ENTRYPOINT=wsgi
COPY hello.txt /app/hello.txt
ENV ROLE=$ENTRYPOINT
CMD ["/app/run"]
FROM plain
COPY hello.txt /app/again.txt
`;

describe.skipIf(!engineRuns)("an image of a Dockerfile, made by the engine of this machine", () => {
  beforeEach(() => writeFileSync(join(directory, "app", "hello.txt"), "hello\n"));

  test("comes out of the engine with its layers and configuration", async () => {
    const image = await build(fromScratch);
    const config = await readImageConfig(image);
    expect(config).toMatchObject({
      ...platform,
      config: { Cmd: ["/app/run"], Env: expect.arrayContaining(["ROLE=wsgi"]) },
    });
    expect(image.layers).toHaveLength(2);
    const { layers } = await unpackImage(image, { cacheDirectory: join(directory, "unpacked") });
    const files = layers.flatMap(({ entries }) =>
      entries.filter(({ type }) => type === "file").map(({ path }) => path),
    );
    expect(files).toEqual(["app/hello.txt", "app/again.txt"]);
  });

  test("B1: differs by nothing but the build argument, and stops at the stage named", async () => {
    const web = await build(fromScratch, { args: { ENTRYPOINT: "wsgi" }, target: "plain" });
    const indexer = await build(fromScratch, { args: { ENTRYPOINT: "indexer" }, target: "plain" });
    expect(indexer.digest).not.toBe(web.digest);
    expect(indexer.layers.map(({ digest }) => digest)).toEqual(web.layers.map(({ digest }) => digest));
    expect(web.layers).toHaveLength(1);
    expect((await readImageConfig(indexer)).config?.Env).toContain("ROLE=indexer");
  });

  test("is the same again when nothing has changed, without being taken out again", async () => {
    const first = await build(fromScratch);
    const again = await build(fromScratch);
    expect(again.digest).toBe(first.digest);
    expect(again.cached).toEqual({ dependencies: true, source: true });
    rmSync(cacheDirectory, { recursive: true });
    expect(await build(fromScratch)).toMatchObject({ digest: first.digest, cached: { source: false } });
  });

  test("fails with what the engine said", async () => {
    await expect(build("FROM scratch\nCOPY missing.txt /\n")).rejects.toMatchObject({
      code: "docker-build",
      message: expect.stringContaining("missing.txt"),
      fix: expect.stringContaining("docker build --file"),
    });
  });
});

describe("without a container engine", () => {
  test("the missing command is told, and what needs none", async () => {
    vi.stubEnv("PATH", directory);
    await expect(build(fromScratch)).rejects.toMatchObject({
      code: "docker-missing",
      message: "There is no docker on the PATH, which building with a Dockerfile needs.",
      fix: expect.stringContaining("`builder: node`"),
    });
  });

  test("an engine that doesn't run is told, with docker's own words", async () => {
    const docker = join(directory, "docker");
    writeFileSync(docker, "#!/bin/sh\necho 'Cannot connect to the Docker daemon.' >&2\nexit 1\n");
    chmodSync(docker, 0o755);
    vi.stubEnv("PATH", directory);
    await expect(build(fromScratch)).rejects.toMatchObject({
      code: "docker-engine",
      message:
        "No container engine answers, which building with a Dockerfile needs.\nCannot connect to the Docker daemon.",
      fix: expect.stringContaining("Start Docker"),
    });
  });
});
