import { createHash } from "node:crypto";
import { ECR } from "@aws-sdk/client-ecr";
import { expect, test } from "vitest";
import { conformance, pages, refusals, refused } from "./targets.ts";

const reference = (page: string) => `https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_${page}.html`;
const indexType = "application/vnd.oci.image.index.v1+json";
const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** An index of no images: a manifest that needs no layers. */
const manifest = (text: string) =>
  JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [], annotations: { text } });

const expireAllButOne = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 1 },
      action: { type: "expire" },
    },
  ],
});

conformance((target) => {
  const ecr = target.client(ECR);
  const create = (repositoryName: string, more = {}) => ecr.createRepository({ repositoryName, ...more });
  // moto makes up the digest of an index that comes without one.
  const put = (repositoryName: string, text: string, imageTag?: string) => {
    const imageManifest = manifest(text);
    const imageDigest = digestOf(imageManifest);
    return ecr.putImage({
      repositoryName,
      imageManifest,
      imageManifestMediaType: indexType,
      imageDigest,
      imageTag,
    });
  };

  test("a repository: made, described, set, deleted", async () => {
    const { repository } = await create("made/web", { tags: [{ Key: "app", Value: "shop" }] });
    expect(repository).toMatchObject({
      repositoryName: "made/web",
      repositoryArn: `arn:aws:ecr:${target.region}:${target.accountId}:repository/made/web`,
      registryId: target.accountId,
      imageTagMutability: "MUTABLE",
      imageScanningConfiguration: { scanOnPush: false },
      encryptionConfiguration: { encryptionType: "AES256" },
    });
    expect(repository?.createdAt).toBeInstanceOf(Date);
    expect(repository?.repositoryUri).toMatch(/\/made\/web$/);
    await refused(create("made/web"), "RepositoryAlreadyExistsException");
    const repositoryName = "made/web";
    const immutable = await ecr.putImageTagMutability({ repositoryName, imageTagMutability: "IMMUTABLE" });
    expect(immutable).toMatchObject({ registryId: target.accountId, repositoryName, imageTagMutability: "IMMUTABLE" });
    const imageScanningConfiguration = { scanOnPush: true };
    const scanning = await ecr.putImageScanningConfiguration({ repositoryName, imageScanningConfiguration });
    expect(scanning).toMatchObject({ registryId: target.accountId, repositoryName, imageScanningConfiguration });
    const { repositories } = await ecr.describeRepositories({ repositoryNames: [repositoryName] });
    expect(repositories).toMatchObject([{ imageTagMutability: "IMMUTABLE", imageScanningConfiguration }]);
    expect((await ecr.deleteRepository({ repositoryName })).repository).toMatchObject({ repositoryName });
    await refused(ecr.deleteRepository({ repositoryName }), "RepositoryNotFoundException");
  });

  test("repositories come in pages, whole and in order", async () => {
    for (const name of ["page-b", "page-a", "page-c"]) await create(name);
    const paged = await pages(
      (nextToken) => ecr.describeRepositories({ maxResults: 2, nextToken }),
      ({ repositories, nextToken }) => [repositories, nextToken],
    );
    expect(paged.slice(0, -1).every((page) => page.length === 2)).toBe(true);
    const names = paged.flat().map(({ repositoryName }) => repositoryName);
    expect(names.filter((name) => name?.startsWith("page-")).sort()).toEqual(["page-a", "page-b", "page-c"]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("tags are added, replaced and removed", async () => {
    const { repository } = await create("tags", { tags: [{ Key: "a", Value: "1" }] });
    const resourceArn = repository?.repositoryArn ?? "";
    await ecr.tagResource({
      resourceArn,
      tags: [
        { Key: "a", Value: "2" },
        { Key: "b", Value: "3" },
      ],
    });
    await ecr.untagResource({ resourceArn, tagKeys: ["b", "none"] });
    expect((await ecr.listTagsForResource({ resourceArn })).tags).toEqual([{ Key: "a", Value: "2" }]);
    const tags = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: "" }));
    await target.motoDiffers(reference("TagResource"), () =>
      refused(ecr.tagResource({ resourceArn, tags }), "TooManyTagsException"),
    );
  });

  test("an image: put, described, fetched, tagged again, deleted by tag and by digest", async () => {
    const repositoryName = "images";
    await create(repositoryName);
    const imageDigest = digestOf(manifest("one"));
    const { image } = await put(repositoryName, "one", "v1");
    expect(image).toMatchObject({
      registryId: target.accountId,
      repositoryName,
      imageId: { imageDigest, imageTag: "v1" },
      imageManifest: manifest("one"),
    });
    await refused(put(repositoryName, "one", "v1"), "ImageAlreadyExistsException");
    await put(repositoryName, "one", "v2");
    const { imageDetails = [] } = await ecr.describeImages({ repositoryName, imageIds: [{ imageTag: "v2" }] });
    expect(imageDetails).toMatchObject([{ registryId: target.accountId, repositoryName, imageDigest }]);
    expect(imageDetails[0]?.imageTags?.sort()).toEqual(["v1", "v2"]);
    expect(imageDetails[0]?.imagePushedAt).toBeInstanceOf(Date);
    const got = await ecr.batchGetImage({ repositoryName, imageIds: [{ imageTag: "v2" }, { imageTag: "none" }] });
    expect(got.images).toMatchObject([{ imageId: { imageDigest, imageTag: "v2" }, imageManifest: manifest("one") }]);
    expect(got.failures).toMatchObject([{ failureCode: "ImageNotFound", imageId: { imageTag: "none" } }]);
    await refused(ecr.deleteRepository({ repositoryName }), "RepositoryNotEmptyException");

    const untag = await ecr.batchDeleteImage({ repositoryName, imageIds: [{ imageTag: "v1" }] });
    expect(untag).toMatchObject({ imageIds: [{ imageDigest, imageTag: "v1" }], failures: [] });
    expect((await ecr.listImages({ repositoryName })).imageIds).toEqual([{ imageDigest, imageTag: "v2" }]);
    const unknown = await ecr.batchDeleteImage({ repositoryName, imageIds: [{ imageDigest: digestOf("none") }] });
    expect(unknown).toMatchObject({ imageIds: [], failures: [{ failureCode: "ImageNotFound" }] });
    await ecr.batchDeleteImage({ repositoryName, imageIds: [{ imageDigest }] });
    expect((await ecr.listImages({ repositoryName })).imageIds).toEqual([]);
    await ecr.deleteRepository({ repositoryName });
  });

  test("a tag moves to another image, whose former one is then untagged", async () => {
    const repositoryName = "moving";
    await create(repositoryName);
    await put(repositoryName, "one", "latest");
    await put(repositoryName, "two", "latest");
    const ids = async (tagStatus: "TAGGED" | "UNTAGGED") =>
      (await ecr.listImages({ repositoryName, filter: { tagStatus } })).imageIds;
    expect(await ids("TAGGED")).toEqual([{ imageDigest: digestOf(manifest("two")), imageTag: "latest" }]);
    await target.motoDiffers(reference("ListImagesFilter"), async () =>
      expect(await ids("UNTAGGED")).toEqual([{ imageDigest: digestOf(manifest("one")) }]),
    );
  });

  test("an immutable tag stays where it is; filters leave some tags out of that", async () => {
    const imageTagMutability = "IMMUTABLE";
    await create("immutable", { imageTagMutability });
    await put("immutable", "one", "v1");
    await target.motoDiffers(reference("PutImage"), () =>
      refused(put("immutable", "two", "v1"), "ImageTagAlreadyExistsException"),
    );
    await put("immutable", "two", "v2");
    await target.motoDiffers(reference("ImageTagMutabilityExclusionFilter"), async () => {
      const imageTagMutabilityExclusionFilters = [{ filterType: "WILDCARD", filter: "dev-*" }];
      await create("filtered", { imageTagMutability: "IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters });
      for (const text of ["one", "two"]) await put("filtered", text, "dev-1");
      await put("filtered", "one", "v1");
      await refused(put("filtered", "two", "v1"), "ImageTagAlreadyExistsException");
    });
  });

  test("images come in pages, each once", async () => {
    const repositoryName = "image-pages";
    await create(repositoryName);
    for (const text of ["1", "2", "3"]) await put(repositoryName, text, `v${text}`);
    const sizes = (paged: unknown[][]) => paged.map((page) => page.length);
    await target.motoDiffers(reference("ListImages"), async () => {
      const ids = await pages(
        (nextToken) => ecr.listImages({ repositoryName, maxResults: 2, nextToken }),
        ({ imageIds, nextToken }) => [imageIds, nextToken],
      );
      expect(sizes(ids)).toEqual([2, 1]);
      expect(new Set(ids.flat().map(({ imageTag }) => imageTag))).toEqual(new Set(["v1", "v2", "v3"]));
      const details = await pages(
        (nextToken) => ecr.describeImages({ repositoryName, maxResults: 2, nextToken }),
        ({ imageDetails, nextToken }) => [imageDetails, nextToken],
      );
      expect(sizes(details)).toEqual([2, 1]);
      await refused(ecr.listImages({ repositoryName, nextToken: "made up" }), "InvalidParameterException");
    });
  });

  test("a layer: uploaded in parts, there from then on, read from its address", async () => {
    await target.motoDiffers(reference("InitiateLayerUpload"), async () => {
      const repositoryName = "layers";
      await create(repositoryName);
      const { uploadId, partSize } = await ecr.initiateLayerUpload({ repositoryName });
      expect(partSize).toBeGreaterThan(0);
      const upload = { repositoryName, uploadId };
      const layerDigests = [digestOf("hello")];
      await refused(ecr.completeLayerUpload({ ...upload, layerDigests }), "EmptyUploadException");
      const part = (layerPartBlob: Buffer, partFirstByte: number, partLastByte: number) =>
        ecr.uploadLayerPart({ ...upload, partFirstByte, partLastByte, layerPartBlob });
      expect(await part(Buffer.from("hel"), 0, 2)).toMatchObject({ lastByteReceived: 2, uploadId });
      await refused(part(Buffer.from("lo"), 7, 8), "InvalidLayerPartException");
      await part(Buffer.from("lo"), 3, 4);
      expect(await ecr.completeLayerUpload({ ...upload, layerDigests })).toMatchObject({
        layerDigest: layerDigests[0],
      });
      await refused(ecr.completeLayerUpload({ ...upload, layerDigests }), "UploadNotFoundException");
      const wrong = { repositoryName, uploadId: (await ecr.initiateLayerUpload({ repositoryName })).uploadId };
      await ecr.uploadLayerPart({ ...wrong, partFirstByte: 0, partLastByte: 0, layerPartBlob: Buffer.from("x") });
      await refused(ecr.completeLayerUpload({ ...wrong, layerDigests: [digestOf("y")] }), "InvalidLayerException");
      const there = await ecr.batchCheckLayerAvailability({
        repositoryName,
        layerDigests: [...layerDigests, digestOf("other")],
      });
      expect(there.layers).toMatchObject([{ layerAvailability: "AVAILABLE" }, { layerAvailability: "UNAVAILABLE" }]);
      const layerDigest = digestOf("hello");
      const { downloadUrl = "" } = await ecr.getDownloadUrlForLayer({ repositoryName, layerDigest });
      expect(await (await fetch(downloadUrl)).text()).toBe("hello");
      await refused(
        ecr.getDownloadUrlForLayer({ repositoryName, layerDigest: digestOf("other") }),
        "LayersNotFoundException",
      );
    });
  });

  test("a repository's policy: set, read, deleted", async () => {
    const repositoryName = "policy";
    await create(repositoryName);
    const Statement = [{ Sid: "pull", Effect: "Allow", Principal: "*", Action: "ecr:BatchGetImage" }];
    const policyText = JSON.stringify({ Version: "2012-10-17", Statement });
    const whose = { registryId: target.accountId, repositoryName };
    await refused(ecr.getRepositoryPolicy({ repositoryName }), "RepositoryPolicyNotFoundException");
    expect(await ecr.setRepositoryPolicy({ repositoryName, policyText })).toMatchObject(whose);
    const read = await ecr.getRepositoryPolicy({ repositoryName });
    expect(read).toMatchObject(whose);
    expect(JSON.parse(read.policyText ?? "")).toEqual(JSON.parse(policyText));
    expect(await ecr.deleteRepositoryPolicy({ repositoryName })).toMatchObject(whose);
    await refused(ecr.deleteRepositoryPolicy({ repositoryName }), "RepositoryPolicyNotFoundException");
  });

  test("a lifecycle policy: put, previewed, deleted", async () => {
    const repositoryName = "lifecycle";
    await create(repositoryName);
    await refused(ecr.getLifecyclePolicy({ repositoryName }), "LifecyclePolicyNotFoundException");
    const stored = await ecr.putLifecyclePolicy({ repositoryName, lifecyclePolicyText: expireAllButOne });
    expect(stored).toMatchObject({
      registryId: target.accountId,
      repositoryName,
      lifecyclePolicyText: expireAllButOne,
    });
    expect(await ecr.getLifecyclePolicy({ repositoryName })).toMatchObject({ lifecyclePolicyText: expireAllButOne });
    await put(repositoryName, "one", "v1");
    await put(repositoryName, "two", "v2");
    await target.motoDiffers(reference("StartLifecyclePolicyPreview"), async () => {
      await refused(ecr.getLifecyclePolicyPreview({ repositoryName }), "LifecyclePolicyPreviewNotFoundException");
      expect(await ecr.startLifecyclePolicyPreview({ repositoryName })).toMatchObject({ status: "IN_PROGRESS" });
      await expect.poll(async () => (await ecr.getLifecyclePolicyPreview({ repositoryName })).status).toBe("COMPLETE");
      const preview = await ecr.getLifecyclePolicyPreview({ repositoryName });
      expect(preview.summary).toEqual({ expiringImageTotalCount: 1 });
      expect(preview.previewResults).toMatchObject([{ action: { type: "EXPIRE" }, appliedRulePriority: 1 }]);
    });
    expect(await ecr.deleteLifecyclePolicy({ repositoryName })).toMatchObject({ repositoryName });
    await refused(ecr.deleteLifecyclePolicy({ repositoryName }), "LifecyclePolicyNotFoundException");
  });

  test("the registry and its password", async () => {
    expect((await ecr.describeRegistry({})).registryId).toBe(target.accountId);
    const { authorizationData = [] } = await ecr.getAuthorizationToken({});
    expect(authorizationData).toHaveLength(1);
    const [{ authorizationToken = "", expiresAt, proxyEndpoint } = {}] = authorizationData;
    expect(Buffer.from(authorizationToken, "base64").toString()).toMatch(/^AWS:./);
    await target.motoDiffers(reference("AuthorizationData"), () =>
      expect(Number(expiresAt)).toBeGreaterThan(Date.now() + 11 * 60 * 60 * 1000),
    );
    expect(proxyEndpoint).toMatch(/^https?:\/\//);
  });

  const repositoryName = "none";
  const imageIds = [{ imageTag: "v1" }];
  const layerDigests = [digestOf("layer")];
  const upload = { repositoryName, uploadId: "01234567-0123-0123-0123-0123456789ab" };
  const missing = "RepositoryNotFoundException";
  refusals(target, [
    ["a repository without a name", () => create(""), "InvalidParameterException"],
    ["a repository in capitals", () => create("Web"), "InvalidParameterException"],
    ["a mutability there isn't", () => create("web", { imageTagMutability: "SOME" }), "InvalidParameterException"],
    ["to describe no repository", () => ecr.describeRepositories({ repositoryNames: [repositoryName] }), missing],
    [
      "a token of repositories it never gave",
      () => ecr.describeRepositories({ nextToken: "made up" }),
      "InvalidParameterException",
      reference("DescribeRepositories"),
    ],
    ["to set what no repository's tags may", () => mutability("none"), missing],
    ["to set no repository's scanning", () => scanning("none"), missing],
    ["images of no repository", () => ecr.listImages({ repositoryName }), missing],
    ["to describe images of no repository", () => ecr.describeImages({ repositoryName }), missing],
    ["to get images of no repository", () => ecr.batchGetImage({ repositoryName, imageIds }), missing],
    ["to delete images of no repository", () => ecr.batchDeleteImage({ repositoryName, imageIds }), missing],
    ["to put into no repository", () => put("none", "one"), missing, reference("PutImage")],
    [
      "layers of no repository",
      () => ecr.batchCheckLayerAvailability({ repositoryName, layerDigests }),
      missing,
      reference("BatchCheckLayerAvailability"),
    ],
    [
      "an upload to no repository",
      () => ecr.initiateLayerUpload({ repositoryName }),
      missing,
      reference("InitiateLayerUpload"),
    ],
    [
      "to complete an upload to no repository",
      () => ecr.completeLayerUpload({ ...upload, layerDigests }),
      missing,
      reference("CompleteLayerUpload"),
    ],
    ["the policy of no repository", () => ecr.getRepositoryPolicy({ repositoryName }), missing],
    ["a policy for no repository", () => ecr.setRepositoryPolicy({ repositoryName, policyText: "{}" }), missing],
    ["to delete the policy of no repository", () => ecr.deleteRepositoryPolicy({ repositoryName }), missing],
    ["the lifecycle of no repository", () => ecr.getLifecyclePolicy({ repositoryName }), missing],
    [
      "a lifecycle for no repository",
      () => ecr.putLifecyclePolicy({ repositoryName, lifecyclePolicyText: expireAllButOne }),
      missing,
    ],
    ["to delete the lifecycle of no repository", () => ecr.deleteLifecyclePolicy({ repositoryName }), missing],
    ["tags of no repository", () => ecr.listTagsForResource({ resourceArn: noArn }), missing],
    ["to tag no repository", () => ecr.tagResource({ resourceArn: noArn, tags: [] }), missing],
    ["to untag no repository", () => ecr.untagResource({ resourceArn: noArn, tagKeys: ["a"] }), missing],
    ["tags of what is no ARN", () => ecr.listTagsForResource({ resourceArn: "web" }), "InvalidParameterException"],
  ]);

  const noArn = `arn:aws:ecr:${target.region}:${target.accountId}:repository/none`;
  const mutability = (name: string) =>
    ecr.putImageTagMutability({ repositoryName: name, imageTagMutability: "IMMUTABLE" });
  const scanning = (name: string) =>
    ecr.putImageScanningConfiguration({ repositoryName: name, imageScanningConfiguration: { scanOnPush: true } });

  test("what is wrong inside an existing repository is refused by its own name", async () => {
    const name = "wrong";
    await create(name);
    const parameter = "InvalidParameterException";
    await refused(ecr.setRepositoryPolicy({ repositoryName: name, policyText: "{" }), parameter);
    await refused(ecr.putLifecyclePolicy({ repositoryName: name, lifecyclePolicyText: "{" }), parameter);
    await refused(ecr.describeImages({ repositoryName: name, imageIds }), "ImageNotFoundException");
    await target.motoDiffers(reference("PutImage"), async () => {
      const layers = [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digestOf("layer"), size: 5 }];
      const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf("{}"), size: 2 };
      const imageManifest = JSON.stringify({ schemaVersion: 2, config, layers });
      const imageManifestMediaType = "application/vnd.oci.image.manifest.v1+json";
      const image = { repositoryName: name, imageManifest, imageManifestMediaType };
      await refused(ecr.putImage(image), "LayersNotFoundException");
      await refused(ecr.putImage({ ...image, imageDigest: digestOf("other") }), "ImageDigestDoesNotMatchException");
    });
    await target.motoDiffers(reference("UploadLayerPart"), async () => {
      const part = { partFirstByte: 0, partLastByte: 0, layerPartBlob: Buffer.from("x") };
      await refused(ecr.uploadLayerPart({ ...upload, repositoryName: name, ...part }), "UploadNotFoundException");
    });
  });
});
