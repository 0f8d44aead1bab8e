import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  ListTagsForResourceCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  paginateDescribeRepositories,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-ecr";
import { createRegistryClient } from "@fardel/oci";
import { imageOf } from "@fardel/oci/registry/image-fixture.ts";
import { expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../clock.ts";
import { startTestDrydock, type TestDrydock } from "../../testing.ts";

const create = (repositoryName: string, more = {}) => new CreateRepositoryCommand({ repositoryName, ...more });

/** A client for /v2/ with the password of GetAuthorizationToken. */
function registryClient(drydock: TestDrydock) {
  const ecr = drydock.client(ECRClient);
  const client = createRegistryClient({
    credentials: async () => {
      const { authorizationData: [data] = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
      const [username = "", password = ""] = Buffer.from(data?.authorizationToken ?? "", "base64")
        .toString()
        .split(":");
      return { username, password };
    },
  });
  onTestFinished(client.close);
  return client;
}

test("a repository is created, described and deleted", async () => {
  const drydock = await startTestDrydock();
  const ecr = drydock.client(ECRClient);
  const { repository } = await ecr.send(
    create("shop/web", { tags: [{ Key: "app", Value: "shop" }], imageScanningConfiguration: { scanOnPush: true } }),
  );
  expect(repository).toEqual({
    repositoryArn: "arn:aws:ecr:eu-west-1:000000000000:repository/shop/web",
    registryId: "000000000000",
    repositoryName: "shop/web",
    repositoryUri: `${new URL(drydock.endpoint).host}/shop/web`,
    createdAt: expect.any(Date),
    imageTagMutability: "MUTABLE",
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfiguration: { encryptionType: "AES256" },
  });
  await expect(ecr.send(create("shop/web"))).rejects.toMatchObject({
    name: "RepositoryAlreadyExistsException",
    message: "The repository with name 'shop/web' already exists in the registry with id '000000000000'",
  });
  const described = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ["shop/web"] }));
  expect(described.repositories).toEqual([repository]);
  expect(await ecr.send(new DescribeRegistryCommand({}))).toMatchObject({ registryId: "000000000000" });

  await ecr.send(new DeleteRepositoryCommand({ repositoryName: "shop/web" }));
  await expect(ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ["shop/web"] }))).rejects.toMatchObject({
    name: "RepositoryNotFoundException",
    message: "The repository with name 'shop/web' does not exist in the registry with id '000000000000'",
  });
  await expect(
    ecr.send(new DeleteRepositoryCommand({ repositoryName: "shop/web", registryId: "111111111111" })),
  ).rejects.toMatchObject({ message: expect.stringContaining("'111111111111'") });
});

test("names and settings are checked", async () => {
  const ecr = (await startTestDrydock()).client(ECRClient);
  for (const name of ["Web", "web/", "a", "web:1", "x".repeat(257)])
    await expect(ecr.send(create(name))).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: expect.stringContaining("Invalid parameter at 'repositoryName' failed to satisfy constraint:"),
    });
  await expect(ecr.send(create("web", { imageTagMutability: "IMMUTABLE_WITH_EXCLUSION" }))).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
  await expect(ecr.send(create("web", { tags: [{ Key: "aws:x", Value: "" }] }))).rejects.toMatchObject({
    name: "InvalidTagParameterException",
  });
});

test("repositories come in pages", async () => {
  const ecr = (await startTestDrydock()).client(ECRClient);
  for (const name of ["cc", "aa", "ee", "bb", "dd"]) await ecr.send(create(name));
  const pages: (string | undefined)[][] = [];
  for await (const page of paginateDescribeRepositories({ client: ecr, pageSize: 2 }, {}))
    pages.push((page.repositories ?? []).map(({ repositoryName }) => repositoryName));
  expect(pages).toEqual([["aa", "bb"], ["cc", "dd"], ["ee"]]);
  await expect(ecr.send(new DescribeRepositoriesCommand({ nextToken: "made up" }))).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
});

test("settings and tags of a repository change", async () => {
  const ecr = (await startTestDrydock()).client(ECRClient);
  const { repository } = await ecr.send(create("web", { tags: [{ Key: "app", Value: "shop" }] }));
  const resourceArn = repository?.repositoryArn;
  await ecr.send(new TagResourceCommand({ resourceArn, tags: [{ Key: "team", Value: "a" }] }));
  await ecr.send(new UntagResourceCommand({ resourceArn, tagKeys: ["app"] }));
  expect((await ecr.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual([{ Key: "team", Value: "a" }]);
  await expect(ecr.send(new ListTagsForResourceCommand({ resourceArn: `${resourceArn}-gone` }))).rejects.toMatchObject({
    name: "RepositoryNotFoundException",
  });

  await ecr.send(new PutImageTagMutabilityCommand({ repositoryName: "web", imageTagMutability: "IMMUTABLE" }));
  const imageScanningConfiguration = { scanOnPush: true };
  await ecr.send(new PutImageScanningConfigurationCommand({ repositoryName: "web", imageScanningConfiguration }));
  const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}));
  expect(repositories).toMatchObject([{ imageTagMutability: "IMMUTABLE", imageScanningConfiguration }]);
});

