import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { digestOf } from "../digest.ts";
import { blobOf, imageOf } from "../image-fixture.ts";
import { type RegistryFixture, type RegistryFixtureOptions, startRegistryFixture } from "../registry-fixture.ts";
import { unauthorized } from "../server/registry-error.ts";
import type { Credentials } from "./auth.ts";
import { readBlob } from "./blob-content.ts";
import { createRegistryClient, type RegistryClient } from "./client.ts";
import { loginCommand } from "./problem.ts";

const amd64 = { os: "linux", architecture: "amd64" };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startRegistry(options: RegistryFixtureOptions): Promise<RegistryFixture> {
  const fixture = await startRegistryFixture(options);
  cleanups.push(fixture.close);
  return fixture;
}

function clientWith(credentials?: (registry: string) => Promise<Credentials | undefined>): RegistryClient {
  const client = createRegistryClient({ pause: async () => {}, ...(credentials && { credentials }) });
  cleanups.push(client.close);
  return client;
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

/** Wants AWS:secret, as ECR does. */
const basicRegistry = () =>
  startRegistry({
    authorize: ({ headers }) => {
      if (headers.authorization !== basic("AWS:secret"))
        throw unauthorized('Basic realm="https://ecr.example/",service="ecr.amazonaws.com"', "Not Authorized");
    },
  });

/** A token service that writes each token's scopes into the token, and a registry that reads them. */
async function bearerRegistry(lifetimeSeconds: number) {
  const asked: { scopes: string[]; service: string | null; authorization: string | undefined }[] = [];
  const issuer = createServer((request, response) => {
    const query = new URL(request.url ?? "/", "http://issuer").searchParams;
    const scopes = query.getAll("scope");
    asked.push({ scopes, service: query.get("service"), authorization: request.headers.authorization });
    if (request.headers.authorization === basic("mary:wrong")) return void response.writeHead(401).end("bad password");
    response.end(JSON.stringify({ token: `${scopes.join(" ")} #${asked.length}`, expires_in: lifetimeSeconds }));
  });
  await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => issuer.close());
  const { port } = issuer.address() as AddressInfo;
  const challenge = `Bearer realm="http://127.0.0.1:${port}/token",service="test",scope="repository:x:pull"`;
  const revoked = new Set<string>();
  const fixture = await startRegistry({
    authorize: ({ headers: { authorization = "" } }, { repository, action }) => {
      const token = authorization.replace(/^Bearer /, "");
      const allowed = token.includes(`repository:${repository}:pull${action === "push" ? ",push" : ""}`);
      if (!allowed || revoked.has(token)) throw unauthorized(challenge);
    },
  });
  return { fixture, asked, revoked, issuer: `http://127.0.0.1:${port}` };
}

it("logs in with Basic, as ECR wants it, and asks for the credentials once", async () => {
  const fixture = await basicRegistry();
  const asked: string[] = [];
  const client = clientWith(async (registry) => {
    asked.push(registry);
    return { username: "AWS", password: "secret" };
  });
  const result = await client.push(imageOf(["a", "b", "c"]), `${fixture.registry}/web`, { tags: ["v1"] });
  expect(result.sentBlobs).toHaveLength(4);
  expect(asked).toEqual([fixture.registry]);
});

it("asks for credentials anew when they are refused, and then says how to log in", async () => {
  const fixture = await basicRegistry();
  const passwords = ["expired", "secret"];
  const client = clientWith(async () => ({ username: "AWS", password: passwords.shift() ?? "none" }));
  await client.resolve(`${fixture.registry}/web`).catch(() => {});
  expect(await client.resolve(`${fixture.registry}/web`)).toBeUndefined();

  const refused = clientWith(async () => ({ username: "AWS", password: "wrong" }));
  await expect(refused.pull(`${fixture.registry}/web`, amd64)).rejects.toMatchObject({
    code: "registry-login-required",
    message: `Could not read manifest web:latest: registry ${fixture.registry} answered HTTP 401, UNAUTHORIZED: Not Authorized.`,
    fix: `Log in: docker login ${fixture.registry}`,
  });
});

it("asks for credentials anew when they have expired", async () => {
  const fixture = await basicRegistry();
  let asked = 0;
  const client = clientWith(async () => ({ username: "AWS", password: "secret", expiresAt: new Date(asked++) }));
  await client.resolve(`${fixture.registry}/web`);
  asked = 0;
  await client.resolve(`${fixture.registry}/web`);
  expect(asked).toBe(1);
});

