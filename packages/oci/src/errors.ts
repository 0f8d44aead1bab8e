/** A failure of image work that a person has to understand. `code` is stable; `fix` says what to do about it. */
export class OciError extends Error {
  override readonly name = "OciError";
  readonly code: string;
  readonly fix: string | undefined;

  constructor(code: string, message: string, options: { fix?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.fix = options.fix;
  }
}
