import { OciError } from "../errors.ts";

/** What to say of a file that could not be read as it was listed. */
export function sourceProblem(path: string, cause?: unknown): OciError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "EACCES" || code === "EPERM")
    return new OciError("source-unreadable", `${path} cannot be read: ${code}.`, {
      fix: "Give yourself the right to read it, or name it in .dockerignore.",
      cause,
    });
  return new OciError("source-changed", `${path} changed or vanished while the image was built.`, {
    fix: "Build again when nothing writes to the directory, or name it in .dockerignore.",
    cause,
  });
}