it("says how to log in when there are no credentials", async () => {
  const fixture = await basicRegistry();
  await expect(clientWith().pull(`${fixture.registry}/web`, amd64)).rejects.toMatchObject({
    code: "registry-login-required",
    message: `Registry ${fixture.registry} wants a login, and there are no credentials for it.`,
    fix: `Log in: docker login ${fixture.registry}`,
  });
});

it("gets a token for each scope once, anonymously or with credentials", async () => {
  const { fixture, asked } = await bearerRegistry(300);
  const image = imageOf(["a", "b", "c"]);
  await clientWith(async () => ({ username: "mary", password: "pw" })).push(image, `${fixture.registry}/web`);
  const scopes = asked.map((token) => token.scopes);
  expect(new Set(scopes.flat())).toEqual(new Set(["repository:web:pull", "repository:web:pull,push"]));
  expect(asked[0]).toEqual({ scopes: ["repository:web:pull"], service: "test", authorization: basic("mary:pw") });
  // Layers go out in parallel, and may each have asked for the push token before the first one came.
  expect(scopes.filter(([scope]) => scope === "repository:web:pull")).toHaveLength(1);

  asked.length = 0;
  const anonymous = clientWith();
  await anonymous.resolve(`${fixture.registry}/web@${image.manifest.digest}`);
  await anonymous.resolve(`${fixture.registry}/web`);
  expect(asked).toEqual([{ scopes: ["repository:web:pull"], service: "test", authorization: undefined }]);
});

it("asks to read the source of a mount as well", async () => {
  const { fixture, asked } = await bearerRegistry(300);
  const client = clientWith();
  await client.push(imageOf(["base"]), `${fixture.registry}/base`, { tags: ["1"] });
  const base = await client.pull(`${fixture.registry}/base:1`, amd64);
  const result = await client.push(base, `${fixture.registry}/web`);
  expect(result.mountedBlobs).toContain(digestOf("base"));
  expect(asked.map(({ scopes }) => scopes)).toContainEqual(["repository:web:pull,push", "repository:base:pull"]);
});

it("gets a new token when one has ended or is refused", async () => {
  const short = await bearerRegistry(1);
  const client = clientWith();
  for (let times = 0; times < 3; times++) await client.resolve(`${short.fixture.registry}/web`);
  expect(short.asked).toHaveLength(3);

  const long = await bearerRegistry(300);
  await client.resolve(`${long.fixture.registry}/web`);
  long.revoked.add("repository:web:pull #1");
  expect(await client.resolve(`${long.fixture.registry}/web`)).toBeUndefined();
  expect(long.asked).toHaveLength(2);
});

it("explains a token service that refuses", async () => {
  const { fixture, issuer } = await bearerRegistry(300);
  const client = clientWith(async () => ({ username: "mary", password: "wrong" }));
  await expect(client.resolve(`${fixture.registry}/web`)).rejects.toMatchObject({
    code: "registry-login-required",
    message: `Could not log in for repository:web:pull at ${issuer}: registry ${fixture.registry} answered HTTP 401, bad password.`,
  });
});

it("does not show the login to the storage a download is redirected to", async () => {
  const seen: (string | undefined)[] = [];
  const storage = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end("layer");
  });
  await new Promise<void>((resolve) => storage.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => storage.close());
  const location = `http://127.0.0.1:${(storage.address() as AddressInfo).port}/signed?X-Amz-Signature=1`;
  const fixture = await startRegistry({
    authorize: ({ headers }) => {
      if (headers.authorization !== basic("AWS:secret")) throw unauthorized('Basic realm="x"');
    },
    intercept: (request, response, next) =>
      request.method === "GET" && request.url?.endsWith(digestOf("layer"))
        ? void response.writeHead(307, { location }).end()
        : next(request, response),
  });
  const client = clientWith(async () => ({ username: "AWS", password: "secret" }));
  await client.push({ ...imageOf(["layer"]), layers: [blobOf("layer")] }, `${fixture.registry}/web`, { tags: ["v1"] });
  const [layer] = (await client.pull(`${fixture.registry}/web:v1`, amd64)).layers;
  expect(layer && String(await readBlob(layer))).toBe("layer");
  expect(seen).toEqual([undefined]);
});

it.each([
  ["docker.io", "docker login"],
  ["ghcr.io", "docker login ghcr.io"],
  [
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
    "aws ecr get-login-password --region eu-west-1 | docker login --username AWS --password-stdin 123456789012.dkr.ecr.eu-west-1.amazonaws.com",
  ],
])("knows how to log in to %s", (registry, command) => {
  expect(loginCommand(registry)).toBe(command);
});
