import type { Readable } from "node:stream";

/** Inclusive positions of the first and last byte, as HTTP counts them. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Blobs by content. Content is shared by all repositories, but a repository sees only what was pushed or mounted into it.
 * Names and digests arrive checked.
 */
export interface BlobStorage {
  /** Bytes of the blob, or undefined when this repository does not have it. */
  size(repository: string, digest: string): Promise<number | undefined>;
  /** Reads a blob that `size` has just reported. */
  open(digest: string, range?: ByteRange): Readable;
  /** Makes a blob of one repository part of another; false when `from` does not have it. */
  mount(digest: string, from: string, to: string): Promise<boolean>;
  /** Takes the blob out of one repository; false when it was not there. */
  unlink(repository: string, digest: string): Promise<boolean>;
  /** Takes every blob and upload out of a repository, and drops content that no other repository has. */
  deleteRepository(repository: string): Promise<void>;

  /**
   * Takes what nobody needs any more out of a repository: blobs that are not in `keep`, and uploads, all of them not
   * touched since `before`. A push in progress has blobs that no manifest names yet; `before` spares them.
   */
  prune(repository: string, keep: ReadonlySet<string>, before: Date): Promise<void>;

  /** Begins an upload and returns its id. */
  startUpload(repository: string): Promise<string>;
  /** Bytes received so far, or undefined when there is no such upload. */
  uploadedBytes(repository: string, upload: string): Promise<number | undefined>;
  /** Adds content at the end. When the sender breaks off, what did arrive stays. Returns the bytes received so far. */
  append(repository: string, upload: string, content: AsyncIterable<Uint8Array>): Promise<number>;
  /** Turns the upload into a blob if its content has this digest; otherwise drops it and throws `digestInvalid`. */
  finishUpload(repository: string, upload: string, digest: string): Promise<void>;
  /** False when there is no such upload. */
  cancelUpload(repository: string, upload: string): Promise<boolean>;
}

export interface StoredManifest {
  digest: string;
  mediaType: string;
  /** Exactly as received: the digest is over these bytes. */
  bytes: Buffer;
}

/** Manifests and the tags that name them. Names, tags and digests arrive checked. */
export interface ManifestStorage {
  get(repository: string, digest: string): Promise<StoredManifest | undefined>;
  /** Stores the manifest and, if given, lets the tag name it from now on. */
  put(repository: string, manifest: StoredManifest, tag: string | undefined): Promise<void>;
  /** Deletes the manifest and every tag that names it; false when it was not there. */
  delete(repository: string, digest: string): Promise<boolean>;
  /** The digest a tag names. */
  resolve(repository: string, tag: string): Promise<string | undefined>;
  /** False when there is no such tag. */
  deleteTag(repository: string, tag: string): Promise<boolean>;
  /** All tags in lexical order. */
  tags(repository: string): Promise<string[]>;
}

export interface RegistryStorage {
  blobs: BlobStorage;
  manifests: ManifestStorage;
}
