/**
 * A refusal in the words of the distribution spec: HTTP status, error code, message.
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;
  readonly detail: unknown;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { headers?: Record<string, string>; detail?: unknown } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = more.headers ?? {};
    this.detail = more.detail;
  }
}

export const nameUnknown = (message: string) => new RegistryError(404, "NAME_UNKNOWN", message);

export const nameInvalid = (repository: string) =>
  new RegistryError(400, "NAME_INVALID", `'${repository}' cannot name a repository`);

/** `challenge` is the WWW-Authenticate header, which tells the client how to log in. */
export const unauthorized = (challenge: string, message = "authentication required") =>
  new RegistryError(401, "UNAUTHORIZED", message, { headers: { "www-authenticate": challenge } });

export const denied = (message: string) => new RegistryError(403, "DENIED", message);

export const tagInvalid = (message: string) => new RegistryError(400, "TAG_INVALID", message);

export const manifestUnknown = (repository: string, reference: string) =>
  new RegistryError(404, "MANIFEST_UNKNOWN", `repository ${repository} has no manifest ${reference}`);

export const manifestInvalid = (why: string) => new RegistryError(400, "MANIFEST_INVALID", why);

export const manifestBlobUnknown = (repository: string, digests: string[]) =>
  new RegistryError(
    400,
    "MANIFEST_BLOB_UNKNOWN",
    `the manifest refers to content that repository ${repository} does not have: ${digests.join(", ")}`,
    { detail: digests.map((digest) => ({ digest })) },
  );

export const blobUnknown = (repository: string, digest: string) =>
  new RegistryError(404, "BLOB_UNKNOWN", `repository ${repository} has no blob ${digest}`, { detail: { digest } });

export const uploadUnknown = (upload: string) =>
  new RegistryError(
    404,
    "BLOB_UPLOAD_UNKNOWN",
    `there is no upload ${upload}; it was finished, cancelled or never begun`,
  );

export const digestInvalid = (message: string) => new RegistryError(400, "DIGEST_INVALID", message);

export const sizeInvalid = (message: string, status = 400) => new RegistryError(status, "SIZE_INVALID", message);

export const unsupported = (message: string, status = 405) => new RegistryError(status, "UNSUPPORTED", message);
