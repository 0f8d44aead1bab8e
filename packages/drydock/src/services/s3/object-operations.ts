import { createReadStream } from "node:fs";
import { copyFile } from "node:fs/promises";
import { Readable } from "node:stream";
import type { GetObjectCommandInput, GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { attributesOf, checkKey, checkTags, copiedAttributes, describeEncryption } from "./attributes.ts";
import { checkRead, checkWrite } from "./conditions.ts";
import { invalidArgument, noSuchKey } from "./errors.ts";
import type { Objects, ObjectVersion } from "./objects.ts";
import { parseRange } from "./range.ts";
import { receiveBody } from "./receive.ts";

type S3Operations = Operations<typeof import("@aws-sdk/client-s3")>;

export function objectOperations(region: Region, objects: Objects): S3Operations {
  const now = () => new Date(region.clock.now());

  return {
    PutObject: async (input) => {
      const bucket = objects.bucket(input.Bucket);
      checkKey(input.Key);
      const attributes = attributesOf(input);
      // Told before the body is read, so that a losing writer of a lock doesn't send it for nothing; and again below.
      checkWrite(input, input.Key, objects.find(bucket.name, input.Key)?.versions[0]);
      const file = objects.newFile();
      const { size, md5, checksums } = await receiveBody(input.Body, objects.path(file), input);
      try {
        const added = region.store.transaction(() => {
          checkWrite(input, input.Key, objects.find(bucket.name, input.Key)?.versions[0]);
          return objects.add(bucket, input.Key, {
            deleteMarker: false,
            file,
            size,
            etag: `"${md5}"`,
            modified: now(),
            checksums,
            parts: undefined,
            ...attributes,
          });
        });
        return { ETag: added.etag, ...versionId(added), ...describeEncryption(added), ...added.checksums };
      } catch (error) {
        objects.removeFiles([{ file }]);
        throw error;
      }
    },

    GetObject: (input) => {
      const version = readable(objects, input);
      checkRead(input, version);
      const part = partOf(version, input);
      const body =
        version.size === 0 ? Readable.from([]) : createReadStream(objects.path(version.file ?? ""), part.range ?? {});
      return {
        ...describe(version),
        ...part.answer,
        // "You can override values for a set of response headers using query parameters."
        ...responseHeaders(input),
        // The SDK types a body with its client-side mixins; on this side it is the plain stream.
        Body: body as never,
        ...(input.ChecksumMode === "ENABLED" && !part.range && version.checksums),
        ...(Object.keys(version.tags).length > 0 && { TagCount: Object.keys(version.tags).length }),
      };
    },

    HeadObject: (input) => {
      const version = readable(objects, input);
      checkRead(input, version);
      const part = partOf(version, input);
      return {
        ...describe(version),
        ...part.answer,
        ...responseHeaders(input),
        ...(input.ChecksumMode === "ENABLED" && !part.range && version.checksums),
      };
    },

    CopyObject: async (input) => {
      const bucket = objects.bucket(input.Bucket);
      checkKey(input.Key);
      const source = parseCopySource(input.CopySource);
      const original = objects.version(source.bucket, source.key, source.versionId);
      if (original.deleteMarker) throw invalidArgument("The source of a copy can't be a delete marker.");
      checkRead(
        {
          IfMatch: input.CopySourceIfMatch,
          IfNoneMatch: input.CopySourceIfNoneMatch,
          IfModifiedSince: input.CopySourceIfModifiedSince,
          IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
        },
        original,
      );
      const given = attributesOf(input);
      const replaces = input.MetadataDirective === "REPLACE";
      const itself = source.bucket === input.Bucket && source.key === input.Key && !source.versionId;
      if (itself && !replaces && !given.storageClass && !given.encryption) {
        const message =
          "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";
        throw new AwsError("InvalidRequest", message, { status: 400 });
      }
      const kept = copiedAttributes(original);
      const { storageClass, encryption } = given;
      const file = objects.newFile();
      await copyFile(objects.path(original.file ?? ""), objects.path(file));
      try {
        const added = region.store.transaction(() => {
          checkWrite(input, input.Key, objects.find(bucket.name, input.Key)?.versions[0]);
          return objects.add(bucket, input.Key, {
            ...original,
            ...(replaces ? given : kept),
            tags: input.TaggingDirective === "REPLACE" ? given.tags : kept.tags,
            // "If you don't specify a storage class, S3 Standard is used."
            storageClass,
            encryption,
            file,
            modified: now(),
          });
        });
        return {
          CopyObjectResult: { ETag: added.etag, LastModified: added.modified },
          ...versionId(added),
          ...describeEncryption(added),
          ...(original.id !== "null" && { CopySourceVersionId: original.id }),
        };
      } catch (error) {
        objects.removeFiles([{ file }]);
        throw error;
      }
    },

    DeleteObject: (input) => {
      const removed = region.store.transaction(() => {
        if (input.IfMatch !== undefined) {
          checkWrite({ IfMatch: input.IfMatch }, input.Key, objects.find(input.Bucket, input.Key)?.versions[0]);
        }
        return deleteOne(objects, input.Bucket, input.Key, input.VersionId, now());
      });
      return { ...(removed && versionId(removed)), ...(removed?.deleteMarker && { DeleteMarker: true }) };
    },

    DeleteObjects: (input) => {
      objects.bucket(input.Bucket);
      const wanted = input.Delete.Objects ?? [];
      if (wanted.length === 0 || wanted.length > 1000) {
        throw new AwsError("MalformedXML", "A request deletes 1 to 1000 objects.", { status: 400 });
      }
      const deleted = region.store.transaction(() =>
        wanted.map(({ Key = "", VersionId }) => {
          const removed = deleteOne(objects, input.Bucket, Key, VersionId, now());
          const marker = removed?.deleteMarker && { DeleteMarker: true, DeleteMarkerVersionId: removed.id };
          return { Key, ...(VersionId !== undefined && { VersionId }), ...marker };
        }),
      );
      return { Deleted: input.Delete.Quiet ? [] : deleted };
    },

    PutObjectTagging: (input) => {
      const version = objects.version(input.Bucket, input.Key, input.VersionId);
      const tags = Object.fromEntries((input.Tagging.TagSet ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
      objects.change(input.Bucket, input.Key, version.id, { tags: checkTags(tags) });
      return versionId(version);
    },

    GetObjectTagging: (input) => {
      const version = objects.version(input.Bucket, input.Key, input.VersionId);
      return { TagSet: Object.entries(version.tags).map(([Key, Value]) => ({ Key, Value })), ...versionId(version) };
    },

    DeleteObjectTagging: (input) => {
      const version = objects.version(input.Bucket, input.Key, input.VersionId);
      objects.change(input.Bucket, input.Key, version.id, { tags: {} });
      return versionId(version);
    },
  };
}

/** Without a version id, in a bucket with versioning, a delete only puts a marker on top. */
function deleteOne(
  objects: Objects,
  bucketName: string,
  key: string,
  wanted: string | undefined,
  now: Date,
): ObjectVersion | undefined {
  const bucket = objects.bucket(bucketName);
  if (wanted !== undefined) return objects.removeVersion(bucketName, key, wanted);
  if (!bucket.versioning) {
    objects.removeVersion(bucketName, key, "null");
    return undefined;
  }
  return objects.add(bucket, key, {
    deleteMarker: true,
    file: undefined,
    size: 0,
    etag: "",
    modified: now,
    contentType: undefined,
    headers: {},
    metadata: {},
    checksums: {},
    tags: {},
    storageClass: undefined,
    encryption: undefined,
    parts: undefined,
  });
}

function readable(
  objects: Objects,
  input: { Bucket: string; Key: string; VersionId?: string | undefined },
): ObjectVersion {
  const version = objects.version(input.Bucket, input.Key, input.VersionId);
  if (version.deleteMarker) {
    const message = "The specified method is not allowed against this resource.";
    throw new AwsError("MethodNotAllowed", message, { status: 405 });
  }
  if (!version.file) throw noSuchKey(input.Key);
  return version;
}

function describe(version: ObjectVersion) {
  return {
    AcceptRanges: "bytes",
    LastModified: version.modified,
    ETag: version.etag,
    ContentType: version.contentType ?? "binary/octet-stream",
    Metadata: version.metadata,
    ...describeEncryption(version),
    // "This header is returned for all objects except for S3 Standard storage class objects."
    ...(version.storageClass !== "STANDARD" && { StorageClass: version.storageClass }),
    ...version.headers,
    ...versionId(version),
  };
}

function versionId(version: ObjectVersion): { VersionId?: string } {
  return version.id === "null" ? {} : { VersionId: version.id };
}

/** The bytes a read asks for, by range or by part, and how the answer says so. */
function partOf(
  version: ObjectVersion,
  input: { Range?: string | undefined; PartNumber?: number | undefined },
): { range: { start: number; end: number } | undefined; answer: object } {
  const { size, parts } = version;
  if (input.Range !== undefined && input.PartNumber !== undefined) {
    throw new AwsError("InvalidRequest", "Cannot specify both Range header and partNumber query parameter");
  }
  const range = input.PartNumber === undefined ? parseRange(input.Range, size) : partRange(version, input.PartNumber);
  const counted = input.PartNumber !== undefined && parts && { PartsCount: parts.length };
  if (!range) return { range, answer: { ContentLength: size, ...counted } };
  return {
    range,
    answer: {
      ContentLength: range.end - range.start + 1,
      ContentRange: `bytes ${range.start}-${range.end}/${size}`,
      ...counted,
    },
  };
}

function partRange({ size, parts }: ObjectVersion, number: number): { start: number; end: number } | undefined {
  const sizes = parts ?? [size];
  const length = sizes[number - 1];
  if (length === undefined) {
    throw new AwsError("InvalidPartNumber", "The requested partnumber is not satisfiable", { status: 416 });
  }
  const start = sizes.slice(0, number - 1).reduce((sum, each) => sum + each, 0);
  return length === 0 ? undefined : { start, end: start + length - 1 };
}

function responseHeaders(input: Partial<GetObjectCommandInput>): Partial<GetObjectCommandOutput> {
  const overrides = {
    CacheControl: input.ResponseCacheControl,
    ContentDisposition: input.ResponseContentDisposition,
    ContentEncoding: input.ResponseContentEncoding,
    ContentLanguage: input.ResponseContentLanguage,
    ContentType: input.ResponseContentType,
    ExpiresString: input.ResponseExpires?.toUTCString(),
  };
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}

/** `bucket/key`, percent-encoded, maybe with a leading slash and `?versionId=`. */
function parseCopySource(source: string): { bucket: string; key: string; versionId: string | undefined } {
  const [path = "", query = ""] = source.split("?");
  const [, bucket, key] = /^\/?([^/]+)\/(.+)$/.exec(decodeURIComponent(path)) ?? [];
  if (!bucket || !key)
    throw invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  return { bucket, key, versionId: new URLSearchParams(query).get("versionId") ?? undefined };
}
