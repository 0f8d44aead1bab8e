import { OciError } from "../../errors.ts";

/**
 * A path of an archive as one below the root: without leading slash, `.` and empty segments; "" is the root itself.
 *
 * @throws OciError `layer-path` when it climbs with `..`, which no honest tool writes.
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
  return segments.join("/");
}
