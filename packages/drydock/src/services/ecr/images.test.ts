import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BatchCheckLayerAvailabilityCommand,
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  DeleteRepositoryPolicyCommand,
  DescribeImagesCommand,
  ECRClient,
  GetDownloadUrlForLayerCommand,
  GetLifecyclePolicyCommand,
  GetLifecyclePolicyPreviewCommand,
  GetRepositoryPolicyCommand,
  InitiateLayerUploadCommand,
  ListImagesCommand,
  PutImageCommand,
  PutLifecyclePolicyCommand,
  paginateListImages,
  SetRepositoryPolicyCommand,
  StartLifecyclePolicyPreviewCommand,
  UploadLayerPartCommand,
} from "@aws-sdk/client-ecr";
import { mediaTypes } from "@fardel/oci";
import { expect, onTestFinished, test } from "vitest";
import type { Clock } from "../../clock.ts";
import { startTestDrydock } from "../../testing.ts";

const repositoryName = "web";
const sha256 = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const descriptor = (mediaType: string, text: string) => ({ mediaType, digest: sha256(text), size: text.length });

async function startEcr(options: Parameters<typeof startTestDrydock>[0] = {}) {
  const drydock = await startTestDrydock(options);
  const ecr = drydock.client(ECRClient);
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));

  async function upload(text: string): Promise<string> {
    const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
    await ecr.send(
      new UploadLayerPartCommand({
        repositoryName,
        uploadId,
        partFirstByte: 0,
        partLastByte: text.length - 1,
        layerPartBlob: Buffer.from(text),
      }),
    );
    await ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [sha256(text)] }));
    return sha256(text);
  }

  /** Puts an image of one layer; the API takes the configuration for a layer like any other. */
  async function putImage(layer: string, imageTag?: string): Promise<string> {
    const config = `{"layer":"${layer}"}`;
    for (const text of [config, layer]) {
      const { layers } = await ecr.send(
        new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [sha256(text)] }),
      );
      if (layers?.[0]?.layerAvailability !== "AVAILABLE") await upload(text);
    }
    const imageManifest = manifestOf(layer);
    const { image } = await ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageTag }));
    return image?.imageId?.imageDigest ?? "";
  }

  async function putIndex(digests: string[], imageTag: string): Promise<string> {
    const manifests = digests.map((digest) => ({ mediaType: mediaTypes.manifest, digest, size: 1 }));
    const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests });
    const { image } = await ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageTag }));
    return image?.imageId?.imageDigest ?? "";
  }
  return { drydock, ecr, upload, putImage, putIndex };
}

function manifestOf(layer: string): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: descriptor(mediaTypes.config, `{"layer":"${layer}"}`),
    layers: [descriptor(mediaTypes.layerTar, layer)],
  });
}

test("a layer is uploaded in parts, in order, and read from its address without a login", async () => {
  const { ecr, upload } = await startEcr();
  const { uploadId, partSize } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
  expect(partSize).toBe(20 * 1024 * 1024);
  const part = (text: string, partFirstByte: number) =>
    new UploadLayerPartCommand({
      repositoryName,
      uploadId,
      partFirstByte,
      partLastByte: partFirstByte + text.length - 1,
      layerPartBlob: Buffer.from(text),
    });
  const complete = (digest: string) =>
    new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [digest] });
  await expect(ecr.send(complete(sha256("hello")))).rejects.toMatchObject({ name: "EmptyUploadException" });
  expect(await ecr.send(part("hel", 0))).toMatchObject({ lastByteReceived: 2 });
  await expect(ecr.send(part("lo", 5))).rejects.toMatchObject({
    name: "InvalidLayerPartException",
    lastValidByteReceived: 2,
    uploadId,
  });
  expect(await ecr.send(part("lo", 3))).toMatchObject({ lastByteReceived: 4 });
  expect(await ecr.send(complete(sha256("hello")))).toMatchObject({ layerDigest: sha256("hello") });
  await expect(ecr.send(part("!", 5))).rejects.toMatchObject({ name: "UploadNotFoundException" });
  await expect(upload("hello")).rejects.toMatchObject({ name: "LayerAlreadyExistsException" });

  const layerDigests = [sha256("hello"), sha256("other"), "sha256:12"];
  expect(await ecr.send(new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests }))).toMatchObject({
    layers: [
      { layerDigest: sha256("hello"), layerAvailability: "AVAILABLE", layerSize: 5 },
      { layerDigest: sha256("other"), layerAvailability: "UNAVAILABLE" },
    ],
    failures: [{ layerDigest: "sha256:12", failureCode: "InvalidLayerDigest" }],
  });

  const download = (layerDigest: string) =>
    ecr.send(new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest }));
  const { downloadUrl = "" } = await download(sha256("hello"));
  expect(await (await fetch(downloadUrl)).text()).toBe("hello");
  expect((await fetch(downloadUrl, { method: "DELETE" })).status).toBe(401);
  expect((await fetch(downloadUrl.replace(sha256("hello"), sha256("other")))).status).toBe(401);
  await expect(download(sha256("other"))).rejects.toMatchObject({ name: "LayersNotFoundException" });
});

