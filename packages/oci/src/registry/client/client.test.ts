import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OciError } from "../../errors.ts";
import { mediaTypes } from "../../image.ts";
import { digestOf } from "../digest.ts";
import { blobOf, imageOf } from "../image-fixture.ts";
import { type RegistryFixture, type RegistryFixtureOptions, startRegistryFixture } from "../registry-fixture.ts";
import { denied, nameUnknown, tagInvalid } from "../server/registry-error.ts";
import { readBlob } from "./blob-content.ts";
import { createRegistryClient, type RegistryClient } from "./client.ts";
import type { PushProgress } from "./push.ts";

const amd64 = { os: "linux", architecture: "amd64" };
const arm64 = { os: "linux", architecture: "arm64" };

let fixture: RegistryFixture;
let pauses: [number, number | undefined][];
let client: RegistryClient;

async function start(options: RegistryFixtureOptions = {}): Promise<void> {
  fixture = await startRegistryFixture(options);
  pauses = [];
  client = createRegistryClient({ pause: async (...pause) => void pauses.push(pause) });
}
beforeEach(() => start());
afterEach(async () => {
  client.close();
  await fixture.close();
});
async function restart(options: RegistryFixtureOptions): Promise<void> {
  client.close();
  await fixture.close();
  await start(options);
}

const at = (name: string) => `${fixture.registry}/${name}`;
/** The requests since the last call, without upload ids. */
const requests = () => fixture.requests.splice(0).map((line) => line.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "<upload>"));

async function screen(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OciError)) throw new Error(`expected an OciError, got ${error}`);
  return `${error.code}\n${error.message}\n${error.fix}`.replaceAll(fixture.registry, "<registry>");
}

