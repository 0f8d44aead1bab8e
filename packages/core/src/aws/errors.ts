import { FardelError, type FardelErrorDetails } from "../errors.ts";
import type { AwsTarget } from "./target.ts";

/** The call an AWS error answers. */
export interface AwsCall {
  target: AwsTarget;
  /** As people know it: `ECS`, `CloudWatch Logs`. */
  service: string;
  /** As in AWS's reference: `UpdateService`. */
  operation: string;
  input: unknown;
}

/** True when AWS answered with this error name (`ResourceNotFoundException`), at any depth of causes. */
export function isAwsError(error: unknown, name: string): error is FardelError {
  if (!(error instanceof Error)) return false;
  return (error instanceof FardelError && error.code === `AWS_${name}`) || isAwsError(error.cause, name);
}

/**
 * Makes a FardelError with the code `AWS_<name of AWS's error>` of what a call threw: which call, on what, AWS's own
 * words, and what to do about the common ones. Cancellation and errors already wrapped pass unchanged.
 */
export function wrapAwsError(error: unknown, call: AwsCall): unknown {
  if (error instanceof FardelError || !(error instanceof Error) || error.name === "AbortError") return error;
  const networkCode = networkErrorCode(error);
  const name = networkCode ?? error.name;
  const { target, service, operation } = call;
  if (networkCode && target.endpoint !== undefined) return regionLost(error, networkCode, call, target.endpoint);
  const details: FardelErrorDetails = { cause: error, why: awsWords(error) };
  const where = describeInput(call.input);
  if (where) details.where = where;
  const fix = networkCode ? unreachableFix(target) : remedy(name, call);
  if (fix) details.fix = fix;
  return new FardelError(`AWS_${name}`, `${service} ${operation} failed: ${name}`, details);
}

/** The embedded region has been stopped, or has died: nothing of AWS's could be the reason. */
function regionLost(error: Error, code: string, { service, operation }: AwsCall, endpoint: string): FardelError {
  return new FardelError(`AWS_${code}`, `drydock, the embedded AWS region, doesn't answer at ${endpoint}.`, {
    where: `${service} ${operation}`,
    why: error.message,
    fix: "Run the command again: that starts it with all of its state. Why it ended is in drydock.log beside that.",
    cause: error,
  });
}

/** AWS's own message; a failing server may have none, and then the status is all there is to say. */
function awsWords(error: Error): string {
  const { httpStatusCode: status = 0 } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
  return status >= 500 ? `${error.message} (HTTP ${status})` : error.message || error.name;
}

/** Input fields that say which resource a call is about, in the order a person would name them. */
const namingFields = [
  "StackName",
  "ChangeSetName",
  "Bucket",
  "Key",
  "Name",
  "Names",
  "SecretId",
  "cluster",
  "service",
  "services",
  "serviceName",
  "task",
  "tasks",
  "taskDefinition",
  "family",
  "serviceDeploymentArns",
  "repositoryName",
  "DBInstanceIdentifier",
  "logGroupName",
  "logStreamName",
  "LoadBalancerArn",
  "TargetGroupArn",
  "ListenerArn",
  "RuleArn",
];

function describeInput(input: unknown): string | undefined {
  if (typeof input !== "object" || input === null) return undefined;
  const fields = input as Record<string, unknown>;
  const named = namingFields.flatMap((field) => {
    const value = fields[field];
    if (typeof value === "string") return [`${field} ${value}`];
    return Array.isArray(value) && value.length > 0 ? [`${field} ${value.join(", ")}`] : [];
  });
  return named.length > 0 ? named.join("; ") : undefined;
}

/** The names AWS's services use for the same few situations. */
const expiredCredentials = new Set(["ExpiredToken", "ExpiredTokenException", "RequestExpired"]);
const unknownCredentials = new Set([
  "InvalidClientTokenId",
  "UnrecognizedClientException",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "InvalidSignatureException",
  "AuthFailure",
]);
const missingCredentials = new Set(["CredentialsProviderError", "TokenProviderError", "ProviderError"]);
const accessDenied = new Set([
  "AccessDenied",
  "AccessDeniedException",
  "UnauthorizedOperation",
  "NotAuthorized",
  "AuthorizationError",
]);
/** True when AWS answered that these credentials may not make the call, whatever each service calls it. */
export function isAccessDenied(error: unknown): boolean {
  return [...accessDenied].some((name) => isAwsError(error, name));
}

const throttled = new Set([
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "RequestLimitExceeded",
  "TooManyRequestsException",
  "SlowDown",
]);

function remedy(name: string, call: AwsCall): string | undefined {
  if (expiredCredentials.has(name))
    return "The AWS credentials have expired: sign in again (for example `aws sso login`).";
  if (unknownCredentials.has(name)) {
    return "AWS doesn't know these credentials: check AWS_PROFILE, AWS_ACCESS_KEY_ID and the clock of this machine.";
  }
  if (missingCredentials.has(name)) {
    return "No usable AWS credentials were found: set AWS_PROFILE, sign in with `aws sso login`, or give the CI job a role.";
  }
  if (accessDenied.has(name)) {
    return `Allow ${iamAction(call)} to the role or user of these credentials, or use others.`;
  }
  if (throttled.has(name))
    return "AWS still throttles after several attempts: wait a minute and run the command again.";
  return undefined;
}

const iamPrefixes: Record<string, string> = {
  CloudFormation: "cloudformation",
  "CloudWatch Logs": "logs",
  EC2: "ec2",
  ECR: "ecr",
  ECS: "ecs",
  ELBv2: "elasticloadbalancing",
  IAM: "iam",
  RDS: "rds",
  S3: "s3",
  "Secrets Manager": "secretsmanager",
  SSM: "ssm",
  STS: "sts",
};

/** S3 operations whose IAM action has another name: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
const s3Actions: Record<string, string> = {
  HeadObject: "GetObject",
  HeadBucket: "ListBucket",
  ListObjectsV2: "ListBucket",
  ListObjectVersions: "ListBucketVersions",
  DeleteObjects: "DeleteObject",
};

function iamAction({ service, operation }: AwsCall): string {
  const action = service === "S3" ? (s3Actions[operation] ?? operation) : operation;
  return `${iamPrefixes[service] ?? service}:${action}`;
}

const networkErrors = new Set(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ETIMEDOUT"]);

function networkErrorCode(error: Error): string | undefined {
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return code !== undefined && networkErrors.has(code) ? code : undefined;
}

function unreachableFix(target: AwsTarget): string {
  return `AWS can't be reached in region "${target.region}": check the region's name and this machine's network or proxy.`;
}
