import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRegistryClient, type ImageConfig } from "@fardel/oci";
import { type RegistryFixture, startRegistryFixture } from "@fardel/oci/registry/registry-fixture.ts";
import { unauthorized } from "@fardel/oci/registry/server/registry-error.ts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { App } from "../config/app.ts";
import { manifestFromYaml, resolveApp } from "../config/load.ts";
import { FardelError } from "../errors.ts";
import type { FardelEvent } from "../events.ts";
import { type PublishedImage, publishImages } from "./publish-images.ts";

const login = { username: "AWS", password: "secret" };

let directory: string;
let ecr: RegistryFixture;
let events: FardelEvent[];
let logins: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "fardel-images-"));
  events = [];
  logins = 0;
  const expected = `Basic ${Buffer.from("AWS:secret").toString("base64")}`;
  ecr = await startRegistryFixture({
    authorize: (request) => {
      if (request.headers.authorization !== expected) throw unauthorized('Basic realm="ecr"');
    },
  });
  for (const name of ["web", "report"]) {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, "package.json"), "{}");
    writeFileSync(join(directory, name, name === "web" ? "server.js" : "report.js"), "");
  }
});
afterEach(async () => {
  await ecr.close();
  rmSync(directory, { recursive: true, force: true });
});

const manifest = `
app: shop
images: { web: { build: web }, report: { build: report } }
services: { web: { image: web } }
tasks: { report: { image: report, command: [node, report.js] } }
`;

function appOf(text = manifest, environment = "local"): App {
  const source = manifestFromYaml({ name: "fardel.yaml", text }, join(directory, "fardel.yaml"));
  return resolveApp(source, environment, {
    platform: { os: "linux", architecture: "amd64" },
    defaultRegion: "eu-west-1",
  });
}

function publish(app: App, workloads?: string[]): Promise<Map<string, PublishedImage>> {
  const authorizationToken = Buffer.from("AWS:secret").toString("base64");
  const getAuthorizationToken = async () => {
    logins += 1;
    return { authorizationData: [{ authorizationToken, expiresAt: new Date(Date.now() + 3_600_000) }], $metadata: {} };
  };
  return publishImages(app, {
    ...(workloads && { workloads }),
    repositories: { web: `${ecr.registry}/shop/web`, report: `${ecr.registry}/shop/report` },
    aws: { target: { environment: app.environment, region: "eu-west-1" }, ecr: { getAuthorizationToken } as never },
    cacheDirectory: join(directory, "cache"),
    commit: "c0ffee",
    release: 7,
    emit: (event) => events.push(event),
  });
}

