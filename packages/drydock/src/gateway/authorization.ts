import { AwsError } from "../errors.ts";

/** What a request's SigV4 signature says about it. The signature itself is not checked: any credentials are accepted. */
export interface Signature {
  accessKeyId: string;
  region: string;
  /** The signing name in the credential scope: `ecs`, `elasticloadbalancing`, `s3`. */
  service: string;
}

/** `Credential=AKIA…/20260101/eu-west-1/ecs/aws4_request` */
const scopeParts = 5;

/**
 * Reads the credential scope from the Authorization header or a presigned URL; undefined for a request without either.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
 *
 * @throws AwsError IncompleteSignature (400) for a SigV4 signature that lacks a part.
 */
export function readSignature(authorization: string | undefined, query: URLSearchParams): Signature | undefined {
  const credential = authorization?.startsWith("AWS4-")
    ? headerCredential(authorization)
    : query.get("X-Amz-Credential");
  if (credential === null || credential === undefined) return undefined;
  const scope = credential.split("/");
  const [accessKeyId, , region, service, terminator] = scope;
  if (scope.length === scopeParts && accessKeyId && region && service && terminator === "aws4_request") {
    return { accessKeyId, region, service };
  }
  const expected = "<access key>/<date>/<region>/<service>/aws4_request";
  throw new AwsError("IncompleteSignature", `Credential must be ${expected}, got '${credential.slice(0, 200)}'.`);
}

function headerCredential(authorization: string): string {
  const parameters = authorization.slice(authorization.indexOf(" ") + 1).split(",");
  const values = new Map(
    parameters.map((parameter) => {
      const [name = "", value = ""] = parameter.trim().split("=", 2);
      return [name, value];
    }),
  );
  const missing = ["Credential", "Signature", "SignedHeaders"].filter((name) => !values.get(name));
  if (missing.length === 0) return values.get("Credential") ?? "";
  throw new AwsError(
    "IncompleteSignature",
    missing.map((name) => `Authorization header requires '${name}' parameter.`).join(" "),
  );
}
