import type {
  _Object,
  DeleteMarkerEntry,
  ObjectVersion as DescribedVersion,
  ListObjectsRequest,
} from "@aws-sdk/client-s3";
import type { Operations } from "../../service.ts";
import { invalidArgument } from "./errors.ts";
import type { Objects, ObjectVersion, StoredObject } from "./objects.ts";

type S3Operations = Operations<typeof import("@aws-sdk/client-s3")>;

type ListingInput = Pick<ListObjectsRequest, "Prefix" | "Delimiter" | "MaxKeys" | "EncodingType"> & { Bucket: string };

interface Named {
  key: string;
}

interface Listing {
  prefix: string;
  delimiter: string | undefined;
  /** Only names after this one. */
  after: string;
  limit: number;
}

interface Listed<T> {
  keys: T[];
  prefixes: string[];
  /** The last key or prefix of a listing that was cut off. */
  next: string | undefined;
}

export function listingOperations(objects: Objects): S3Operations {
  /** What all listings begin with: the objects below the prefix, and what was asked for as the answer repeats it. */
  function begin({ Bucket, Prefix = "", Delimiter, MaxKeys, EncodingType }: ListingInput) {
    objects.bucket(Bucket);
    const encode = encoder(EncodingType);
    const listing = { prefix: Prefix, delimiter: Delimiter, limit: limitOf(MaxKeys) };
    const asked = {
      Name: Bucket,
      Prefix: encode(Prefix),
      Delimiter: Delimiter && encode(Delimiter),
      MaxKeys: listing.limit,
      EncodingType,
    };
    return { stored: objects.list(Bucket, Prefix), listing, encode, asked };
  }

  return {
    ListObjectsV2: (input) => {
      const { stored, listing, encode, asked } = begin(input);
      const after = readToken(input.ContinuationToken) ?? input.StartAfter ?? "";
      const { keys, prefixes, next } = list(stored.filter(isPresent), { ...listing, after });
      return {
        ...asked,
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
      const { stored, listing, encode, asked } = begin(input);
      const { keys, prefixes, next } = list(stored.filter(isPresent), { ...listing, after: input.Marker ?? "" });
      return {
        ...asked,
        Marker: input.Marker ?? "",
        IsTruncated: next !== undefined,
        // "This element is returned only if you have the delimiter request parameter specified."
        NextMarker: input.Delimiter === undefined || next === undefined ? undefined : encode(next),
        Contents: keys.map((object) => describeObject(object, encode)),
        CommonPrefixes: prefixes.map((Prefix) => ({ Prefix: encode(Prefix) })),
      };
    },

    ListObjectVersions: (input) => {
      const { stored, listing, encode, asked } = begin(input);
      const all = afterMarker(stored, input.KeyMarker, input.VersionIdMarker);
      const { keys: versions, prefixes, next } = list(all, { ...listing, after: prefixMarker(input) });
      const lastVersion = next === versions.at(-1)?.key ? versions.at(-1)?.version.id : undefined;
      const describe = ({ key, version, isLatest }: ListedVersion) => ({
        Key: encode(key),
        VersionId: version.id,
        IsLatest: isLatest,
        LastModified: version.modified,
      });
      return {
        ...asked,
        KeyMarker: input.KeyMarker ?? "",
        VersionIdMarker: input.VersionIdMarker ?? "",
        IsTruncated: next !== undefined,
        NextKeyMarker: next === undefined ? undefined : encode(next),
        NextVersionIdMarker: lastVersion,
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

interface ListedVersion {
  key: string;
  version: ObjectVersion;
  isLatest: boolean;
}

/** Every version, newest first within a key, that comes after a page which ended with this key and version. */
function afterMarker(objects: StoredObject[], key: string | undefined, version: string | undefined): ListedVersion[] {
  return objects
    .filter((object) => key === undefined || object.key === key || isAfter(object.key, key))
    .flatMap((object) => {
      const place = object.versions.findIndex(({ id }) => id === version);
      // Without a version the marker stands for all versions of its key.
      const passed = object.key !== key ? 0 : place < 0 ? object.versions.length : place + 1;
      const described = object.versions.map((each, index) => ({
        key: object.key,
        version: each,
        isLatest: index === 0,
      }));
      return described.slice(passed);
    });
}

/** A page that ended with a common prefix goes on after everything that shares it. */
function prefixMarker(input: { Delimiter?: string | undefined; KeyMarker?: string | undefined }): string {
  return input.Delimiter && input.KeyMarker?.endsWith(input.Delimiter) ? input.KeyMarker : "";
}

/** Keys up to the limit; those that share a part up to the delimiter count once, as a common prefix. */
function list<T extends Named>(objects: T[], { prefix, delimiter, after, limit }: Listing): Listed<T> {
  const keys: T[] = [];
  const prefixes: string[] = [];
  let last: string | undefined;
  for (const object of objects) {
    const cut = delimiter ? object.key.indexOf(delimiter, prefix.length) : -1;
    const common = cut < 0 || !delimiter ? undefined : object.key.slice(0, cut + delimiter.length);
    const name = common ?? object.key;
    if (!isAfter(name, after) || (common !== undefined && common === prefixes.at(-1))) continue;
    if (keys.length + prefixes.length === limit) return { keys, prefixes, next: limit === 0 ? undefined : last };
    if (common === undefined) keys.push(object);
    else prefixes.push(common);
    last = name;
  }
  return { keys, prefixes, next: undefined };
}

/** In the order of their UTF-8 bytes, which is S3's, and which JavaScript's own comparison isn't. */
function isAfter(name: string, other: string): boolean {
  return Buffer.compare(Buffer.from(name), Buffer.from(other)) > 0;
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
