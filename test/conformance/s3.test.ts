import { request } from "node:http";
import { text } from "node:stream/consumers";
import { S3 } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { conformance, pages, refusals, refused } from "./targets.ts";

const reference = (page: string) => `https://docs.aws.amazon.com/AmazonS3/latest/API/API_${page}.html`;
const errorCodes = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html";
const fiveMebibytes = 5 * 1024 * 1024;

conformance((target) => {
  const s3 = target.client(S3);
  const LocationConstraint = "eu-west-1";
  const bucket = async (Bucket: string, more = {}) => {
    await s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint }, ...more });
    return Bucket;
  };
  const versioned = async (name: string) => {
    const Bucket = await bucket(name);
    await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
    return Bucket;
  };
  const put = (Bucket: string, Key: string, Body = Key, more = {}) => s3.putObject({ Bucket, Key, Body, ...more });
  const read = async (Bucket: string, Key: string, more = {}) =>
    (await s3.getObject({ Bucket, Key, ...more })).Body?.transformToString();

  test("CreateBucket, HeadBucket, GetBucketLocation, ListBuckets, DeleteBucket", async () => {
    for (const name of ["life-b", "life-a"]) await bucket(name);
    expect((await s3.headBucket({ Bucket: "life-a" })).BucketRegion).toBe(target.region);
    expect((await s3.getBucketLocation({ Bucket: "life-a" })).LocationConstraint).toBe(target.region);
    const paged = await pages(
      (ContinuationToken) => s3.listBuckets({ Prefix: "life-", MaxBuckets: 1, ContinuationToken }),
      ({ Buckets, ContinuationToken }) => [Buckets, ContinuationToken],
    );
    await target.motoDiffers(reference("ListBuckets"), () =>
      expect(paged.flat().map(({ Name }) => Name)).toEqual(["life-a", "life-b"]),
    );
    await put("life-a", "k");
    await refused(s3.deleteBucket({ Bucket: "life-a" }), "BucketNotEmpty");
    await s3.deleteObject({ Bucket: "life-a", Key: "k" });
    await s3.deleteBucket({ Bucket: "life-a" });
    await refused(s3.headBucket({ Bucket: "life-a" }), "NotFound");
    await refused(s3.deleteBucket({ Bucket: "life-a" }), "NoSuchBucket");
  });

  test("PutObject, GetObject, HeadObject: what was said of an object comes back with it", async () => {
    const Bucket = await bucket("objects");
    const attributes = {
      ContentType: "text/plain",
      CacheControl: "no-store",
      ContentDisposition: "inline",
      ContentLanguage: "en",
      Metadata: { by: "me" },
    };
    const { ETag } = await put(Bucket, "a b/ü+1", "hello world", attributes);
    expect(ETag).toBe('"5eb63bbbe01eeed093cb22bb8f5acdc3"');
    const { Body, ...got } = await s3.getObject({ Bucket, Key: "a b/ü+1" });
    expect(await Body?.transformToString()).toBe("hello world");
    expect(got).toMatchObject({ ...attributes, ETag, ContentLength: 11, AcceptRanges: "bytes" });
    const head = await s3.headObject({ Bucket, Key: "a b/ü+1" });
    expect(head).toMatchObject({ ...attributes, ETag, ContentLength: 11, LastModified: got.LastModified });
    const overridden = await s3.getObject({
      Bucket,
      Key: "a b/ü+1",
      ResponseContentType: "application/json",
      ResponseContentDisposition: "attachment",
      ResponseCacheControl: "max-age=1",
    });
    await target.motoDiffers(reference("GetObject"), () =>
      expect(overridden).toMatchObject({
        ContentType: "application/json",
        ContentDisposition: "attachment",
        CacheControl: "max-age=1",
        ContentLanguage: "en",
      }),
    );
    await put(Bucket, "plain");
    expect((await s3.headObject({ Bucket, Key: "plain" })).ContentType).toBe("application/octet-stream");
    await put(Bucket, "rare", "x", { StorageClass: "STANDARD_IA", ServerSideEncryption: "AES256" });
    const rare = await s3.headObject({ Bucket, Key: "rare" });
    expect(rare).toMatchObject({ StorageClass: "STANDARD_IA", ServerSideEncryption: "AES256" });
    await refused(s3.headObject({ Bucket, Key: "none" }), "NotFound");
  });

  test.each([
    ["bytes=0-3", "0123", "bytes 0-3/10"],
    ["bytes=8-", "89", "bytes 8-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=5-99", "56789", "bytes 5-9/10"],
  ])("GetObject answers the range %s", async (Range, expected, ContentRange) => {
    await bucket("ranges").catch(() => undefined);
    await put("ranges", "digits", "0123456789");
    const { Body, ...got } = await s3.getObject({ Bucket: "ranges", Key: "digits", Range });
    expect(await Body?.transformToString()).toBe(expected);
    expect(got).toMatchObject({ ContentRange, ContentLength: expected.length, $metadata: { httpStatusCode: 206 } });
  });

  test("checksums are kept and answered, wrong ones refused", async () => {
    const Bucket = await bucket("checksums");
    const sha = "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=";
    const { ChecksumSHA256 } = await put(Bucket, "sha", "hello world", { ChecksumAlgorithm: "SHA256" });
    expect(ChecksumSHA256).toBe(sha);
    const got = await s3.getObject({ Bucket, Key: "sha", ChecksumMode: "ENABLED" });
    expect(got.ChecksumSHA256).toBe(sha);
    const wrong = { ChecksumSHA256: sha.replace("u", "v") };
    await target.motoDiffers(errorCodes, () => refused(put(Bucket, "wrong", "hello world", wrong), "BadDigest"));
    await target.motoDiffers(errorCodes, () =>
      refused(put(Bucket, "wrong", "x", { ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==" }), "BadDigest"),
    );
  });

  test("conditional writes and reads", async () => {
    const Bucket = await bucket("conditions");
    const { ETag } = await put(Bucket, "k", "one", { IfNoneMatch: "*" });
    await refused(put(Bucket, "k", "two", { IfNoneMatch: "*" }), "PreconditionFailed");
    await put(Bucket, "k", "two", { IfMatch: ETag });
    await refused(put(Bucket, "k", "three", { IfMatch: ETag }), "PreconditionFailed");
    expect(await read(Bucket, "k")).toBe("two");
    await refused(put(Bucket, "none", "x", { IfMatch: ETag }), "NoSuchKey");
    const now = (await s3.headObject({ Bucket, Key: "k" })).ETag;
    await refused(s3.getObject({ Bucket, Key: "k", IfMatch: ETag }), "PreconditionFailed");
    const unchanged = { Bucket, Key: "k", IfNoneMatch: now };
    await expect(s3.getObject(unchanged)).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    await expect(s3.headObject(unchanged)).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    const future = new Date(Date.now() + 60_000);
    const since = { Bucket, Key: "k", IfModifiedSince: future };
    await expect(s3.getObject(since)).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    const past = new Date(Date.now() - 60_000);
    await refused(s3.getObject({ Bucket, Key: "k", IfUnmodifiedSince: past }), "PreconditionFailed");
  });

  test("PutBucketVersioning: versions, markers, and their order page by page", async () => {
    const Bucket = await versioned("versions");
    expect((await s3.getBucketVersioning({ Bucket })).Status).toBe("Enabled");
    const ids: (string | undefined)[] = [];
    for (const body of ["1", "2", "3"]) ids.push((await put(Bucket, "k", body)).VersionId);
    expect(new Set(ids).size).toBe(3);
    await put(Bucket, "l");
    const marker = await s3.deleteObject({ Bucket, Key: "k" });
    expect(marker).toMatchObject({ DeleteMarker: true, VersionId: expect.any(String) });
    await refused(s3.getObject({ Bucket, Key: "k" }), "NoSuchKey");
    await target.motoDiffers(reference("GetObject"), () =>
      refused(s3.getObject({ Bucket, Key: "k", VersionId: marker.VersionId }), "MethodNotAllowed"),
    );
    expect(await read(Bucket, "k", { VersionId: ids[0] })).toBe("1");
    const listed = await s3.listObjectVersions({ Bucket });
    expect(listed.Versions?.map(({ Key, VersionId }) => [Key, VersionId]).slice(0, 3)).toEqual([
      ["k", ids[2]],
      ["k", ids[1]],
      ["k", ids[0]],
    ]);
    expect(listed.DeleteMarkers).toMatchObject([{ Key: "k", VersionId: marker.VersionId, IsLatest: true }]);
    const paged = await pages(
      (token) => {
        const [KeyMarker, VersionIdMarker] = token === undefined ? [] : JSON.parse(token);
        return s3.listObjectVersions({ Bucket, MaxKeys: 2, KeyMarker, VersionIdMarker });
      },
      (page) => [
        [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])],
        page.IsTruncated ? JSON.stringify([page.NextKeyMarker, page.NextVersionIdMarker]) : undefined,
      ],
    );
    expect(paged.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(new Set(paged.flat().map(({ VersionId }) => VersionId)).size).toBe(5);
    await s3.deleteObject({ Bucket, Key: "k", VersionId: marker.VersionId });
    expect(await read(Bucket, "k")).toBe("3");
    await refused(s3.getObject({ Bucket, Key: "k", VersionId: "3HL4kqtJvjVBH40Nrjfkd" }), "NoSuchVersion");
    await refused(s3.deleteBucket({ Bucket }), "BucketNotEmpty");
  });

  test("ListObjectsV2 and ListObjects: prefixes, delimiters, starts, pages", async () => {
    const Bucket = await bucket("listing");
    for (const key of ["a/1", "a/2", "b/1", "c", "d"]) await put(Bucket, key);
    const keys = (page: { Contents?: { Key?: string | undefined }[] | undefined }) =>
      page.Contents?.map(({ Key }) => Key);
    const top = await s3.listObjectsV2({ Bucket, Delimiter: "/" });
    expect(top.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(["a/", "b/"]);
    expect([keys(top), top.KeyCount, top.IsTruncated]).toEqual([["c", "d"], 4, false]);
    expect(keys(await s3.listObjectsV2({ Bucket, Prefix: "a/" }))).toEqual(["a/1", "a/2"]);
    expect(keys(await s3.listObjectsV2({ Bucket, StartAfter: "b/1" }))).toEqual(["c", "d"]);
    const paged = await pages(
      (ContinuationToken) => s3.listObjectsV2({ Bucket, MaxKeys: 2, ContinuationToken }),
      ({ Contents, NextContinuationToken }) => [Contents, NextContinuationToken],
    );
    expect(paged.map((page) => page.map(({ Key }) => Key))).toEqual([["a/1", "a/2"], ["b/1", "c"], ["d"]]);
    await target.motoDiffers(reference("ListObjects"), async () => {
      const first = await s3.listObjects({ Bucket, Delimiter: "/", MaxKeys: 1 });
      expect(first).toMatchObject({ IsTruncated: true, CommonPrefixes: [{ Prefix: "a/" }], NextMarker: "a/" });
      const second = await s3.listObjects({ Bucket, Delimiter: "/", MaxKeys: 2, Marker: "a/" });
      expect([second.CommonPrefixes, keys(second)]).toEqual([[{ Prefix: "b/" }], ["c"]]);
    });
    const encoded = await put(Bucket, "x y&ü").then(() =>
      s3.listObjectsV2({ Bucket, Prefix: "x", EncodingType: "url" }),
    );
    expect(decodeURIComponent(keys(encoded)?.[0]?.replaceAll("+", " ") ?? "")).toBe("x y&ü");
    expect((await s3.listObjectsV2({ Bucket, MaxKeys: 0 })).KeyCount).toBe(0);
  });

  test("keys are in the order of their UTF-8 bytes, and no page loses one", async () => {
    const Bucket = await bucket("unicode");
    const keys = ["z", "\uff01", "\u{1f600}"];
    for (const key of keys) await put(Bucket, key, "x");
    const paged = await pages(
      (ContinuationToken) => s3.listObjectsV2({ Bucket, MaxKeys: 1, ContinuationToken }),
      ({ Contents, NextContinuationToken }) => [Contents, NextContinuationToken],
    );
    expect(paged.flat().map(({ Key }) => Key)).toEqual(keys);
  });

  test("DeleteObjects answers for each, DeleteObject for what there never was", async () => {
    const Bucket = await bucket("deleting");
    await put(Bucket, "a");
    const { Deleted } = await s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: "a" }, { Key: "none" }] } });
    expect(Deleted?.map(({ Key }) => Key).sort()).toEqual(["a", "none"]);
    await s3.deleteObject({ Bucket, Key: "none" });
    await put(Bucket, "b");
    const quiet = await s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: "b" }], Quiet: true } });
    await target.motoDiffers(reference("DeleteObjects"), () => expect(quiet.Deleted ?? []).toEqual([]));
    expect((await s3.listObjectsV2({ Bucket })).KeyCount).toBe(0);
  });

  test("CopyObject takes attributes along or replaces them", async () => {
    const Bucket = await bucket("copies");
    await put(Bucket, "from ü", "body", { ContentType: "text/plain", Metadata: { a: "1" }, Tagging: "t=1" });
    const CopySource = `${Bucket}/${encodeURIComponent("from ü")}`;
    const { CopyObjectResult } = await s3.copyObject({ Bucket, Key: "kept", CopySource });
    expect(CopyObjectResult?.ETag).toBe('"841a2d689ad86bd1611447453c22c6fc"');
    expect(await s3.headObject({ Bucket, Key: "kept" })).toMatchObject({
      ContentType: "text/plain",
      Metadata: { a: "1" },
    });
    expect((await s3.getObjectTagging({ Bucket, Key: "kept" })).TagSet).toEqual([{ Key: "t", Value: "1" }]);
    await s3.copyObject({
      Bucket,
      Key: "replaced",
      CopySource,
      MetadataDirective: "REPLACE",
      Metadata: { b: "2" },
      TaggingDirective: "REPLACE",
      Tagging: "t=2",
    });
    expect((await s3.headObject({ Bucket, Key: "replaced" })).Metadata).toEqual({ b: "2" });
    expect((await s3.getObjectTagging({ Bucket, Key: "replaced" })).TagSet).toEqual([{ Key: "t", Value: "2" }]);
    await refused(s3.copyObject({ Bucket, Key: "from ü", CopySource }), "InvalidRequest", "to itself");
    await refused(s3.copyObject({ Bucket, Key: "x", CopySource: `${Bucket}/none` }), "NoSuchKey");
    await target.motoDiffers(reference("CopyObject"), () =>
      refused(s3.copyObject({ Bucket, Key: "x", CopySource, CopySourceIfMatch: '"other"' }), "PreconditionFailed"),
    );
    await target.motoDiffers(reference("CopyObject"), () =>
      refused(s3.copyObject({ Bucket, Key: "kept", CopySource, IfNoneMatch: "*" }), "PreconditionFailed"),
    );
  });

  test("PutObjectTagging, GetObjectTagging, DeleteObjectTagging", async () => {
    const Bucket = await bucket("tagging");
    const object = { Bucket, Key: "k" };
    await put(Bucket, "k", "x", { Tagging: "a=1&b=2" });
    expect((await s3.getObjectTagging(object)).TagSet).toHaveLength(2);
    expect((await s3.getObject(object)).TagCount).toBe(2);
    await s3.putObjectTagging({ ...object, Tagging: { TagSet: [{ Key: "c", Value: "3" }] } });
    expect((await s3.getObjectTagging(object)).TagSet).toEqual([{ Key: "c", Value: "3" }]);
    await s3.deleteObjectTagging(object);
    expect((await s3.getObjectTagging(object)).TagSet).toEqual([]);
    const TagSet = Array.from({ length: 11 }, (_, index) => ({ Key: `k${index}`, Value: "v" }));
    await refused(s3.putObjectTagging({ ...object, Tagging: { TagSet } }), "BadRequest");
  });

  test("multipart: parts in order, listed, completed once; its parts can be read one by one", async () => {
    const Bucket = await bucket("multipart");
    const upload = { Bucket, Key: "big" };
    const attributes = { ContentType: "text/plain", CacheControl: "no-store", Metadata: { a: "1" }, Tagging: "t=1" };
    const { UploadId } = await s3.createMultipartUpload({ ...upload, ...attributes });
    const part = async (PartNumber: number, Body: Buffer) => ({
      PartNumber,
      ETag: (await s3.uploadPart({ ...upload, UploadId, PartNumber, Body })).ETag,
    });
    const last = await part(2, Buffer.from("end"));
    const first = await part(1, Buffer.alloc(fiveMebibytes, "x"));
    const listed = await pages(
      (PartNumberMarker) => s3.listParts({ ...upload, UploadId, MaxParts: 1, PartNumberMarker }),
      ({ Parts, IsTruncated, NextPartNumberMarker }) => [Parts, IsTruncated ? NextPartNumberMarker : undefined],
    );
    expect(listed.flat().map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, fiveMebibytes],
      [2, 3],
    ]);
    expect((await s3.listMultipartUploads({ Bucket })).Uploads).toMatchObject([{ Key: "big", UploadId }]);
    const complete = (Parts: { PartNumber: number; ETag: string | undefined }[]) =>
      s3.completeMultipartUpload({ ...upload, UploadId, MultipartUpload: { Parts } });
    await target.motoDiffers(reference("CompleteMultipartUpload"), () =>
      refused(complete([last, first]), "InvalidPartOrder"),
    );
    await refused(complete([{ ...first, ETag: '"00000000000000000000000000000000"' }]), "InvalidPart");
    expect((await complete([first, last])).ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    await refused(s3.listParts({ ...upload, UploadId }), "NoSuchUpload");
    const { Body, ...got } = await s3.getObject({ ...upload, PartNumber: 2 });
    const body = await Body?.transformToString();
    await target.motoDiffers(reference("GetObject"), () => expect(body).toBe("end"));
    await target.motoDiffers(reference("GetObject"), () =>
      expect(got).toMatchObject({ PartsCount: 2, ContentRange: "bytes 5242880-5242882/5242883" }),
    );
    expect(await s3.headObject(upload)).toMatchObject({ ContentLength: fiveMebibytes + 3, Metadata: { a: "1" } });
    expect((await s3.getObjectTagging(upload)).TagSet).toEqual([{ Key: "t", Value: "1" }]);
    expect((await s3.headObject(upload)).CacheControl).toBe("no-store");
  });

  test("AbortMultipartUpload; parts that are too small; uploads page by page", async () => {
    const Bucket = await bucket("aborting");
    const uploads = await Promise.all(["a", "b"].map((Key) => s3.createMultipartUpload({ Bucket, Key })));
    const paged = await pages(
      (token) => {
        const [KeyMarker, UploadIdMarker] = token === undefined ? [] : JSON.parse(token);
        return s3.listMultipartUploads({ Bucket, MaxUploads: 1, KeyMarker, UploadIdMarker });
      },
      (page) => [
        page.Uploads,
        page.IsTruncated ? JSON.stringify([page.NextKeyMarker, page.NextUploadIdMarker]) : undefined,
      ],
    );
    await target.motoDiffers(reference("ListMultipartUploads"), () =>
      expect(paged.map((page) => page.map(({ Key }) => Key))).toEqual([["a"], ["b"]]),
    );
    const here = { Bucket, Key: "a", UploadId: uploads[0]?.UploadId };
    const Parts = [];
    for (const PartNumber of [1, 2]) {
      Parts.push({ PartNumber, ETag: (await s3.uploadPart({ ...here, PartNumber, Body: "small" })).ETag });
    }
    await refused(s3.completeMultipartUpload({ ...here, MultipartUpload: { Parts } }), "EntityTooSmall");
    await s3.abortMultipartUpload(here);
    await target.motoDiffers(reference("UploadPart"), () =>
      refused(s3.uploadPart({ ...here, PartNumber: 1, Body: "x" }), "NoSuchUpload"),
    );
  });

  test("a bucket may be named by the host instead of the path", async () => {
    await put(await bucket("hosted"), "a/b", "by host");
    const { port } = new URL(target.endpoint);
    const signed = `AWS4-HMAC-SHA256 Credential=test/20260101/${target.region}/s3/aws4_request, SignedHeaders=host, Signature=0`;
    const get = (host: string) =>
      new Promise<string>((resolve, reject) => {
        const headers = { host: `${host}:${port}`, authorization: signed };
        const call = request({ host: "127.0.0.1", port, path: "/a/b", headers }, (answer) => resolve(text(answer)));
        call.on("error", reject).end();
      });
    expect(await get("hosted.s3.localhost")).toBe("by host");
    expect(await get("hosted.localhost")).toBe("by host");
  });

  const key = { Bucket: "refusing", Key: "k" };
  const ready =
    <T>(call: () => Promise<T>) =>
    () =>
      bucket("refusing")
        .catch(() => undefined)
        .then(call);
  refusals(target, [
    [
      "a bucket's name in capitals",
      () => bucket("Capitals"),
      "InvalidBucketName",
      "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html",
    ],
    ["a bucket's name of two letters", () => bucket("ab"), "InvalidBucketName"],
    [
      "a bucket's name that is an address",
      () => bucket("192.168.5.4"),
      "InvalidBucketName",
      "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html",
    ],
    ["a bucket that is there", () => bucket("again-and").then(() => bucket("again-and")), "BucketAlreadyOwnedByYou"],
    [
      "a bucket in another region",
      () => bucket("elsewhere", { CreateBucketConfiguration: { LocationConstraint: "us-west-2" } }),
      "IllegalLocationConstraintException",
    ],
    ["to put into no bucket", () => put("none", "k"), "NoSuchBucket"],
    ["to read from no bucket", () => s3.getObject({ Bucket: "none", Key: "k" }), "NoSuchBucket"],
    ["to list no bucket", () => s3.listObjectsV2({ Bucket: "none" }), "NoSuchBucket"],
    ["to read what isn't there", ready(() => s3.getObject(key)), "NoSuchKey"],
    ["tags of what isn't there", ready(() => s3.getObjectTagging(key)), "NoSuchKey"],
    ["a key of 1025 bytes", ready(() => put("refusing", "k".repeat(1025))), "KeyTooLongError", errorCodes],
    [
      "eleven tags",
      ready(() =>
        put("refusing", "k", "x", { Tagging: Array.from({ length: 11 }, (_, index) => `k${index}=v`).join("&") }),
      ),
      "BadRequest",
    ],
    [
      "a range outside",
      ready(() => put("refusing", "r", "abc").then(() => s3.getObject({ ...key, Key: "r", Range: "bytes=9-" }))),
      "InvalidRange",
    ],
    [
      "an If-None-Match other than *",
      ready(() => put("refusing", "k", "x", { IfNoneMatch: '"etag"' })),
      "NotImplemented",
      reference("PutObject"),
    ],
    [
      "a part numbered 10,001",
      ready(async () =>
        s3.uploadPart({
          ...key,
          PartNumber: 10_001,
          Body: "x",
          UploadId: (await s3.createMultipartUpload(key)).UploadId,
        }),
      ),
      "InvalidArgument",
    ],
    [
      "a part of no upload",
      ready(() => s3.uploadPart({ ...key, PartNumber: 1, Body: "x", UploadId: "none" })),
      "NoSuchUpload",
      reference("UploadPart"),
    ],
    ["to abort no upload", ready(() => s3.abortMultipartUpload({ ...key, UploadId: "none" })), "NoSuchUpload"],
    [
      "a policy that isn't JSON",
      ready(() => s3.putBucketPolicy({ Bucket: "refusing", Policy: "{" })),
      "MalformedPolicy",
      errorCodes,
    ],
    [
      "to delete nothing",
      ready(() => s3.deleteObjects({ Bucket: "refusing", Delete: { Objects: [] } })),
      "MalformedXML",
    ],
    [
      "a versioning there isn't",
      ready(() =>
        s3.putBucketVersioning({ Bucket: "refusing", VersioningConfiguration: { Status: "Off" as "Enabled" } }),
      ),
      "MalformedXML",
      reference("PutBucketVersioning"),
    ],
  ]);
});