test("a layer with another digest than said is refused", async () => {
  const { ecr } = await startEcr();
  const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
  const layerPartBlob = Buffer.from("x");
  await ecr.send(
    new UploadLayerPartCommand({ repositoryName, uploadId, partFirstByte: 0, partLastByte: 0, layerPartBlob }),
  );
  await expect(
    ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests: [sha256("y")] })),
  ).rejects.toMatchObject({ name: "InvalidLayerException" });
});

test("an image is put, tagged again, and refused when it is there already", async () => {
  const { ecr, putImage } = await startEcr();
  const digest = await putImage("one", "v1");
  expect(digest).toBe(sha256(manifestOf("one")));
  await putImage("one", "latest");
  await expect(putImage("one", "v1")).rejects.toMatchObject({
    name: "ImageAlreadyExistsException",
    message: `Image with digest '${digest}' and tag 'v1' already exists in the repository with name 'web' in registry with id '000000000000'`,
  });
  const two = await putImage("two", "latest");
  const { imageDetails } = await ecr.send(
    new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: "v1" }] }),
  );
  expect(imageDetails).toEqual([
    {
      registryId: "000000000000",
      repositoryName,
      imageDigest: digest,
      imageTags: ["v1"],
      imageSizeInBytes: 3,
      imagePushedAt: expect.any(Date),
      imageManifestMediaType: mediaTypes.manifest,
      artifactMediaType: mediaTypes.config,
      imageStatus: "ACTIVE",
    },
  ]);
  const got = await ecr.send(
    new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: "latest" }, { imageTag: "gone" }] }),
  );
  expect(got.images).toEqual([
    {
      registryId: "000000000000",
      repositoryName,
      imageId: { imageDigest: two, imageTag: "latest" },
      imageManifest: manifestOf("two"),
      imageManifestMediaType: mediaTypes.manifest,
    },
  ]);
  expect(got.failures).toEqual([
    { imageId: { imageTag: "gone" }, failureCode: "ImageNotFound", failureReason: "Requested image not found" },
  ]);
});

test("an image needs its layers, an index its images, and both a proper manifest", async () => {
  const { ecr, putIndex } = await startEcr();
  const put = (imageManifest: string, more = {}) =>
    ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageTag: "v1", ...more }));
  await expect(put(manifestOf("one"))).rejects.toMatchObject({
    name: "LayersNotFoundException",
    message: expect.stringContaining("required for pushing image into repository with name 'web'"),
  });
  await expect(putIndex([sha256("one")], "v1")).rejects.toMatchObject({ name: "ReferencedImagesNotFoundException" });
  await expect(put("{")).rejects.toMatchObject({ name: "InvalidParameterException" });
  await expect(put(manifestOf("one"), { imageDigest: sha256("x") })).rejects.toMatchObject({
    name: "ImageDigestDoesNotMatchException",
  });
});

test("images are listed by status, in pages", async () => {
  const { ecr, putImage } = await startEcr();
  const digests = [await putImage("one", "v1"), await putImage("two", "v2"), await putImage("three")];
  await putImage("one", "latest");
  const list = async (tagStatus?: "TAGGED" | "UNTAGGED") =>
    (await ecr.send(new ListImagesCommand({ repositoryName, ...(tagStatus && { filter: { tagStatus } }) }))).imageIds;
  expect(await list("UNTAGGED")).toEqual([{ imageDigest: digests[2] }]);
  expect((await list("TAGGED"))?.map(({ imageTag }) => imageTag).sort()).toEqual(["latest", "v1", "v2"]);
  const pages: number[] = [];
  const ids: unknown[] = [];
  for await (const page of paginateListImages({ client: ecr, pageSize: 3 }, { repositoryName })) {
    pages.push(page.imageIds?.length ?? 0);
    ids.push(...(page.imageIds ?? []));
  }
  expect(pages).toEqual([3, 1]);
  expect(ids).toEqual(await list());
  await expect(
    ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: "gone" }] })),
  ).rejects.toMatchObject({
    name: "ImageNotFoundException",
    message:
      "The image with imageId {imageDigest:'null', imageTag:'gone'} does not exist within the repository with name 'web' in the registry with id '000000000000'",
  });
});

test("a tag is deleted alone, the last one with its image, a digest with all of its tags", async () => {
  const { ecr, putImage } = await startEcr();
  const one = await putImage("one", "v1");
  await putImage("one", "v2");
  const two = await putImage("two", "v3");
  await putImage("two", "v4");
  const remove = (...imageIds: object[]) => ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }));
  expect(await remove({ imageTag: "v1" })).toMatchObject({ imageIds: [{ imageDigest: one, imageTag: "v1" }] });
  expect(await remove({ imageTag: "v2", imageDigest: two })).toMatchObject({
    imageIds: [],
    failures: [{ failureCode: "ImageTagDoesNotMatchDigest" }],
  });
  await remove({ imageTag: "v2" });
  const deleted = await remove({ imageDigest: two }, { imageDigest: one }, {}, { imageDigest: "x" });
  expect(deleted.imageIds).toEqual([
    { imageDigest: two, imageTag: "v3" },
    { imageDigest: two, imageTag: "v4" },
  ]);
  expect(deleted.failures?.map(({ failureCode }) => failureCode)).toEqual([
    "ImageNotFound",
    "MissingDigestAndTag",
    "InvalidImageDigest",
  ]);
  expect((await ecr.send(new ListImagesCommand({ repositoryName }))).imageIds).toEqual([]);
});

