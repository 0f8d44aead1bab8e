/** Error codes of the operating system that say the state directory can't be written, whatever the path. */
const system: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "a file has reached the size that this process may write",
  EROFS: "the file system is read-only",
};

/** Primary result codes of SQLite, the low byte of `errcode`: https://www.sqlite.org/rescode.html */
const sqlite: Record<number, string> = {
  8: "the file system is read-only",
  10: "the disk refuses to read or write",
  11: "the database is damaged",
  13: "the disk is full",
  14: "the database can't be opened",
  26: "the database is damaged",
};

/**
 * Why the state can't be read or written, in words; undefined for an error that is about something else. What was being
 * written is not kept: SQLite takes back the statement or transaction, and files are moved into place when they are complete.
 */
export function storageProblem(error: unknown): string | undefined {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown };
  if (code === "ERR_SQLITE_ERROR" && typeof errcode === "number") return sqlite[errcode & 0xff];
  return typeof code === "string" ? system[code] : undefined;
}
