/**
 * One member of a layer. `path` is relative to the image's root, with forward slashes and without a leading one. Owner,
 * group and times are not part of it: a layer has the same for all, so that it depends on content only.
 */
export type LayerEntry = DirectoryEntry | FileEntry | SymlinkEntry;

export interface DirectoryEntry {
  type: "directory";
  path: string;
}

export interface FileEntry {
  type: "file";
  path: string;
  executable: boolean;
  /** Bytes. */
  size: number;
  /** Where the content is read from: an absolute path on this machine. */
  source: string;
}

export interface SymlinkEntry {
  type: "symlink";
  path: string;
  target: string;
}