test("an image is pushed and pulled at the repository's URI with the token's password", async () => {
  const drydock = await startTestDrydock();
  const ecr = drydock.client(ECRClient);
  const { repository } = await ecr.send(create("shop/web"));
  const uri = repository?.repositoryUri ?? "";
  const client = registryClient(drydock);
  const image = imageOf(["base", "application"]);
  const pushed = await client.push(image, uri, { tags: ["v1"] });
  expect(pushed).toMatchObject({ digest: image.manifest.digest, sentBytes: 15 + image.config.size });
  const pulled = await client.pull(`${uri}:v1`, { os: "linux", architecture: "amd64" });
  expect(pulled.layers.map(({ digest }) => digest)).toEqual(image.layers.map(({ digest }) => digest));

  const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: "shop/web" }));
  expect(imageDetails).toMatchObject([{ imageDigest: image.manifest.digest, imageTags: ["v1"], imageSizeInBytes: 15 }]);
  await expect(ecr.send(new DeleteRepositoryCommand({ repositoryName: "shop/web" }))).rejects.toMatchObject({
    name: "RepositoryNotEmptyException",
  });
  await ecr.send(new DeleteRepositoryCommand({ repositoryName: "shop/web", force: true }));
  await ecr.send(create("shop/web"));
  expect(await client.resolve(`${uri}:v1`)).toBeUndefined();
  expect((await client.push(image, uri)).sentBlobs).toHaveLength(3);
});

test("a push to a repository that isn't there, or to an immutable tag, is refused in ECR's words", async () => {
  const drydock = await startTestDrydock();
  const ecr = drydock.client(ECRClient);
  const client = registryClient(drydock);
  const host = new URL(drydock.endpoint).host;
  await expect(client.push(imageOf(["a"]), `${host}/web`)).rejects.toMatchObject({
    code: "registry-repository-not-found",
    message: expect.stringContaining(
      "NAME_UNKNOWN: The repository with name 'web' does not exist in the registry with id '000000000000'",
    ),
  });

  const imageTagMutabilityExclusionFilters = [{ filterType: "WILDCARD", filter: "dev-*" }];
  await ecr.send(create("web", { imageTagMutability: "IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters }));
  for (const content of ["a", "b"]) await client.push(imageOf([content]), `${host}/web`, { tags: ["dev-1"] });
  await client.push(imageOf(["a"]), `${host}/web`, { tags: ["v1"] });
  await expect(client.push(imageOf(["b"]), `${host}/web`, { tags: ["v1"] })).rejects.toMatchObject({
    message: expect.stringContaining(
      "TAG_INVALID: The image tag 'v1' already exists in the 'web' repository and cannot be overwritten because the tag is immutable.",
    ),
  });
});

test("the registry wants the password of GetAuthorizationToken, for as long as it lives", async () => {
  let now = Date.UTC(2026, 0, 1);
  const clock: Clock = { now: () => now, after: () => () => {} };
  const drydock = await startTestDrydock({ clock });
  const ecr = drydock.client(ECRClient);
  const version = (authorization?: string) =>
    fetch(`${drydock.endpoint}/v2/`, authorization === undefined ? {} : { headers: { authorization } });
  const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

  const anonymous = await version();
  expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toEqual([
    401,
    `Basic realm="${drydock.endpoint}/",service="ecr.amazonaws.com"`,
  ]);
  const { authorizationData: [data] = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
  expect(data).toMatchObject({ proxyEndpoint: drydock.endpoint, expiresAt: new Date(now + 12 * 60 * 60 * 1000) });
  const login = `Basic ${data?.authorizationToken}`;
  expect((await version(login)).status).toBe(200);
  expect((await version(basic("AWS:made-up"))).status).toBe(403);
  expect((await version(login.replace(/Basic .*/, basic("mary:x")))).status).toBe(403);

  now += 12 * 60 * 60 * 1000;
  const late = await version(login);
  expect([late.status, await late.json()]).toEqual([
    403,
    { errors: [{ code: "DENIED", message: "Your authorization token has expired. Reauthenticate and try again." }] },
  ]);
});

test("images and repositories are there after a restart, also when the port is another", async () => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const first = await startTestDrydock({ directory, keep: true });
  const image = imageOf(["layer"]);
  const { repository } = await first.client(ECRClient).send(create("web"));
  await registryClient(first).push(image, repository?.repositoryUri ?? "", { tags: ["v1"] });
  await first.close();
  const second = await startTestDrydock({ directory });
  const host = new URL(second.endpoint).host;
  const pulled = await registryClient(second).pull(`${host}/web:v1`, { os: "linux", architecture: "amd64" });
  expect(pulled.manifest.digest).toBe(image.manifest.digest);
});
