import { AwsError } from "../errors.ts";
import type { ProtocolName } from "../protocols/model.ts";

/**
 * What a service answers when calls come too fast. JSON services have it among their common errors
 * (`ThrottlingException`), Query services as `Throttling`, EC2 as `RequestLimitExceeded` ("The maximum request rate
 * permitted by the Amazon EC2 APIs has been exceeded for your account"), S3 as `SlowDown`.
 */
export function throttled(protocol: ProtocolName): AwsError {
  if (protocol === "restXml") return new AwsError("SlowDown", "Please reduce your request rate.", { status: 503 });
  if (protocol === "ec2Query") return new AwsError("RequestLimitExceeded", "Request limit exceeded.", { status: 503 });
  return new AwsError(protocol === "awsQuery" ? "Throttling" : "ThrottlingException", "Rate exceeded", { status: 400 });
}

/** Where a service's reference has a name of its own for "something went wrong inside AWS". */
const ownNames: Record<string, string> = {
  ec2: "InternalError",
  ecr: "ServerException",
  ecs: "ServerException",
  iam: "ServiceFailure",
  s3: "InternalError",
  secretsmanager: "InternalServiceError",
  ssm: "InternalServerError",
};

/** What a service answers when it fails inside. */
export function failedInside(service: string): AwsError {
  const message = "We encountered an internal error. Please try again.";
  return new AwsError(ownNames[service] ?? "InternalFailure", message, { status: 500 });
}
