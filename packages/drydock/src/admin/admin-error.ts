/** What a request to the admin API was refused for, for the person or program that made it. */
export class AdminError extends Error {
  override readonly name = "AdminError";
  readonly status: number;
  readonly code: string;
  /** What would have been taken. */
  readonly expected: string | undefined;
  /** Where in the body: `faults[0].probability`. */
  readonly path: string | undefined;

  constructor(status: number, code: string, message: string, details: { expected?: string; path?: string } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.expected = details.expected;
    this.path = details.path;
  }
}
