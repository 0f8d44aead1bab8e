import { AwsError } from "../../errors.ts";
import { noSuchKey, preconditionFailed } from "./errors.ts";
import type { ObjectVersion } from "./objects.ts";

interface WriteConditions {
  IfMatch?: string | undefined;
  IfNoneMatch?: string | undefined;
}

interface ReadConditions extends WriteConditions {
  IfModifiedSince?: Date | undefined;
  IfUnmodifiedSince?: Date | undefined;
}

/**
 * Conditional writes: If-None-Match: * only when nothing is there, If-Match only over that very ETag.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export function checkWrite(conditions: WriteConditions, key: string, latest: ObjectVersion | undefined): void {
  const present = latest && !latest.deleteMarker ? latest : undefined;
  if (conditions.IfNoneMatch !== undefined) {
    if (conditions.IfNoneMatch !== "*") {
      const message = "A header you provided implies functionality that is not implemented";
      throw new AwsError("NotImplemented", message, { status: 501, members: { Header: "If-None-Match" } });
    }
    if (present) throw preconditionFailed("If-None-Match");
  }
  if (conditions.IfMatch !== undefined) {
    if (!present) throw noSuchKey(key);
    if (!sameTag(conditions.IfMatch, present.etag)) throw preconditionFailed("If-Match");
  }
}

/** Conditional reads, in the order of RFC 9110 section 13.2.2. A 304 has no body and S3 gives it no code. */
export function checkRead(conditions: ReadConditions, version: ObjectVersion): void {
  const modified = Math.floor(version.modified.getTime() / 1000) * 1000;
  if (conditions.IfMatch !== undefined) {
    if (!sameTag(conditions.IfMatch, version.etag)) throw preconditionFailed("If-Match");
  } else if (conditions.IfUnmodifiedSince && modified > conditions.IfUnmodifiedSince.getTime()) {
    throw preconditionFailed("If-Unmodified-Since");
  }
  if (conditions.IfNoneMatch !== undefined) {
    if (sameTag(conditions.IfNoneMatch, version.etag)) throw notModified();
  } else if (conditions.IfModifiedSince && modified <= conditions.IfModifiedSince.getTime()) throw notModified();
}

function notModified(): AwsError {
  return new AwsError("NotModified", "Not Modified", { status: 304 });
}

function sameTag(given: string, etag: string): boolean {
  const plain = (text: string) => text.trim().replace(/^W\//, "").replaceAll('"', "");
  return given.trim() === "*" || given.split(",").some((tag) => plain(tag) === plain(etag));
}