describe("push", () => {
  it("sends layers, config, manifest and tags, and the image comes back the same", async () => {
    const image = imageOf(["first layer", "second layer"]);
    const result = await client.push(image, at("shop/web"), { tags: ["v1", "latest"] });
    const [first, second] = image.layers.map(({ digest }) => digest);
    expect(result).toEqual({
      digest: image.manifest.digest,
      sentBytes: 11 + 12 + image.config.size,
      sentBlobs: expect.arrayContaining([first, second, image.config.digest]),
      mountedBlobs: [],
      skippedBlobs: [],
    });
    const sent = requests();
    expect(sent.at(-5)).toBe(`PUT /v2/shop/web/manifests/${image.manifest.digest}`);
    expect(sent.slice(-4)).toEqual([
      "HEAD /v2/shop/web/manifests/v1",
      "PUT /v2/shop/web/manifests/v1",
      "HEAD /v2/shop/web/manifests/latest",
      "PUT /v2/shop/web/manifests/latest",
    ]);

    const pulled = await client.pull(at("shop/web:v1"), amd64);
    expect(pulled.reference).toBe(`${at("shop/web:v1")}@${image.manifest.digest}`);
    expect(pulled.imageConfig.config).toEqual({ Entrypoint: ["node", "server.js"] });
    const blobs = [pulled.manifest, pulled.config, ...pulled.layers];
    expect(await Promise.all(blobs.map(readBlob))).toEqual(
      await Promise.all([image.manifest, image.config, ...image.layers].map(readBlob)),
    );
    expect(pulled.layers[0]?.origin).toEqual({ registry: fixture.registry, repository: "shop/web" });
  });

  it("asks only for the manifest and the tags when everything is there", async () => {
    const image = imageOf(["layer"]);
    await client.push(image, at("web"), { tags: ["v1"] });
    requests();
    const again = await client.push(image, at("web"), { tags: ["v1"] });
    expect(again).toMatchObject({
      sentBytes: 0,
      sentBlobs: [],
      skippedBlobs: [expect.any(String), expect.any(String)],
    });
    expect(requests()).toEqual([`HEAD /v2/web/manifests/${image.manifest.digest}`, "HEAD /v2/web/manifests/v1"]);
  });

  it("sends only the layers that are missing, and a layer that occurs twice once", async () => {
    await client.push(imageOf(["base", "app 1"]), at("web"));
    const image = imageOf(["base", "app 2", "app 2"]);
    const result = await client.push(image, at("web"));
    expect(result.skippedBlobs).toEqual([digestOf("base")]);
    expect(result.sentBlobs).toEqual([digestOf("app 2"), image.config.digest]);
    expect(result.sentBytes).toBe(5 + image.config.size);
  });

  it("mounts layers of the same registry instead of sending them", async () => {
    await client.push(imageOf(["base"]), at("base"), { tags: ["1"] });
    const base = await client.pull(at("base:1"), amd64);
    requests();
    const result = await client.push(
      { ...imageOf(["base", "app"]), layers: [...base.layers, blobOf("app")] },
      at("web"),
    );
    expect(result.mountedBlobs).toEqual([digestOf("base")]);
    expect(requests()).toContain(`POST /v2/web/blobs/uploads/?mount=${encodeURIComponent(digestOf("base"))}&from=base`);
    expect((await client.pull(at(`web@${result.digest}`), amd64)).layers).toHaveLength(2);
  });

  it("sends a layer through where the registry does not mount it", async () => {
    const elsewhere = await startRegistryFixture();
    try {
      const from = (registry: string) => ({ ...blobOf("base"), origin: { registry, repository: "base" } });
      const image = imageOf(["base"]);
      const result = await client.push({ ...image, layers: [from(fixture.registry)] }, at("web"));
      expect(result.sentBlobs).toContain(digestOf("base"));
      const other = await client.push({ ...image, layers: [from(fixture.registry)] }, `${elsewhere.registry}/web`);
      expect(other.sentBlobs).toContain(digestOf("base"));
      expect(elsewhere.requests.filter((line) => line.includes("mount="))).toEqual([]);
    } finally {
      await elsewhere.close();
    }
  });

  it("sends at most four blobs at a time, and tells how far it is", async () => {
    let uploading = 0;
    let most = 0;
    await restart({
      async intercept(request, response, next) {
        if (request.method !== "PUT" || !request.url?.includes("uploads")) return next(request, response);
        most = Math.max(most, ++uploading);
        // Held until others had the time to come: as many as may come at once.
        while (most < 4) await new Promise(setImmediate);
        await next(request, response);
        uploading--;
      },
    });
    const layers = Array.from({ length: 12 }, (_, index) => `layer number ${index}`);
    const progress: PushProgress[] = [];
    const result = await client.push(imageOf(layers), at("web"), { onProgress: (step) => progress.push(step) });
    expect(most).toBe(4);
    expect(result.sentBlobs).toHaveLength(13);
    expect(progress.at(-1)).toEqual({ sentBytes: result.sentBytes, totalBytes: result.sentBytes });
  });

  it("says so when content on disk is no longer what was built", async () => {
    const image = imageOf(["layer"]);
    const layer = { ...blobOf("layer"), open: () => Readable.from([Buffer.from("la")]) };
    expect(await screen(client.push({ ...image, layers: [layer] }, at("web")))).toBe(
      `blob-changed\nBlob ${layer.digest} ended after 2 of 5 bytes while it was being sent.\nIts source changed on disk: build the image again.`,
    );
    const manifest = blobOf("other");
    expect(
      await screen(client.push({ ...image, manifest: { ...image.manifest, open: manifest.open } }, at("web"))),
    ).toContain(`The manifest's content is not ${image.manifest.digest} but ${manifest.digest}.`);
  });
});

