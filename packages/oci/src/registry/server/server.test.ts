import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mediaTypes } from "../../image.ts";
import { digestOf } from "../digest.ts";
import { type RegistryFixture, type RegistryFixtureOptions, startRegistryFixture } from "../registry-fixture.ts";
import { denied, nameUnknown, tagInvalid, unauthorized } from "./registry-error.ts";

const hello = "hello registry";
const helloDigest = digestOf(hello);
const config = JSON.stringify({ os: "linux", architecture: "amd64" });

let fixture: RegistryFixture;
beforeEach(async () => {
  fixture = await startRegistryFixture();
});
afterEach(() => fixture.close());

async function restart(options: RegistryFixtureOptions): Promise<void> {
  await fixture.close();
  fixture = await startRegistryFixture(options);
}

const call = (method: string, path: string, init: RequestInit = {}) =>
  fetch(new URL(path, `http://${fixture.registry}`), { method, redirect: "manual", ...init });

async function upload(repository: string, content: string): Promise<string> {
  const digest = digestOf(content);
  const { status } = await call("POST", `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: content });
  expect(status).toBe(201);
  return digest;
}

function manifestOf(layers: string[]): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: digestOf(config), size: config.length },
    layers: layers.map((layer) => ({ mediaType: mediaTypes.layerTar, digest: digestOf(layer), size: layer.length })),
  });
}

const putManifest = (repository: string, reference: string, body: string, contentType: string = mediaTypes.manifest) =>
  call("PUT", `/v2/${repository}/manifests/${reference}`, { body, headers: { "content-type": contentType } });

/** Status and error codes: what a client decides on. */
async function refusal(response: Response): Promise<string> {
  const { errors } = (await response.json()) as { errors: { code: string; message: string }[] };
  return errors.map(({ code, message }) => `${response.status} ${code}: ${message}`).join("\n");
}

describe("/v2/", () => {
  it("tells the API version", async () => {
    const response = await call("GET", "/v2/");
    expect(response.status).toBe(200);
    expect(response.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
  });

  it("answers unknown paths, names and methods in the spec's error JSON", async () => {
    expect(await refusal(await call("GET", "/v2/web/pictures"))).toBe(
      "404 UNSUPPORTED: this registry has nothing at /v2/web/pictures",
    );
    expect(await refusal(await call("GET", "/v2/Web/tags/list"))).toBe(
      "400 NAME_INVALID: 'Web' cannot name a repository",
    );
    expect(await refusal(await call("GET", "/v2/a/../../b/_blobs/tags/list"))).toContain("UNSUPPORTED");
    expect(await refusal(await call("POST", "/v2/web/manifests/latest"))).toBe(
      "405 UNSUPPORTED: POST is not supported for /v2/web/manifests/latest",
    );
  });
});

describe("uploads", () => {
  it("takes a blob in one POST", async () => {
    const response = await call("POST", `/v2/shop/web/blobs/uploads/?digest=${helloDigest}`, { body: hello });
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe(`/v2/shop/web/blobs/${helloDigest}`);
    expect(response.headers.get("docker-content-digest")).toBe(helloDigest);
    expect(await (await call("GET", `/v2/shop/web/blobs/${helloDigest}`)).text()).toBe(hello);
  });

  it("takes a blob by POST, then PUT", async () => {
    const started = await call("POST", "/v2/web/blobs/uploads/");
    expect(started.status).toBe(202);
    expect(started.headers.get("range")).toBe("0-0");
    const location = started.headers.get("location") ?? "";
    expect(location).toBe(`/v2/web/blobs/uploads/${started.headers.get("docker-upload-uuid")}`);
    const finished = await call("PUT", `${location}?digest=${helloDigest}`, { body: hello });
    expect(finished.status).toBe(201);
    expect((await call("GET", location)).status).toBe(404);
  });

  it("takes a blob in chunks, in order only, and tells how far it is", async () => {
    const location = (await call("POST", "/v2/web/blobs/uploads/")).headers.get("location") ?? "";
    const chunk = (range: string, body: string) =>
      call("PATCH", location, { body, headers: { "content-range": range } });

    const first = await chunk("0-4", "hello");
    expect([first.status, first.headers.get("range"), first.headers.get("location")]).toEqual([202, "0-4", location]);

    const gap = await chunk("9-13", "stry!");
    expect([gap.status, gap.headers.get("range"), gap.headers.get("location")]).toEqual([416, "0-4", location]);
    expect(await refusal(gap)).toBe("416 RANGE_INVALID: chunk 9-13 does not follow the 5 bytes received");
    expect((await chunk("bytes 5-8", "abcd")).status).toBe(416);
    expect(await refusal(await chunk("5-13", "short"))).toBe(
      "400 SIZE_INVALID: Content-Range 5-13 has 9 bytes, Content-Length says 5",
    );

    const status = await call("GET", location);
    expect([status.status, status.headers.get("range")]).toEqual([204, "0-4"]);
    expect((await chunk("5-8", " reg")).headers.get("range")).toBe("0-8");
    const last = await call("PUT", `${location}?digest=${helloDigest}`, {
      body: "istry",
      headers: { "content-range": "9-13" },
    });
    expect(last.status).toBe(201);
    expect(await (await call("GET", `/v2/web/blobs/${helloDigest}`)).text()).toBe(hello);
  });

  it("takes a streamed PATCH without Content-Range and Content-Length, as Docker sends it", async () => {
    const location = (await call("POST", "/v2/web/blobs/uploads/")).headers.get("location") ?? "";
    const body = new Blob([hello]).stream();
    const streamed = await call("PATCH", location, { body, duplex: "half" } as RequestInit);
    expect([streamed.status, streamed.headers.get("range")]).toEqual([202, "0-13"]);
    expect((await call("PUT", `${location}?digest=${encodeURIComponent(helloDigest)}`)).status).toBe(201);
  });

  it("keeps what arrived before a sender broke off", async () => {
    const location = (await call("POST", "/v2/web/blobs/uploads/")).headers.get("location") ?? "";
    const sender = httpRequest(new URL(location, `http://${fixture.registry}`), {
      method: "PATCH",
      headers: { "content-range": "0-13", "content-length": 14 },
    });
    sender.on("error", () => {});
    sender.write("hello");
    await once(sender, "socket");
    let range = "0-0";
    while (range === "0-0") range = (await call("GET", location)).headers.get("range") ?? "";
    sender.destroy();
    expect(range).toBe("0-4");
    const rest = await call("PUT", `${location}?digest=${helloDigest}`, {
      body: hello.slice(5),
      headers: { "content-range": "5-13" },
    });
    expect(rest.status).toBe(201);
  });

  it("refuses content with another digest, and forgets it", async () => {
    const location = (await call("POST", "/v2/web/blobs/uploads/")).headers.get("location") ?? "";
    const wrong = await call("PUT", `${location}?digest=${helloDigest}`, { body: "something else" });
    expect(await refusal(wrong)).toBe(
      `400 DIGEST_INVALID: the content has digest ${digestOf("something else")}, not ${helloDigest} (14 bytes received)`,
    );
    expect((await call("HEAD", `/v2/web/blobs/${helloDigest}`)).status).toBe(404);
    expect((await call("PUT", `${location}?digest=${helloDigest}`, { body: hello })).status).toBe(404);
    expect(await readdir(join(fixture.directory, "repositories/web/_uploads"))).toEqual([]);
  });

  it("cancels an upload, and knows no other ones", async () => {
    const location = (await call("POST", "/v2/web/blobs/uploads/")).headers.get("location") ?? "";
    expect((await call("DELETE", location)).status).toBe(204);
    expect((await call("DELETE", location)).status).toBe(404);
    expect(await refusal(await call("PATCH", "/v2/web/blobs/uploads/..%2F..%2Fx", { body: "x" }))).toContain("404");
    expect(await refusal(await call("GET", "/v2/web/blobs/uploads/nothing"))).toBe(
      "404 BLOB_UPLOAD_UNKNOWN: there is no upload nothing; it was finished, cancelled or never begun",
    );
  });

  it("does not let one repository continue another one's upload", async () => {
    const location = (await call("POST", "/v2/web/blobs/uploads/")).headers.get("location") ?? "";
    expect((await call("PATCH", location.replace("/web/", "/api/"), { body: hello })).status).toBe(404);
  });

  it("mounts a blob of another repository, or falls back to an upload", async () => {
    await upload("web", hello);
    const mounted = await call("POST", `/v2/api/blobs/uploads/?mount=${helloDigest}&from=web`);
    expect([mounted.status, mounted.headers.get("location")]).toEqual([201, `/v2/api/blobs/${helloDigest}`]);
    expect((await call("HEAD", `/v2/api/blobs/${helloDigest}`)).status).toBe(200);

    const absent = await call("POST", `/v2/api/blobs/uploads/?mount=${digestOf("absent")}&from=web`);
    expect([absent.status, absent.headers.get("location")]).toEqual([202, expect.stringContaining("/uploads/")]);
  });
});