describe("images of the manifest", () => {
  test("are built and pushed, and named by digest", async () => {
    const published = await publish(appOf());
    expect([...published.keys()].toSorted()).toEqual(["report", "web"]);
    const web = published.get("web");
    expect(web).toEqual({
      repository: `${ecr.registry}/shop/web`,
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      reference: `${ecr.registry}/shop/web@${web?.digest}`,
    });
    const client = createRegistryClient({ credentials: async () => login });
    const configs: ImageConfig[] = [];
    for (const { reference } of published.values())
      configs.push((await client.pull(reference, { os: "linux", architecture: "amd64" })).imageConfig);
    client.close();
    // The report's task brings its own command, so its image need not have one.
    expect(configs.map(({ config }) => config?.Cmd).toSorted()).toEqual([["node", "server.js"], undefined]);
    expect(events.filter((event) => "image" in event && event.image === "web")).toEqual([
      { type: "image.started", image: "web", builder: "node" },
      {
        type: "image.built",
        image: "web",
        digest: web?.digest,
        sizeBytes: expect.any(Number),
        durationMs: expect.any(Number),
        cached: false,
      },
      {
        type: "image.pushed",
        image: "web",
        reference: web?.reference,
        sentBytes: expect.any(Number),
        durationMs: expect.any(Number),
      },
    ]);
    expect(logins).toBe(1);
  });

  test("are neither built nor sent again when nothing changed", async () => {
    const first = await publish(appOf());
    events = [];
    ecr.requests.length = 0;
    expect(await publish(appOf())).toEqual(first);
    expect(events.filter((event) => event.type === "image.built").map((event) => event.cached)).toEqual([true, true]);
    expect(events.filter((event) => event.type === "image.pushed").map((event) => event.sentBytes)).toEqual([0, 0]);
    expect(ecr.requests.filter((request) => !/^(HEAD|GET) /.test(request))).toEqual([]);
  });

  test("are left alone when no chosen service or task needs them", async () => {
    expect([...(await publish(appOf(), ["report"])).keys()]).toEqual(["report"]);
  });

  test("come with what went wrong and where it was written", async () => {
    rmSync(join(directory, "web", "server.js"));
    const failure: unknown = await publish(appOf()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FardelError);
    expect(failure).toMatchObject({
      code: "IMAGE_ENTRY_POINT_MISSING",
      where: "fardel.yaml:3  images.web",
      fix: expect.stringContaining("Set scripts.start"),
    });
  });

  test("need a repository, which `up` makes", async () => {
    const app = appOf(manifest.replaceAll("web", "shop-web").replace("build: shop-web", "build: web"));
    await expect(publish(app)).rejects.toMatchObject({
      code: "IMAGE_REPOSITORY_MISSING",
      where: "fardel.yaml:3  images.shop-web",
    });
  });

  test("with a Dockerfile need an engine, or the node builder", async () => {
    writeFileSync(join(directory, "web", "Dockerfile"), "FROM scratch\n");
    vi.stubEnv("PATH", directory);
    await expect(publish(appOf())).rejects.toMatchObject({
      code: "IMAGE_DOCKER_MISSING",
      where: "fardel.yaml:3  images.web",
      fix: expect.stringContaining("`builder: node`"),
    });
    vi.unstubAllEnvs();
  });
});

describe("with a base image", () => {
  test("its layers are mounted from the repository they are in, not sent", async () => {
    await publish(appOf(), ["report"]);
    const base = `${ecr.registry}/shop/report`;
    const client = createRegistryClient({ credentials: async () => login });
    const { digest } = (await publish(appOf(), ["report"])).get("report") ?? {};
    await client.tag(`${base}@${digest}`, ["24"]);
    client.close();
    const app = appOf(manifest.replace("build: web", `build: web, base: '${base}:24'`));
    ecr.requests.length = 0;
    const { reference = "" } = (await publish(app, ["web"])).get("web") ?? {};
    const puller = createRegistryClient({ credentials: async () => login });
    const { layers } = await puller.pull(reference, { os: "linux", architecture: "amd64" });
    puller.close();
    expect(layers).toHaveLength(2);
    expect(ecr.requests).toContainEqual(
      expect.stringMatching(
        `^POST /v2/shop/web/blobs/uploads/\\?mount=${layers[0]?.digest.replace(":", "(:|%3A)")}&from=`,
      ),
    );
  });
});

describe("references to a registry", () => {
  test("are looked up by what will run them, and kept by digest", async () => {
    const { digest } = (await publish(appOf(), ["web"])).get("web") ?? {};
    const reference = `${ecr.registry}/shop/web@${digest}`;
    const text = `app: shop\nservices: { web: { image: "${reference}" } }\n`;
    events = [];
    expect(await publish(appOf(text))).toEqual(
      new Map([[reference, { repository: `${ecr.registry}/shop/web`, digest, reference }]]),
    );
    expect(events).toEqual([]);
  });

  test("that aren't there, or not for the processor, say where they are written", async () => {
    const missing = `app: shop\nservices: { web: { image: "${ecr.registry}/shop/web:gone" } }\n`;
    await publish(appOf(), ["web"]);
    await expect(publish(appOf(missing))).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
      where: "fardel.yaml:2  services.web.image",
    });
    const { digest } = (await publish(appOf(), ["web"])).get("web") ?? {};
    const elsewhere = appOf(`app: shop\nservices: { web: { image: "${ecr.registry}/shop/web@${digest}" } }\n`);
    for (const service of Object.values(elsewhere.services)) service.architecture = "arm64";
    await expect(publish(elsewhere)).rejects.toMatchObject({
      code: "IMAGE_PLATFORM_NOT_FOUND",
      where: "fardel.yaml:2  services.web.image",
    });
  });
});