describe("pull", () => {
  async function pushIndex(): Promise<{ intel: string; arm: string }> {
    const [intel, arm] = [imageOf(["intel"], amd64), imageOf(["arm"], { ...arm64, variant: "v8" })];
    const manifests = [];
    for (const [image, platform] of [
      [intel, amd64],
      [arm, { ...arm64, variant: "v8" }],
    ] as const) {
      await client.push(image, at("web"));
      const { mediaType, digest, size } = image.manifest;
      manifests.push({ mediaType, digest, size, platform });
    }
    const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests });
    const put = await fetch(`http://${at("").replace("/", "/v2/web/manifests/multi")}`, {
      method: "PUT",
      headers: { "content-type": mediaTypes.index },
      body,
    });
    expect(put.status).toBe(201);
    return { intel: intel.manifest.digest, arm: arm.manifest.digest };
  }

  it("selects the platform from an index", async () => {
    const { intel, arm } = await pushIndex();
    expect((await client.pull(at("web:multi"), amd64)).manifest.digest).toBe(intel);
    expect((await client.pull(at("web:multi"), arm64)).manifest.digest).toBe(arm);
    expect((await client.resolve(at("web:multi")))?.mediaType).toBe(mediaTypes.index);
  });

  it("says which platforms there are when the wanted one is missing", async () => {
    await pushIndex();
    expect(await screen(client.pull(at("web:multi"), { os: "linux", architecture: "s390x" }))).toBe(
      "platform-not-found\n<registry>/web:multi is not there for linux/s390x; it has linux/amd64, linux/arm64/v8.\n" +
        "Set 'platform' to one it has, or use an image built for this one.",
    );
    await client.push(imageOf(["x"], amd64), at("web"), { tags: ["single"] });
    expect(await screen(client.pull(at("web:single"), arm64))).toContain(
      "<registry>/web:single is not there for linux/arm64; it has linux/amd64.",
    );
  });

  it.each([
    ["other content", Buffer.from("LAYER"), "its digest is"],
    ["too little", Buffer.from("lay"), "it has 3 of 5 bytes"],
    ["too much", Buffer.from("layer and more"), "it has more than 5 bytes"],
  ])("never ends a blob that is not the one asked for: %s", async (_case, content, why) => {
    await restart({
      intercept: (request, response, next) =>
        request.method === "GET" && request.url?.endsWith(digestOf("layer"))
          ? void response.end(content)
          : next(request, response),
    });
    await client.push(imageOf(["layer"]), at("web"), { tags: ["v1"] });
    const [layer] = (await client.pull(at("web:v1"), amd64)).layers;
    const text = await screen(layer === undefined ? Promise.resolve() : readBlob(layer));
    expect(text).toContain(`registry-content-mismatch\nCould not read blob ${digestOf("layer")} of web`);
    expect(text).toContain(why);
  });

  it("refuses a manifest that is not the one asked for", async () => {
    await restart({
      intercept: (request, response, next) =>
        request.method === "GET" && request.url?.includes("manifests")
          ? void response.end("{}")
          : next(request, response),
    });
    const digest = digestOf("a manifest");
    expect(await screen(client.pull(at(`web@${digest}`), amd64))).toContain(
      `registry <registry> sent content with digest ${digestOf("{}")}, not ${digest}.`,
    );
  });

  it("goes on with a download where its connection broke", async () => {
    const content = Buffer.alloc(300_000, "0123456789");
    let breaks = 2;
    const ranges: (string | undefined)[] = [];
    await restart({
      intercept(request, response, next) {
        if (request.method !== "GET" || !request.url?.endsWith(digestOf(content))) return next(request, response);
        ranges.push(request.headers.range);
        if (breaks-- <= 0) return next(request, response);
        const from = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
        response.writeHead(from === 0 ? 200 : 206, { "content-length": content.length - from });
        response.write(content.subarray(from, from + 1000), () => setImmediate(() => response.destroy()));
        return undefined;
      },
    });
    await client.push(imageOf([content]), at("web"), { tags: ["v1"] });
    const [layer] = (await client.pull(at("web:v1"), amd64)).layers;
    expect(layer && (await readBlob(layer)).equals(content)).toBe(true);
    expect(ranges).toEqual([undefined, "bytes=1000-", "bytes=2000-"]);
    expect(pauses).toEqual([
      [1, undefined],
      [2, undefined],
    ]);
  });
});

describe("resolve and tag", () => {
  it("find what a reference names", async () => {
    const image = imageOf(["layer"]);
    expect(await client.resolve(at("web:v1"))).toBeUndefined();
    await client.push(image, at("web"), { tags: ["v1"] });
    const { mediaType, digest, size } = image.manifest;
    expect(await client.resolve(at("web:v1"))).toEqual({ mediaType, digest, size });
    expect(await client.tag(at("web:v1"), ["production", "v1"])).toBe(digest);
    expect((await client.resolve(at("web:production")))?.digest).toBe(digest);
    expect(requests().filter((line) => line.endsWith("manifests/v1") && line.startsWith("PUT"))).toHaveLength(1);
  });
});

