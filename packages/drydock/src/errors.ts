/**
 * An error an AWS service answers with; handlers throw it and the protocol writes it in its own shape.
 * `code` is the error's name as AWS's API reference lists it; `members` are further members of its error shape.
 */
export class AwsError extends Error {
  override readonly name = "AwsError";
  readonly code: string;
  /** HTTP status; left out, the error shape's own, or 400. */
  readonly status: number | undefined;
  readonly members: Record<string, unknown>;

  constructor(code: string, message: string, options: { status?: number; members?: Record<string, unknown> } = {}) {
    super(message);
    this.code = code;
    this.status = options.status;
    this.members = options.members ?? {};
  }
}
