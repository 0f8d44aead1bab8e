import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { OciError } from "../../errors.ts";
import { mediaTypes } from "../../image.ts";
import { parseImageConfig } from "../../layers/read-config.ts";
import { digestOf } from "../digest.ts";
import { imageOf } from "../image-fixture.ts";
import { parseChallenge } from "./auth.ts";
import { readBlob } from "./blob-content.ts";
import { createRegistryClient, type RegistryClient } from "./client.ts";

const platform = { os: "linux", architecture: "amd64" };

let server: Server;
let client: RegistryClient;
let answer: RequestListener;
let registry: string;
beforeEach(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  registry = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = async () => ({ username: "me", password: "secret" });
  client = createRegistryClient({ pause: async () => {}, credentials });
});
afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

/** What a person is told; anything but an OciError is a defect. */
async function refusal(action: Promise<unknown>): Promise<string> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof OciError) return `${error.code}: ${error.message}`.replaceAll(registry, "<registry>");
  throw new Error("expected an OciError", { cause: error });
}

const pull = () => client.pull(`${registry}/web:1`, platform);
/** A pull, with every byte of it read. */
async function pullAll(): Promise<void> {
  const image = await pull();
  for (const layer of image.layers) await readBlob(layer);
}

/** Answers every manifest with this text, and every blob with what `blob` has for its digest. */
function serve(
  manifest: string,
  mediaType: string = mediaTypes.manifest,
  blob: (digest: string) => string = () => "{}",
) {
  answer = (request, response) => {
    const isManifest = request.url?.includes("/manifests/");
    if (isManifest) response.setHeader("content-type", mediaType);
    response.end(isManifest ? manifest : blob(request.url?.split("/").at(-1) ?? ""));
  };
}

