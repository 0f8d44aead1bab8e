/**
 * One member of an unpacked layer. Paths are relative to the root and cannot leave it. Content is not kept under these
 * paths but in numbered files, so that no path of an archive is ever used as one on this machine while unpacking.
 */
export type UnpackedEntry =
  | { type: "directory"; path: string; mode: number }
  | { type: "file"; path: string; mode: number; content: StoredContent }
  | { type: "symlink"; path: string; target: string }
  | { type: "hard link"; path: string; target: string }
  /** The layers below lose this path. */
  | { type: "whiteout"; path: string }
  /** The layers below lose everything inside this directory. */
  | { type: "opaque"; path: string };

/** A file of the store; size and time tell whether somebody wrote to it since. */
export interface StoredContent {
  /** Name within the layer's directory. */
  name: string;
  /** Bytes. */
  size: number;
  /** Milliseconds. */
  modified: number;
}

export interface UnpackedLayer {
  /** Absolute; holds the numbered content. */
  directory: string;
  entries: UnpackedEntry[];
}

/** What one image may take on disk, against archives made to fill it. */
export interface UnpackLimits {
  /** Of all layers, unpacked. */
  bytes: number;
  entries: number;
}

// 20 GiB is what Fargate gives a task for its image and files:
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html
export const defaultLimits: UnpackLimits = { bytes: 20 * 2 ** 30, entries: 1_000_000 };
