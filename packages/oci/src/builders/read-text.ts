import { readFile, stat } from "node:fs/promises";
import { OciError } from "../errors.ts";
import { sourceProblem } from "../layers/source-problem.ts";

/** Lockfiles of large monorepos have some ten megabytes. */
const largest = 64 * 1024 * 1024;

/**
 * Text of one of the files that decide how an app is built; undefined where there is none.
 *
 * @throws OciError `source-unreadable` for what can't be read, and for a pipe or a device, which may never end.
 */
export async function readText(path: string): Promise<string | undefined> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
    throw sourceProblem(path, cause);
  });
  if (found === undefined) return undefined;
  if (!found.isFile() || found.size > largest)
    throw new OciError("source-unreadable", `${path} cannot be read: it is no file, or a very large one.`, {
      fix: "Put a text file in its place, or take it away.",
    });
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw sourceProblem(path, cause);
  });
}
