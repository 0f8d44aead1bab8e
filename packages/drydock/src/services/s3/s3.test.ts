import { Readable } from "node:stream";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { startTestDrydock } from "../../testing.ts";

const Bucket = "state";

async function clientWithBucket() {
  const client = (await startTestDrydock()).client(S3Client);
  await client.send(new CreateBucketCommand({ Bucket }));
  return client;
}

const put = (Key: string, Body: string, more = {}) => new PutObjectCommand({ Bucket, Key, Body, ...more });
const read = async (client: S3Client, Key: string, more = {}) => {
  const { Body, ...rest } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return { text: await Body?.transformToString(), ...rest };
};

test("an object is put, read, read in part, described and deleted", async () => {
  const client = await clientWithBucket();
  const { ETag } = await client.send(
    put("a/b c+ü.txt", "hello world", { ContentType: "text/plain", Metadata: { by: "me" } }),
  );
  expect(ETag).toBe('"5eb63bbbe01eeed093cb22bb8f5acdc3"');
  const whole = await read(client, "a/b c+ü.txt");
  expect(whole).toMatchObject({ text: "hello world", ETag, ContentType: "text/plain", Metadata: { by: "me" } });
  const part = await read(client, "a/b c+ü.txt", { Range: "bytes=6-" });
  expect(part).toMatchObject({ text: "world", ContentRange: "bytes 6-10/11" });
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: "a/b c+ü.txt" }));
  expect(head.ContentLength).toBe(11);
  await client.send(new DeleteObjectCommand({ Bucket, Key: "a/b c+ü.txt" }));
  await expect(read(client, "a/b c+ü.txt")).rejects.toMatchObject({ name: "NoSuchKey" });
  await expect(client.send(new HeadObjectCommand({ Bucket, Key: "gone" }))).rejects.toMatchObject({ name: "NotFound" });
});

test("conditional writes: the first writer wins, and only the holder of the ETag replaces", async () => {
  const client = await clientWithBucket();
  const both = await Promise.allSettled([
    client.send(put("lock", "one", { IfNoneMatch: "*" })),
    client.send(put("lock", "two", { IfNoneMatch: "*" })),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const lost = both.find((result) => result.status === "rejected");
  expect(lost?.reason).toMatchObject({ name: "PreconditionFailed", $metadata: { httpStatusCode: 412 } });
  const { ETag } = await read(client, "lock");
  await client.send(put("lock", "three", { IfMatch: ETag }));
  await expect(client.send(put("lock", "four", { IfMatch: ETag }))).rejects.toMatchObject({
    name: "PreconditionFailed",
  });
  await expect(client.send(put("none", "x", { IfMatch: ETag }))).rejects.toMatchObject({ name: "NoSuchKey" });
  expect((await read(client, "lock")).text).toBe("three");
});

test("conditional reads answer 304 and 412", async () => {
  const client = await clientWithBucket();
  const { ETag } = await client.send(put("k", "v"));
  await expect(read(client, "k", { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  await expect(read(client, "k", { IfMatch: '"other"' })).rejects.toMatchObject({ name: "PreconditionFailed" });
});

test("with versioning nothing is lost until its version is deleted", async () => {
  const client = await clientWithBucket();
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  const first = await client.send(put("k", "one"));
  await client.send(put("k", "two"));
  const marker = await client.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
  expect(marker.DeleteMarker).toBe(true);
  await expect(read(client, "k")).rejects.toMatchObject({ name: "NoSuchKey" });
  expect((await read(client, "k", { VersionId: first.VersionId })).text).toBe("one");
  const listed = await client.send(new ListObjectVersionsCommand({ Bucket }));
  expect([listed.Versions?.length, listed.DeleteMarkers?.length]).toEqual([2, 1]);
  await client.send(new DeleteObjectCommand({ Bucket, Key: "k", VersionId: marker.VersionId }));
  expect((await read(client, "k")).text).toBe("two");
  await expect(client.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({ name: "BucketNotEmpty" });
});

test("a listing has pages, prefixes and common prefixes", async () => {
  const client = await clientWithBucket();
  for (const key of ["a/1", "a/2", "b/1", "c", "d"]) await client.send(put(key, key));
  const top = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: "/" }));
  expect(top.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(["a/", "b/"]);
  expect(top.Contents?.map(({ Key }) => Key)).toEqual(["c", "d"]);
  const keys: (string | undefined)[] = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket })) {
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
  }
  expect(keys).toEqual(["a/1", "a/2", "b/1", "c", "d"]);
  await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }));
  expect((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
  await client.send(new DeleteBucketCommand({ Bucket }));
  expect((await client.send(new ListBucketsCommand({}))).Buckets).toEqual([]);
});

test("a streamed body arrives without its chunk framing, a wrong checksum is refused", async () => {
  const client = await clientWithBucket();
  const Body = Readable.from([Buffer.alloc(100_000, "a"), Buffer.alloc(50_000, "b")]);
  await client.send(new PutObjectCommand({ Bucket, Key: "stream", Body, ContentLength: 150_000 }));
  expect((await read(client, "stream")).text).toBe("a".repeat(100_000) + "b".repeat(50_000));
  await expect(client.send(put("k", "v", { ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==" }))).rejects.toMatchObject({
    name: "BadDigest",
  });
});

test("parts become one object", async () => {
  const client = await clientWithBucket();
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "big" }));
  const bodies = [Buffer.alloc(5 * 1024 * 1024, "x"), Buffer.from("end")];
  const Parts = await Promise.all(
    bodies.map(async (Body, index) => {
      const part = { Bucket, Key: "big", UploadId, PartNumber: index + 1 };
      return { PartNumber: index + 1, ETag: (await client.send(new UploadPartCommand({ ...part, Body }))).ETag };
    }),
  );
  const { ETag } = await client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key: "big", UploadId, MultipartUpload: { Parts } }),
  );
  expect(ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
  expect((await read(client, "big", { Range: "bytes=-5" })).text).toBe("xxend");
});

test("what isn't set on a bucket is said as S3 says it", async () => {
  const client = await clientWithBucket();
  await expect(client.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({
    name: "NoSuchBucketPolicy",
  });
  const Policy = '{"Version":"2012-10-17","Statement":[]}';
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  expect((await client.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
  await expect(client.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({
    name: "BucketAlreadyOwnedByYou",
  });
  await expect(client.send(new CreateBucketCommand({ Bucket: "Bad_Name" }))).rejects.toMatchObject({
    name: "InvalidBucketName",
  });
});