describe("blobs", () => {
  it("belong to the repository they were pushed to", async () => {
    await upload("web", hello);
    const head = await call("HEAD", `/v2/web/blobs/${helloDigest}`);
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "14"]);
    expect(head.headers.get("docker-content-digest")).toBe(helloDigest);
    expect(await refusal(await call("GET", `/v2/api/blobs/${helloDigest}`))).toBe(
      `404 BLOB_UNKNOWN: repository api has no blob ${helloDigest}`,
    );
    expect(await refusal(await call("GET", "/v2/web/blobs/sha256:12"))).toBe(
      "400 DIGEST_INVALID: 'sha256:12' is not a sha256 digest",
    );
  });

  it.each([
    ["bytes=6-", 206, "bytes 6-13/14", "registry"],
    ["bytes=0-4", 206, "bytes 0-4/14", "hello"],
    ["bytes=-8", 206, "bytes 6-13/14", "registry"],
    ["bytes=6-100", 206, "bytes 6-13/14", "registry"],
    ["bytes=0-1,3-4", 200, null, hello],
    ["lines=0-1", 200, null, hello],
  ])("answers Range: %s", async (range, status, contentRange, text) => {
    await upload("web", hello);
    const response = await call("GET", `/v2/web/blobs/${helloDigest}`, { headers: { range } });
    expect([response.status, response.headers.get("content-range")]).toEqual([status, contentRange]);
    expect(await response.text()).toBe(text);
  });

  it("answers 416 to a range outside", async () => {
    await upload("web", hello);
    const response = await call("GET", `/v2/web/blobs/${helloDigest}`, { headers: { range: "bytes=14-20" } });
    expect([response.status, response.headers.get("content-range")]).toEqual([416, "bytes */14"]);
  });

  it("leave one repository when deleted there", async () => {
    await upload("web", hello);
    await upload("api", hello);
    expect((await call("DELETE", `/v2/web/blobs/${helloDigest}`)).status).toBe(202);
    expect((await call("DELETE", `/v2/web/blobs/${helloDigest}`)).status).toBe(404);
    expect((await call("GET", `/v2/api/blobs/${helloDigest}`)).status).toBe(200);
  });

  it("may be empty", async () => {
    const digest = await upload("web", "");
    expect(await (await call("GET", `/v2/web/blobs/${digest}`)).text()).toBe("");
  });
});