describe("failures", () => {
  const answer = (status: number, body: string, headers: Record<string, string> = {}): RegistryFixtureOptions => ({
    intercept: (_request, response) => void response.writeHead(status, headers).end(body),
  });

  it("are repeated when they are temporary, obeying Retry-After", async () => {
    let refusals = 3;
    await restart({
      intercept(request, response, next) {
        if (refusals === 0) return next(request, response);
        refusals--;
        if (refusals === 2) return void response.writeHead(503).end();
        if (refusals === 1) return void response.writeHead(429, { "retry-after": "7" }).end();
        return void request.socket.resetAndDestroy();
      },
    });
    expect(await client.resolve(at("web:v1"))).toBeUndefined();
    expect(pauses).toEqual([
      [1, undefined],
      [2, 7],
      [3, undefined],
    ]);
  });

  it("end after five attempts, with the registry's words", async () => {
    await restart(answer(502, "<html><h1>Bad gateway</h1>\nupstream gone</html>"));
    expect(await screen(client.pull(at("web:v1"), amd64))).toBe(
      "registry-unavailable\n" +
        "Could not read manifest web:v1: registry <registry> answered HTTP 502, Bad gateway upstream gone.\n" +
        "It stayed so over several attempts: try again later, or look at the registry's log.",
    );
    expect(requests()).toHaveLength(5);
  });

  it("do not wait for hours", async () => {
    await restart(
      answer(429, '{"errors":[{"code":"TOOMANYREQUESTS","message":"pull limit"}]}', { "retry-after": "3600" }),
    );
    expect(await screen(client.pull(at("web:v1"), amd64))).toBe(
      "registry-unavailable\n" +
        "Could not read manifest web:v1: registry <registry> answered HTTP 429, TOOMANYREQUESTS: pull limit.\n" +
        "The registry limits requests: wait, or log in to be allowed more.",
    );
    expect(requests()).toHaveLength(1);
  });

  it("that stay the same are not repeated", async () => {
    expect(await screen(client.pull(at("web:v1"), amd64))).toBe(
      "registry-not-found\n" +
        "Could not read manifest web:v1: registry <registry> answered HTTP 404, MANIFEST_UNKNOWN: repository web has no manifest v1.\n" +
        "Check the image's name, tag and digest.",
    );
    expect(requests()).toHaveLength(1);
    expect(pauses).toEqual([]);
  });

  it("name the repository that is missing", async () => {
    const text = "The repository with name 'web' does not exist in the registry with id '123456789012'";
    await restart({
      hooks: {
        checkRepository: () => {
          throw nameUnknown(text);
        },
      },
    });
    const image = imageOf(["layer"]);
    expect(await screen(client.push(image, at("web")))).toBe(
      "registry-repository-not-found\n" +
        `Could not send blob ${digestOf("layer")} to web: registry <registry> answered HTTP 404, NAME_UNKNOWN: ${text}.\n` +
        "Create the repository first, or correct its name.",
    );
  });

  it("name the tag that may not move, and leave it alone when it is right already", async () => {
    const text =
      "The image tag 'v1' already exists in the 'web' repository and cannot be overwritten because the tag is immutable.";
    const first = imageOf(["layer"]);
    await restart({
      hooks: {
        beforeManifest: (_repository, { tag, digest }) => {
          if (tag === "v1" && digest !== first.manifest.digest) throw tagInvalid(text);
        },
      },
    });
    await client.push(first, at("web"), { tags: ["v1"] });
    expect(await screen(client.push(imageOf(["other"]), at("web"), { tags: ["v1"] }))).toBe(
      `registry-refused\nCould not store manifest web:v1: registry <registry> answered HTTP 400, TAG_INVALID: ${text}\n` +
        "Use another tag, or let the repository's tags be overwritten.",
    );
  });

  it("tell a login that may not do it from one that is missing", async () => {
    await restart({
      authorize: () => {
        throw denied("User is not authorized to perform ecr:BatchGetImage");
      },
    });
    expect(await screen(client.resolve(at("web:v1")))).toBe(
      "registry-denied\nCould not look for manifest web:v1: registry <registry> answered HTTP 403.\n" +
        "Check that this login may do it, or log in again: docker login <registry>",
    );
  });

  it("tell a registry that isn't there", async () => {
    const { registry } = fixture;
    await fixture.close();
    expect(await screen(client.pull(`${registry}/web`, amd64))).toBe(
      `registry-unreachable\nCould not read manifest web:latest: registry <registry> can't be reached (connect ECONNREFUSED <registry>).\n` +
        "Nothing listens at <registry>: start it, or correct the address.",
    );
    expect(pauses).toEqual([]);
  });

  it("tell a connection that keeps breaking", async () => {
    await restart({ intercept: (request) => void request.socket.resetAndDestroy() });
    expect(await screen(client.pull(at("web"), amd64))).toContain(
      "registry-connection-lost\nCould not read manifest web:latest: the connection to registry <registry> broke",
    );
    expect(pauses).toHaveLength(4);
  });
});