describe("a manifest", () => {
  const digest = digestOf(Buffer.from("{}"));
  const config = { mediaType: mediaTypes.config, digest, size: 2 };
  test.each([
    ["that is no JSON", "{", "a manifest that is not JSON"],
    ["that is nothing", "null", "a manifest that is not a JSON object"],
    ["that is a list", "[]", "a manifest that is not a JSON object"],
    ["without layers", JSON.stringify({ config }), "a manifest without a list of layers"],
    ["without a configuration", JSON.stringify({ layers: [] }), "no sha256 digest in config"],
    ["with a layer that is nothing", JSON.stringify({ config, layers: [null] }), "no sha256 digest in layers[0]"],
    [
      "whose digest is a path",
      JSON.stringify({ config, layers: [{ ...config, digest: "sha256:../../other/manifests/x" }] }),
      "no sha256 digest in layers[0]",
    ],
    ["with a negative size", JSON.stringify({ config: { ...config, size: -1 }, layers: [] }), "no size in config"],
    ["with a size of text", JSON.stringify({ config: { ...config, size: "2" }, layers: [] }), "no size in config"],
    [
      "whose configuration is none",
      JSON.stringify({ config, layers: [] }),
      "a configuration that is not one of an image",
    ],
  ])("%s is refused", async (_name, manifest, why) => {
    serve(manifest);
    expect(await refusal(pull())).toBe(`image-not-supported: <registry>/web:1 has ${why}.`);
  });

  test("of an index, too", async () => {
    serve(JSON.stringify({ manifests: [{ platform }] }), mediaTypes.index);
    expect(await refusal(pull())).toContain("no sha256 digest in manifests[0]");
    serve(JSON.stringify({ manifests: 5 }), mediaTypes.index);
    expect(await refusal(pull())).toContain("an index without a list of manifests");
    serve(JSON.stringify({ manifests: [{ ...config, platform: { os: 5 } }] }), mediaTypes.index);
    expect(await refusal(pull())).toContain("platform-not-found");
  });

  test("mutated anywhere is taken or refused in words", async () => {
    const image = imageOf(["layer"]);
    const blobs = new Map<string, string>();
    for (const blob of [image.config, ...image.layers]) blobs.set(blob.digest, (await readBlob(blob)).toString());
    const seeds = [(await readBlob(image.manifest)).toString(), (await readBlob(image.config)).toString()];
    const mutated = fc
      .constantFrom(0, 1)
      .chain((which) => mutation(seeds[which] ?? "").map((text) => ({ which, text })));
    await fc.assert(
      fc.asyncProperty(mutated, async ({ which, text }) => {
        const configDigest = digestOf(Buffer.from(text));
        const manifest = {
          ...JSON.parse(seeds[0] ?? ""),
          config: { ...image.config, digest: configDigest, size: Buffer.byteLength(text) },
        };
        const blob = (digest: string) => (digest === configDigest ? text : (blobs.get(digest) ?? ""));
        serve(which === 0 ? text : JSON.stringify(manifest), mediaTypes.manifest, blob);
        await pullAll().catch((error: unknown) => {
          if (!(error instanceof OciError)) throw error;
        });
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

/** JSON with one value replaced by anything, or one cut. */
function mutation(json: string): fc.Arbitrary<string> {
  const values = fc.oneof(
    fc.json({ maxDepth: 2 }),
    fc.constantFrom("null", "[]", "{}", '"\\u0000"', "-1", "1e400", '"sha256:x"'),
  );
  const places = [...json.matchAll(/"(?:[^"\\]|\\.)*"(?!:)|\d+|\[[^\]]*\]/g)].map((match) => [
    match.index,
    match[0].length,
  ]);
  return fc.oneof(
    fc
      .tuple(fc.constantFrom(...places), values)
      .map(([[at = 0, length = 0], value]) => json.slice(0, at) + value + json.slice(at + length)),
    fc.nat({ max: json.length }).map((end) => json.slice(0, end)),
  );
}

test("fields that Docker writes as null are absent", () => {
  const rootfs = { type: "layers", diff_ids: [] };
  const text = JSON.stringify({
    os: "linux",
    architecture: "amd64",
    rootfs,
    config: { Cmd: null, Entrypoint: null, Env: ["A=b"] },
  });
  expect(parseImageConfig(Buffer.from(text))?.config).toEqual({ Env: ["A=b"] });
});

describe("answers without an end are broken off", () => {
  /** Sends for as long as somebody takes it. */
  const endless: RequestListener = (_request, response) => {
    const piece = Buffer.alloc(256 * 1024, " ");
    const pour = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on("drain", pour);
    pour();
  };

  test("of a manifest", async () => {
    answer = endless;
    expect(await refusal(pull())).toContain("the answer is larger than 8388608 bytes");
  });

  test("of a refusal", async () => {
    answer = (request, response) => endless(request, response.writeHead(404));
    expect(await refusal(pull())).toContain("registry-not-found: Could not read manifest web:1");
  });

  test("of a redirect, and of a login", async () => {
    answer = (request, response) => {
      if (request.url === "/there") response.end("{}");
      else endless(request, response.writeHead(302, { location: "/there" }));
    };
    expect(await refusal(pull())).toContain("a manifest without a list of layers");
    answer = (request, response) =>
      endless(request, response.writeHead(401, { "www-authenticate": `Bearer realm="http://${registry}/token"` }));
    expect(await refusal(pull())).toContain("registry-login-required");
  });

  test("of a blob", async () => {
    const { config, layers } = imageOf(["layer"]);
    const [layer] = layers;
    const manifest = JSON.stringify({ config, layers: [{ ...layer, size: 10 }] });
    answer = async (request, response) => {
      if (request.url?.includes("/manifests/")) response.setHeader("content-type", mediaTypes.manifest).end(manifest);
      else if (request.url?.endsWith(config.digest)) response.end(await readBlob(config));
      else endless(request, response);
    };
    expect(await refusal(pullAll())).toContain("it has more than 10 bytes");
  });
});

describe("a redirect", () => {
  test("in circles ends", async () => {
    answer = (request, response) => response.writeHead(307, { location: `${request.url}x` }).end();
    expect(await refusal(pull())).toContain("redirected more than 5 times");
  });

  test.each(["http://[", "ftp://example.com/x", "file:///etc/passwd", "javascript:0"])(
    "to %s isn't followed",
    async (location) => {
      answer = (_request, response) => response.writeHead(302, { location }).end();
      expect(await refusal(pull())).toBe(
        `registry-refused: Registry <registry> leads from http://<registry> to '${location}', which is not followed.`,
      );
    },
  );
});

describe("a login", () => {
  test.each(["ftp://example.com/token", "file:///etc/passwd", "data:application/json,{}"])(
    "isn't sent to %s",
    async (realm) => {
      answer = (_request, response) => response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end();
      expect(await refusal(pull())).toContain("registry-refused: Registry <registry> wants logins at");
    },
  );

  test("whose answer is no token is refused", async () => {
    const answers = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constantFrom("null", "[]", '{"token":5}', '{"token":"a\\r\\nb"}', '{"token":"x","expires_in":"never"}'),
    );
    await fc.assert(
      fc.asyncProperty(answers, async (text) => {
        const challenge = { "www-authenticate": `Bearer realm="http://${registry}/token"` };
        answer = (request, response) =>
          request.url?.startsWith("/token") ? response.end(text) : response.writeHead(401, challenge).end();
        await refusal(createRegistryClient({ pause: async () => {} }).pull(`${registry}/web:1`, platform));
      }),
      { numRuns: 40 },
    );
  });

  test("may be asked for in any words", () => {
    const words = fc.string({ unit: fc.constantFrom(...'Bearer realm="http://a/,\\ \t;'), maxLength: 200 });
    fc.assert(fc.property(words, (text) => void parseChallenge(text)));
    expect(parseChallenge(`Bearer ${'a="'.repeat(50_000)}`)).toBeUndefined();
  });
});

test("what a registry says can't drive the terminal", async () => {
  answer = (_request, response) =>
    response
      .writeHead(400)
      .end(JSON.stringify({ errors: [{ code: "X", message: "\u001b[2Jgone\u202e" }, null, 5, { code: {} }] }));
  expect(await refusal(pull())).toMatch(/answered HTTP 400, X: \[2Jgone/);
});
