/** What a request's SigV4 signature says about it. The signature itself is not checked: any credentials are accepted. */
export interface Signature {
  accessKeyId: string;
  region: string;
  /** The signing name in the credential scope: `ecs`, `elasticloadbalancing`, `s3`. */
  service: string;
}

/**
 * Reads the credential scope from the Authorization header or a presigned URL.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
 */
export function readSignature(authorization: string | undefined, query: URLSearchParams): Signature | undefined {
  const credential = /^AWS4-(?:HMAC|ECDSA)-[\w-]+ +.*?Credential=([^,\s]+)/.exec(authorization ?? "")?.[1];
  const scope = (credential ?? query.get("X-Amz-Credential"))?.split("/");
  const [accessKeyId, , region, service] = scope?.length === 5 ? scope : [];
  return accessKeyId && region && service ? { accessKeyId, region, service } : undefined;
}
