/** What the process ends with. 2 is bad usage or configuration, 3 rolled back, 4 waiting for approval, 5 locked. */
export type ExitCode = 1 | 2 | 3 | 4 | 5;

export interface FardelErrorDetails {
  /** file:line and path, or the resource. */
  where?: string;
  /** The cause, as far as known; several lines allowed. */
  why?: string;
  /** What the reader can do about it. */
  fix?: string;
  /** Default 1. */
  exitCode?: ExitCode;
  cause?: unknown;
}

/** The one error class of fardel: what happened (`message`), where, why, what to do. `code` is stable, for programs. */
export class FardelError extends Error {
  override readonly name = "FardelError";
  readonly code: string;
  readonly where: string | undefined;
  readonly why: string | undefined;
  readonly fix: string | undefined;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, details: FardelErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.where = details.where;
    this.why = details.why;
    this.fix = details.fix;
    this.exitCode = details.exitCode ?? 1;
  }
}
