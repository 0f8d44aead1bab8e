import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ServerSideEncryption, StorageClass } from "@aws-sdk/client-s3";
import type { Region } from "../../region.ts";
import { noSuchBucket, noSuchKey, noSuchVersion } from "./errors.ts";

export interface Bucket {
  name: string;
  created: Date;
  versioning: "Enabled" | "Suspended" | undefined;
  /** Settings that are kept and answered as they were put: tagging, policy, encryption, public access block, … */
  settings: Record<string, unknown>;
}

export interface ObjectVersion {
  /** `null` in buckets that never had versioning. */
  id: string;
  deleteMarker: boolean;
  /** The file under the region's directory that holds the bytes; none for a delete marker. */
  file: string | undefined;
  size: number;
  /** Quoted, as S3 answers it. */
  etag: string;
  modified: Date;
  contentType: string | undefined;
  headers: Partial<Record<"CacheControl" | "ContentDisposition" | "ContentEncoding" | "ContentLanguage", string>>;
  metadata: Record<string, string>;
  checksums: Record<string, string>;
  tags: Record<string, string>;
  storageClass: StorageClass | undefined;
  /** As it was asked for; what isn't is encrypted by S3 itself. */
  encryption: { algorithm: ServerSideEncryption; keyId: string | undefined } | undefined;
  /** The sizes of its parts, when it was uploaded in parts. */
  parts: number[] | undefined;
}

export interface StoredObject {
  bucket: string;
  key: string;
  /** Newest first. */
  versions: ObjectVersion[];
}

/** Buckets and objects: metadata in the store, bytes in files that are never changed once they are there. */
export class Objects {
  readonly buckets;
  private readonly objects;
  private readonly region: Region;
  private readonly directory: string;

  constructor(region: Region) {
    this.region = region;
    this.buckets = region.store.collection<Bucket>("s3.buckets");
    this.objects = region.store.collection<StoredObject>("s3.objects");
    this.directory = join(region.directory, "s3");
    mkdirSync(this.directory, { recursive: true });
  }

  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (!bucket) throw noSuchBucket(name);
    return bucket;
  }

  /** Removes a bucket that holds no object, and the uploads to it that were never completed. */
  removeBucket(name: string): void {
    const uploads = this.region.store.collection<{ bucket: string; parts: { file: string }[] }>("s3.uploads");
    const unfinished = uploads.entries().filter(([, { bucket }]) => bucket === name);
    this.region.store.transaction(() => {
      for (const [id] of unfinished) uploads.delete(id);
      this.buckets.delete(name);
    });
    this.removeFiles(unfinished.flatMap(([, { parts }]) => parts));
  }

  find(bucket: string, key: string): StoredObject | undefined {
    return this.objects.get(`${bucket}/${key}`);
  }

  /** The latest version, or the one asked for. Throws NoSuchBucket, NoSuchKey, NoSuchVersion. */
  version(bucket: string, key: string, versionId?: string): ObjectVersion {
    this.bucket(bucket);
    const versions = this.find(bucket, key)?.versions ?? [];
    if (versionId !== undefined) {
      const version = versions.find(({ id }) => id === versionId);
      if (!version) throw noSuchVersion(key, versionId);
      return version;
    }
    const [latest] = versions;
    if (!latest || latest.deleteMarker) throw noSuchKey(key);
    return latest;
  }

  list(bucket: string, prefix = ""): StoredObject[] {
    return this.objects.list(`${bucket}/${prefix}`);
  }

  /** Adds a version as the latest; without versioning it takes the place of the one there was. */
  add(bucket: Bucket, key: string, version: Omit<ObjectVersion, "id">): ObjectVersion {
    const existing = this.find(bucket.name, key)?.versions ?? [];
    const id = bucket.versioning === "Enabled" ? newVersionId() : "null";
    const added = { ...version, id };
    const replaced = existing.filter((each) => each.id === id);
    const kept = existing.filter((each) => each.id !== id);
    this.objects.put(`${bucket.name}/${key}`, { bucket: bucket.name, key, versions: [added, ...kept] });
    this.removeFiles(replaced);
    return added;
  }

  removeVersion(bucket: string, key: string, id: string): ObjectVersion | undefined {
    const versions = this.find(bucket, key)?.versions ?? [];
    const removed = versions.find((version) => version.id === id);
    const kept = versions.filter((version) => version !== removed);
    if (kept.length > 0) this.objects.put(`${bucket}/${key}`, { bucket, key, versions: kept });
    else this.objects.delete(`${bucket}/${key}`);
    if (removed) this.removeFiles([removed]);
    return removed;
  }

  change(bucket: string, key: string, id: string, changes: Partial<ObjectVersion>): void {
    const versions = this.find(bucket, key)?.versions ?? [];
    const changed = versions.map((version) => (version.id === id ? { ...version, ...changes } : version));
    this.objects.put(`${bucket}/${key}`, { bucket, key, versions: changed });
  }

  newFile(): string {
    return randomBytes(16).toString("hex");
  }

  path(file: string): string {
    return join(this.directory, file);
  }

  removeFiles(versions: { file: string | undefined }[]): void {
    for (const { file } of versions) if (file) rmSync(this.path(file), { force: true });
  }
}

function newVersionId(): string {
  return randomBytes(24).toString("base64url");
}
