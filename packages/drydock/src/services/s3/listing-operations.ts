import type { _Object, DeleteMarkerEntry, ObjectVersion as DescribedVersion } from "@aws-sdk/client-s3";
import type { Operations } from "../../service.ts";
import { invalidArgument } from "./errors.ts";
import type { Objects, ObjectVersion, StoredObject } from "./objects.ts";

type S3Operations = Operations<typeof import("@aws-sdk/client-s3")>;

interface Listing {
  prefix: string;
  delimiter: string | undefined;
  /** Only names after this one. */
  after: string;
  limit: number;
}

interface Listed {
  keys: StoredObject[];
  prefixes: string[];
  /** The last key or prefix of a listing that was cut off. */
  next: string | undefined;
}

export function listingOperations(objects: Objects): S3Operations {
  return {
    ListObjectsV2: (input) => {
      objects.bucket(input.Bucket);
      const listing = {
        prefix: input.Prefix ?? "",
        delimiter: input.Delimiter,
        after: readToken(input.ContinuationToken) ?? input.StartAfter ?? "",
        limit: limitOf(input.MaxKeys),
      };
      const { keys, prefixes, next } = list(objects.list(input.Bucket, listing.prefix).filter(isPresent), listing);
      const encode = encoder(input.EncodingType);
      return {
        Name: input.Bucket,
        Prefix: encode(listing.prefix),
        Delimiter: input.Delimiter && encode(input.Delimiter),
        MaxKeys: listing.limit,
        EncodingType: input.EncodingType,
        KeyCount: keys.length + prefixes.length,
        IsTruncated: next !== undefined,
        ContinuationToken: input.ContinuationToken,
        NextContinuationToken: next === undefined ? undefined : Buffer.from(next).toString("base64url"),
        StartAfter: input.StartAfter,
        Contents: keys.map((object) => describeObject(object, encode)),
        CommonPrefixes: prefixes.map((Prefix) => ({ Prefix: encode(Prefix) })),
      };
    },

    ListObjects: (input) => {
      objects.bucket(input.Bucket);
      const listing = {
        prefix: input.Prefix ?? "",
        delimiter: input.Delimiter,
        after: input.Marker ?? "",
        limit: limitOf(input.MaxKeys),
      };
      const { keys, prefixes, next } = list(objects.list(input.Bucket, listing.prefix).filter(isPresent), listing);
      const encode = encoder(input.EncodingType);
      return {
        Name: input.Bucket,
        Prefix: encode(listing.prefix),
        Marker: input.Marker ?? "",
        Delimiter: input.Delimiter && encode(input.Delimiter),
        MaxKeys: listing.limit,
        EncodingType: input.EncodingType,
        IsTruncated: next !== undefined,
        // "This element is returned only if you have the delimiter request parameter specified."
        NextMarker: input.Delimiter === undefined ? undefined : next,
        Contents: keys.map((object) => describeObject(object, encode)),
        CommonPrefixes: prefixes.map((Prefix) => ({ Prefix: encode(Prefix) })),
      };
    },

    ListObjectVersions: (input) => {
      objects.bucket(input.Bucket);
      const listing = {
        prefix: input.Prefix ?? "",
        delimiter: input.Delimiter,
        after: input.KeyMarker ?? "",
        limit: limitOf(input.MaxKeys),
      };
      // A page ends between keys, so that no version marker is needed to go on.
      const { keys, prefixes, next } = list(objects.list(input.Bucket, listing.prefix), listing);
      const encode = encoder(input.EncodingType);
      const versions = keys.flatMap((object) => object.versions.map((version, index) => ({ object, version, index })));
      const describe = ({ object, version, index }: (typeof versions)[number]) => ({
        Key: encode(object.key),
        VersionId: version.id,
        IsLatest: index === 0,
        LastModified: version.modified,
      });
      return {
        Name: input.Bucket,
        Prefix: encode(listing.prefix),
        KeyMarker: input.KeyMarker ?? "",
        MaxKeys: listing.limit,
        EncodingType: input.EncodingType,
        IsTruncated: next !== undefined,
        NextKeyMarker: next,
        Versions: versions
          .filter(({ version }) => !version.deleteMarker)
          .map((each): DescribedVersion => ({ ...describe(each), ...size(each.version) })),
        DeleteMarkers: versions
          .filter(({ version }) => version.deleteMarker)
          .map((each): DeleteMarkerEntry => describe(each)),
        CommonPrefixes: prefixes.map((Prefix) => ({ Prefix: encode(Prefix) })),
      };
    },
  };
}

/** Keys up to the limit; those that share a part up to the delimiter count once, as a common prefix. */
function list(objects: StoredObject[], { prefix, delimiter, after, limit }: Listing): Listed {
  const keys: StoredObject[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  for (const object of objects) {
    const cut = delimiter ? object.key.indexOf(delimiter, prefix.length) : -1;
    const common = cut < 0 || !delimiter ? undefined : object.key.slice(0, cut + delimiter.length);
    const name = common ?? object.key;
    if (name <= after || (common !== undefined && common === prefixes.at(-1))) continue;
    if (keys.length + prefixes.length === limit) return { keys, prefixes, next: limit === 0 ? undefined : last };
    if (common === undefined) keys.push(object);
    else prefixes.push(common);
    last = name;
  }
  return { keys, prefixes, next: undefined };
}

function isPresent(object: StoredObject): boolean {
  return object.versions[0]?.deleteMarker === false;
}

function describeObject(object: StoredObject, encode: (text: string) => string): _Object {
  const [latest] = object.versions;
  return { Key: encode(object.key), LastModified: latest?.modified, ...(latest && size(latest)) };
}

function size(version: ObjectVersion) {
  return { ETag: version.etag, Size: version.size, StorageClass: "STANDARD" as const };
}

function limitOf(maximum: number | undefined): number {
  if (maximum !== undefined && maximum < 0)
    throw invalidArgument("Argument maxKeys must be an integer between 0 and 2147483647");
  return Math.min(maximum ?? 1000, 1000);
}

function readToken(token: string | undefined): string | undefined {
  return token === undefined ? undefined : Buffer.from(token, "base64url").toString();
}

function encoder(type: string | undefined): (text: string) => string {
  return type === "url" ? (text) => encodeURIComponent(text).replaceAll("%2F", "/") : (text) => text;
}