describe("manifests", () => {
  it("are stored by tag and digest, byte for byte", async () => {
    await upload("web", config);
    await upload("web", hello);
    const manifest = manifestOf([hello]);
    const stored = await putManifest("web", "v1", manifest);
    expect([stored.status, stored.headers.get("location"), stored.headers.get("docker-content-digest")]).toEqual([
      201,
      `/v2/web/manifests/${digestOf(manifest)}`,
      digestOf(manifest),
    ]);
    for (const reference of ["v1", digestOf(manifest)]) {
      const read = await call("GET", `/v2/web/manifests/${reference}`);
      expect(await read.text()).toBe(manifest);
      expect(read.headers.get("content-type")).toBe(mediaTypes.manifest);
      const head = await call("HEAD", `/v2/web/manifests/${reference}`);
      expect([head.status, head.headers.get("content-length"), head.headers.get("docker-content-digest")]).toEqual([
        200,
        String(manifest.length),
        digestOf(manifest),
      ]);
    }
    expect(await refusal(await call("GET", "/v2/web/manifests/v2"))).toBe(
      "404 MANIFEST_UNKNOWN: repository web has no manifest v2",
    );
  });

  it("need every blob they refer to", async () => {
    await upload("web", config);
    expect(await refusal(await putManifest("web", "v1", manifestOf([hello])))).toBe(
      `400 MANIFEST_BLOB_UNKNOWN: the manifest refers to content that repository web does not have: ${helloDigest}`,
    );
    expect((await call("HEAD", "/v2/web/manifests/v1")).status).toBe(404);
  });

  it("may be an index, OCI or Docker, of manifests that are there", async () => {
    await upload("web", config);
    const manifest = manifestOf([]);
    const index = (mediaType: string | undefined) =>
      JSON.stringify({
        schemaVersion: 2,
        mediaType,
        manifests: [{ mediaType: mediaTypes.manifest, digest: digestOf(manifest), size: manifest.length }],
      });
    expect(await refusal(await putManifest("web", "v1", index(mediaTypes.index), mediaTypes.index))).toBe(
      `400 MANIFEST_BLOB_UNKNOWN: the manifest refers to content that repository web does not have: ${digestOf(manifest)}`,
    );
    await putManifest("web", digestOf(manifest), manifest);
    for (const [tag, mediaType, body] of [
      ["oci", mediaTypes.index, index(mediaTypes.index)],
      ["implied", mediaTypes.index, index(undefined)],
      ["docker", mediaTypes.dockerIndex, index(mediaTypes.dockerIndex)],
    ] as const) {
      expect((await putManifest("web", tag, body, mediaType)).status).toBe(201);
      const read = await call("GET", `/v2/web/manifests/${tag}`);
      expect([read.headers.get("content-type"), await read.text()]).toEqual([mediaType, body]);
    }
  });

  it.each([
    ["not JSON", "{", "400 MANIFEST_INVALID: the manifest is not JSON"],
    ["schema 1", '{"schemaVersion":1}', "400 MANIFEST_INVALID: schemaVersion is 1; only 2 is supported"],
    [
      "no content",
      '{"schemaVersion":2}',
      "400 MANIFEST_INVALID: the document has neither mediaType, config nor manifests",
    ],
    [
      "another type",
      `{"schemaVersion":2,"mediaType":"${mediaTypes.index}","manifests":[]}`,
      `400 MANIFEST_INVALID: the manifest is ${mediaTypes.index}, but Content-Type says ${mediaTypes.manifest}`,
    ],
    [
      "bad descriptor",
      `{"schemaVersion":2,"config":{"digest":"${helloDigest}","size":-1,"mediaType":"x"},"layers":[]}`,
      "400 MANIFEST_INVALID: config.size is not a number of bytes",
    ],
    ["too large", " ".repeat(4 * 1024 * 1024 + 1), "413 SIZE_INVALID: the body is larger than 4194304 bytes"],
  ])("are refused when invalid: %s", async (_case, body, expected) => {
    expect(await refusal(await putManifest("web", "v1", body))).toContain(expected);
  });

  it("must have the digest they are put under, and a proper tag", async () => {
    await upload("web", config);
    expect(await refusal(await putManifest("web", helloDigest, manifestOf([])))).toContain("400 DIGEST_INVALID");
    expect(await refusal(await putManifest("web", "-v1", manifestOf([])))).toBe(
      "400 TAG_INVALID: '-v1' cannot be a tag",
    );
    expect(await refusal(await putManifest("web", "sha512:12", manifestOf([])))).toContain("400 DIGEST_INVALID");
  });

  it("are deleted with their tags; a tag is deleted alone", async () => {
    await upload("web", config);
    const manifest = manifestOf([]);
    for (const tag of ["v1", "v2", "v3"]) await putManifest("web", tag, manifest);
    expect((await call("DELETE", "/v2/web/manifests/v1")).status).toBe(202);
    expect((await call("DELETE", "/v2/web/manifests/v1")).status).toBe(404);
    expect((await call("HEAD", "/v2/web/manifests/v2")).status).toBe(200);
    expect((await call("DELETE", `/v2/web/manifests/${digestOf(manifest)}`)).status).toBe(202);
    for (const reference of ["v2", "v3", digestOf(manifest)])
      expect((await call("HEAD", `/v2/web/manifests/${reference}`)).status).toBe(404);
    expect(await (await call("GET", "/v2/web/tags/list")).json()).toEqual({ name: "web", tags: [] });
  });
});

