import { OciError } from "@fardel/oci";
import { FardelError } from "../errors.ts";

/**
 * Makes a FardelError with the code `IMAGE_<OciError's code>` of what image work threw; everything else passes unchanged.
 *
 * @param where the manifest's key the image comes from, as `whereWritten` gives it.
 */
export function wrapImageError(error: unknown, where: string): unknown {
  if (!(error instanceof OciError)) return error;
  const [message = "", ...why] = error.message.split("\n");
  return new FardelError(`IMAGE_${error.code.replaceAll("-", "_").toUpperCase()}`, message, {
    where,
    ...(why.length > 0 && { why: why.join("\n") }),
    ...(error.fix !== undefined && { fix: error.fix }),
    cause: error,
  });
}