test("an image stays while an index refers to it", async () => {
  const { ecr, putImage, putIndex } = await startEcr();
  const [small, large] = [await putImage("small"), await putImage("quite large")];
  const index = await putIndex([small, large], "v1");
  const { imageDetails } = await ecr.send(
    new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: "v1" }] }),
  );
  expect(imageDetails).toMatchObject([{ imageSizeInBytes: 11, imageManifestMediaType: mediaTypes.index }]);
  const remove = (...digests: string[]) =>
    ecr.send(
      new BatchDeleteImageCommand({ repositoryName, imageIds: digests.map((imageDigest) => ({ imageDigest })) }),
    );
  expect((await remove(small)).failures).toEqual([
    {
      imageId: { imageDigest: small },
      failureCode: "ImageReferencedByManifestList",
      failureReason: `Requested image referenced by manifest list: [${index}]`,
    },
  ]);
  expect((await remove(small, large, index)).failures).toEqual([]);
});

test("a repository policy is set, read and deleted", async () => {
  const { ecr } = await startEcr();
  const policyText = JSON.stringify({ Version: "2012-10-17", Statement: [] });
  const get = () => ecr.send(new GetRepositoryPolicyCommand({ repositoryName }));
  await expect(get()).rejects.toMatchObject({ name: "RepositoryPolicyNotFoundException" });
  await expect(ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText: "[]" }))).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
  await ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }));
  expect(await get()).toMatchObject({ policyText });
  expect(await ecr.send(new DeleteRepositoryPolicyCommand({ repositoryName }))).toMatchObject({ policyText });
  await expect(get()).rejects.toMatchObject({ name: "RepositoryPolicyNotFoundException" });
});

/** A clock whose day can be brought forward. */
function dailyClock() {
  let now = Date.now();
  let daily = () => {};
  const clock: Clock = {
    now: () => now,
    after: (delay, callback) => {
      if (delay === 24 * 60 * 60 * 1000) daily = callback;
      return () => {};
    },
  };
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  const passDay = () => {
    pass(24 * 60 * 60 * 1000);
    daily();
  };
  return { clock, pass, passDay };
}

test("a lifecycle policy is kept, previewed, and applied within a day", async () => {
  const { clock, pass, passDay } = dailyClock();
  const { ecr, putImage } = await startEcr({ clock });
  const [old, young] = [await putImage("old", "v1"), await putImage("young", "v2")];
  expect(old).not.toBe(young);
  pass(1000);
  await putImage("youngest", "v3");
  const selection = { tagStatus: "tagged", tagPrefixList: ["v"], countType: "imageCountMoreThan", countNumber: 1 };
  const lifecyclePolicyText = JSON.stringify({ rules: [{ rulePriority: 1, selection, action: { type: "expire" } }] });
  await expect(ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).rejects.toMatchObject({
    name: "LifecyclePolicyNotFoundException",
  });
  await expect(
    ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: "{}" })),
  ).rejects.toMatchObject({ name: "InvalidParameterException" });
  await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));

  const preview = () => ecr.send(new GetLifecyclePolicyPreviewCommand({ repositoryName }));
  await expect(preview()).rejects.toMatchObject({ name: "LifecyclePolicyPreviewNotFoundException" });
  await ecr.send(new StartLifecyclePolicyPreviewCommand({ repositoryName }));
  expect(await preview()).toMatchObject({ status: "COMPLETE", summary: { expiringImageTotalCount: 2 } });
  expect((await preview()).previewResults?.map(({ imageTags }) => imageTags?.[0]).sort()).toEqual(["v1", "v2"]);

  passDay();
  const { imageIds } = await ecr.send(new ListImagesCommand({ repositoryName }));
  expect(imageIds?.map(({ imageTag }) => imageTag)).toEqual(["v3"]);
  const { lastEvaluatedAt } = await ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }));
  expect(lastEvaluatedAt?.getTime()).toBe(clock.now());
});

test("layers that no image names any more are gone a day later", async () => {
  const { clock, pass, passDay } = dailyClock();
  const directory = mkdtempSync(join(tmpdir(), "drydock-ecr-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { drydock, ecr, putImage } = await startEcr({ clock, directory, keep: true });
  await putImage("kept", "v1");
  await putImage("deleted", "v2");
  await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag: "v2" }] }));
  pass(60_000);
  passDay();
  // Closing waits for what is being done.
  await drydock.close();

  const restarted = (await startTestDrydock({ clock, directory })).client(ECRClient);
  const layerDigests = [sha256("kept"), sha256("deleted")];
  const { layers } = await restarted.send(new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests }));
  expect(layers?.map(({ layerAvailability }) => layerAvailability)).toEqual(["AVAILABLE", "UNAVAILABLE"]);
});
