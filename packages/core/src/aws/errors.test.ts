import { describe, expect, test } from "vitest";
import { FardelError } from "../errors.ts";
import { type AwsCall, isAwsError, wrapAwsError } from "./errors.ts";

const call: AwsCall = {
  target: { environment: "production", region: "eu-west-1" },
  service: "ECS",
  operation: "UpdateService",
  input: { cluster: "prod", service: "web", desiredCount: 2 },
};

function awsError(name: string, message: string, extra: object = {}): Error {
  return Object.assign(new Error(message), { name }, extra);
}

function shown(error: unknown): unknown {
  if (!(error instanceof FardelError)) throw error;
  return { code: error.code, message: error.message, where: error.where, why: error.why, fix: error.fix };
}

describe("wrapAwsError", () => {
  test("names the call, the resource, AWS's words and the missing permission", () => {
    const denied = awsError("AccessDeniedException", "User: arn:aws:iam::1:user/ci is not authorized");
    expect(shown(wrapAwsError(denied, call))).toMatchInlineSnapshot(`
      {
        "code": "AWS_AccessDeniedException",
        "fix": "Allow ecs:UpdateService to the role or user of these credentials, or use others.",
        "message": "ECS UpdateService failed: AccessDeniedException",
        "where": "cluster prod; service web",
        "why": "User: arn:aws:iam::1:user/ci is not authorized",
      }
    `);
  });

  test("names the IAM action where it differs from the operation", () => {
    const list = { ...call, service: "S3", operation: "ListObjectsV2", input: { Bucket: "state" } };
    expect(shown(wrapAwsError(awsError("AccessDenied", "Access Denied"), list))).toMatchObject({
      where: "Bucket state",
      fix: "Allow s3:ListBucket to the role or user of these credentials, or use others.",
    });
  });

  test.each([
    ["ExpiredTokenException", /expired: sign in again/],
    ["UnrecognizedClientException", /doesn't know these credentials/],
    ["CredentialsProviderError", /No usable AWS credentials/],
    ["ThrottlingException", /still throttles/],
  ])("tells what to do about %s", (name, fix) => {
    expect(shown(wrapAwsError(awsError(name, "…"), call))).toMatchObject({ fix: expect.stringMatching(fix) });
  });

  test("invents no remedy for what it doesn't know", () => {
    expect(shown(wrapAwsError(awsError("ClusterNotFoundException", "Cluster not found."), call))).toMatchObject({
      code: "AWS_ClusterNotFoundException",
      fix: undefined,
    });
  });

  test("shows the status of a server error, whose message often says nothing", () => {
    const failed = awsError("Unknown", "Unknown", { $metadata: { httpStatusCode: 500 } });
    expect(shown(wrapAwsError(failed, call))).toMatchObject({ code: "AWS_Unknown", why: "Unknown (HTTP 500)" });
  });

  test("says that the embedded region doesn't run", () => {
    const refused = awsError("Error", "connect ECONNREFUSED 127.0.0.1:4566", { code: "ECONNREFUSED" });
    const target = { environment: "local", region: "eu-west-1", endpoint: "http://127.0.0.1:4566" };
    expect(shown(wrapAwsError(refused, { ...call, target }))).toMatchObject({
      code: "AWS_ECONNREFUSED",
      message: "drydock, the embedded AWS region, doesn't answer at http://127.0.0.1:4566.",
      where: "ECS UpdateService",
      fix: "Run the command again: that starts it with all of its state. Why it ended is in drydock.log beside that.",
    });
  });

  test("leaves cancellation and what is wrapped already as they are", () => {
    const aborted = awsError("AbortError", "aborted");
    const wrapped = new FardelError("AWS_X", "once");
    expect([wrapAwsError(aborted, call), wrapAwsError(wrapped, call)]).toEqual([aborted, wrapped]);
    expect(wrapAwsError(wrapped, call)).toBe(wrapped);
  });
});

describe("isAwsError", () => {
  const missing = wrapAwsError(awsError("ResourceNotFoundException", "gone"), call);

  test("knows an error by AWS's name, also as the cause of another", () => {
    expect(isAwsError(missing, "ResourceNotFoundException")).toBe(true);
    expect(isAwsError(new FardelError("RELEASE_FAILED", "…", { cause: missing }), "ResourceNotFoundException")).toBe(
      true,
    );
  });

  test("is not misled by text or other values", () => {
    expect(isAwsError(new Error("ResourceNotFoundException"), "ResourceNotFoundException")).toBe(false);
    expect(isAwsError(missing, "ResourceNotFound")).toBe(false);
    expect(isAwsError("ResourceNotFoundException", "ResourceNotFoundException")).toBe(false);
  });
});