it("lists tags in pages that lead to each other", async () => {
  await upload("web", config);
  for (const tag of ["b", "a", "d", "c", "B"]) await putManifest("web", tag, manifestOf([]));
  const pages: string[][] = [];
  for (let next: string | undefined = "/v2/web/tags/list?n=2"; next !== undefined; ) {
    const response = await call("GET", next);
    pages.push(((await response.json()) as { tags: string[] }).tags);
    next = /^<(.+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];
  }
  expect(pages).toEqual([["B", "a"], ["b", "c"], ["d"]]);
  expect(await (await call("GET", "/v2/web/tags/list?last=b")).json()).toEqual({ name: "web", tags: ["c", "d"] });
  expect(await refusal(await call("GET", "/v2/web/tags/list?n=two"))).toContain("400 PAGINATION_NUMBER_INVALID");
});

describe("the owner's hooks", () => {
  it("decide which repositories there are", async () => {
    await restart({ hooks: { checkRepository: (name) => void (name === "web" || raise(nameUnknown(`no ${name}`))) } });
    expect(await refusal(await call("POST", "/v2/api/blobs/uploads/"))).toBe("404 NAME_UNKNOWN: no api");
    expect((await call("POST", "/v2/web/blobs/uploads/")).status).toBe(202);
  });

  it("can keep a tag as it is, and hear of pushes and deletions", async () => {
    const heard: unknown[] = [];
    await restart({
      hooks: {
        beforeManifest: (_repository, { tag }) => void (tag === "v1" && raise(tagInvalid("v1 is immutable"))),
        onManifest: (repository, { bytes, ...push }) => void heard.push(["put", repository, push, bytes.length]),
        onDelete: (repository, deleted) => void heard.push(["deleted", repository, deleted]),
      },
    });
    await upload("web", config);
    const manifest = manifestOf([]);
    const digest = digestOf(manifest);
    expect(await refusal(await putManifest("web", "v1", manifest))).toBe("400 TAG_INVALID: v1 is immutable");
    expect((await call("HEAD", "/v2/web/manifests/v1")).status).toBe(404);
    await putManifest("web", digest, manifest);
    await putManifest("web", "v2", manifest);
    await call("DELETE", "/v2/web/manifests/v2");
    await call("DELETE", `/v2/web/manifests/${digest}`);
    expect(heard).toEqual([
      ["put", "web", { digest, mediaType: mediaTypes.manifest, tag: undefined }, manifest.length],
      ["put", "web", { digest, mediaType: mediaTypes.manifest, tag: "v2" }, manifest.length],
      ["deleted", "web", { tag: "v2" }],
      ["deleted", "web", { digest }],
    ]);
  });

  it("authorize by action, and guard the source of a mount", async () => {
    const asked: string[] = [];
    await restart({
      authorize: (request, { repository, action }) => {
        asked.push(`${action} ${repository}`);
        if (request.headers.authorization === undefined) throw unauthorized('Basic realm="test"');
        if (repository === "secret") throw denied("not yours");
      },
    });
    const anonymous = await call("GET", "/v2/");
    expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="test"']);
    expect(await refusal(anonymous)).toBe("401 UNAUTHORIZED: authentication required");

    const headers = { authorization: "Basic eDp5" };
    expect(await refusal(await call("GET", "/v2/secret/tags/list", { headers }))).toBe("403 DENIED: not yours");
    expect((await call("POST", `/v2/web/blobs/uploads/?mount=${helloDigest}&from=secret`, { headers })).status).toBe(
      202,
    );
    await call("GET", "/v2/web/blobs/uploads/x", { headers });
    await call("DELETE", `/v2/web/blobs/${helloDigest}`, { headers });
    expect(asked).toEqual(["pull undefined", "pull secret", "push web", "pull secret", "push web", "delete web"]);
  });
});

it("answers an unexpected failure instead of hanging", async () => {
  await restart({ hooks: { checkRepository: () => raise(new Error("disk full")) } });
  expect(await refusal(await call("GET", "/v2/web/tags/list"))).toBe("500 UNKNOWN: Error: disk full");
});

function raise(error: Error): never {
  throw error;
}
