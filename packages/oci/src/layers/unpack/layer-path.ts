import { OciError } from "../../errors.ts";

/** Bytes of a name on every common file system, and of a path in all: PATH_MAX of Linux, less what stands before the root. */
const longestName = 255;
const longestPath = 3072;

/**
 * A path of an archive as one below the root: without leading slash, `.` and empty segments; "" is the root itself.
 *
 * @throws OciError `layer-path` when it climbs with `..`, which no honest tool writes, or is too long for a file system.
 */
export function layerPath(written: string): string {
  const segments = written.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (segments.includes("..") || written.includes("\0"))
    throw new OciError(
      "layer-path",
      `The layer has the path ${JSON.stringify(written)}, which leads out of the image.`,
      {
        fix: "Don't use this image: it was made to overwrite files of the machine that unpacks it.",
      },
    );
  const path = segments.join("/");
  if (Buffer.byteLength(path) > longestPath || segments.some((segment) => Buffer.byteLength(segment) > longestName))
    throw tooLong(path);
  return path;
}

/**
 * Where a symbolic link of an archive leads, as it is written: what that means is found out below the root.
 *
 * @throws OciError `layer-path` when no link can hold it.
 */
export function linkTarget(written: string): string {
  if (Buffer.byteLength(written) > longestPath) throw tooLong(written);
  if (written !== "" && !written.includes("\0")) return written;
  throw new OciError("layer-path", `The layer has a symbolic link to ${JSON.stringify(written)}.`, {
    fix: "Build the image again; no file system can hold such a link.",
  });
}

function tooLong(path: string): OciError {
  return new OciError("layer-path", `The layer has a path of ${path.length} characters: ${path.slice(0, 80)}…`, {
    fix: `A name has ${longestName} bytes at most, a path ${longestPath}: shorten it in the image.`,
  });
}
