import { createReadStream } from "node:fs";
import { copyFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
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
      // Told before the body is read, so that a losing writer of a lock doesn't send it for nothing; and again below.
      checkWrite(input, input.Key, objects.find(bucket.name, input.Key)?.versions[0]);
      const file = objects.newFile();
      const { size, md5 } = await receiveBody(input.Body, objects.path(file), input);
      try {
        const added = region.store.transaction(() => {
          checkWrite(input, input.Key, objects.find(bucket.name, input.Key)?.versions[0]);
          return objects.add(bucket, input.Key, {
            deleteMarker: false,
            file,
            size,
            etag: `"${md5}"`,
            modified: now(),
            contentType: input.ContentType,
            headers: pickHeaders(input),
            metadata: input.Metadata ?? {},
            checksums: pickChecksums(input),
            tags: Object.fromEntries(new URLSearchParams(input.Tagging ?? "")),
          });
        });
        return { ETag: added.etag, ...versionId(added), ServerSideEncryption: "AES256", ...added.checksums };
      } catch (error) {
        objects.removeFiles([{ file }]);
        throw error;
      }
    },

    GetObject: (input) => {
      const version = readable(objects, input);
      checkRead(input, version);
      const range = parseRange(input.Range, version.size);
      const body =
        version.size === 0 ? Readable.from([]) : createReadStream(objects.path(version.file ?? ""), range ?? {});
      return {
        ...describe(version),
        // The SDK types a body with its client-side mixins; on this side it is the plain stream.
        Body: body as never,
        ContentLength: range ? range.end - range.start + 1 : version.size,
        ...(range && { ContentRange: `bytes ${range.start}-${range.end}/${version.size}`, StatusCode: 206 }),
        ...(input.ChecksumMode === "ENABLED" && !range && version.checksums),
      };
    },

    HeadObject: (input) => {
      const version = readable(objects, input);
      checkRead(input, version);
      return {
        ...describe(version),
        ContentLength: version.size,
        ...(input.ChecksumMode === "ENABLED" && version.checksums),
      };
    },

    CopyObject: async (input) => {
      const bucket = objects.bucket(input.Bucket);
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
      const replace = input.MetadataDirective === "REPLACE";
      if (!replace && source.bucket === input.Bucket && source.key === input.Key && !source.versionId) {
        const message =
          "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.";
        throw new AwsError("InvalidRequest", message, { status: 400 });
      }
      const file = objects.newFile();
      await copyFile(objects.path(original.file ?? ""), objects.path(file));
      const added = objects.add(bucket, input.Key, {
        ...original,
        file,
        modified: now(),
        ...(replace && {
          metadata: input.Metadata ?? {},
          contentType: input.ContentType,
          headers: pickHeaders(input),
        }),
      });
      return { CopyObjectResult: { ETag: added.etag, LastModified: added.modified }, ...versionId(added) };
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
      objects.change(input.Bucket, input.Key, version.id, { tags });
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
    ServerSideEncryption: "AES256" as const,
    ...version.headers,
    ...versionId(version),
  };
}

function versionId(version: ObjectVersion): { VersionId?: string } {
  return version.id === "null" ? {} : { VersionId: version.id };
}

const keptHeaders = ["CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage"] as const;

function pickHeaders(input: { [Name in (typeof keptHeaders)[number]]?: string | undefined }): ObjectVersion["headers"] {
  const headers: ObjectVersion["headers"] = {};
  for (const name of keptHeaders) {
    // aws-chunked describes the transfer, not the object.
    const value = input[name]?.replace(/^aws-chunked,?\s*/, "");
    if (value) headers[name] = value;
  }
  return headers;
}

function pickChecksums(input: { [name: string]: unknown }): Record<string, string> {
  const names = ["ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumSHA1", "ChecksumSHA256"];
  return Object.fromEntries(names.flatMap((name) => (typeof input[name] === "string" ? [[name, input[name]]] : [])));
}

/** `bucket/key`, percent-encoded, maybe with a leading slash and `?versionId=`. */
function parseCopySource(source: string): { bucket: string; key: string; versionId: string | undefined } {
  const [path = "", query = ""] = source.split("?");
  const [, bucket, key] = /^\/?([^/]+)\/(.+)$/.exec(decodeURIComponent(path)) ?? [];
  if (!bucket || !key)
    throw invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  return { bucket, key, versionId: new URLSearchParams(query).get("versionId") ?? undefined };
}
