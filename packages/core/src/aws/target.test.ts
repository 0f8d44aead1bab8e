import { describe, expect, test } from "vitest";
import { FardelError } from "../errors.ts";
import { type AwsTarget, checkTarget } from "./target.ts";

function refusal(target: AwsTarget, variables: NodeJS.ProcessEnv = {}): unknown {
  try {
    checkTarget(target, variables);
    return undefined;
  } catch (error) {
    if (!(error instanceof FardelError)) throw error;
    return { code: error.code, message: error.message, fix: error.fix };
  }
}

const local = { environment: "local", region: "eu-west-1" };
const production = { environment: "production", region: "eu-west-1" };

describe("local", () => {
  test.each(["http://127.0.0.1:4566", "http://localhost:4566", "http://drydock.localhost:4566", "http://[::1]:4566"])(
    "may use %s",
    (endpoint) => {
      expect(refusal({ ...local, endpoint })).toBeUndefined();
    },
  );

  test("without an endpoint would reach AWS", () => {
    expect(refusal(local)).toMatchInlineSnapshot(`
      {
        "code": "AWS_LOCAL_WITHOUT_ENDPOINT",
        "fix": "Start the embedded region with \`fardel local start\`.",
        "message": "The environment \`local\` has no embedded region to talk to.",
      }
    `);
  });

  test.each(["https://ecs.eu-west-1.amazonaws.com", "http://127.evil.example", "http://10.0.0.1:4566", "nonsense"])(
    "may not use %s",
    (endpoint) => {
      expect(refusal({ ...local, endpoint })).toMatchObject({ code: "AWS_LOCAL_NOT_LOOPBACK" });
    },
  );
});

describe("a named environment", () => {
  test("goes to AWS", () => {
    expect(refusal(production, { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL: "" })).toBeUndefined();
  });

  test("never gets an embedded region's endpoint", () => {
    expect(refusal({ ...production, endpoint: "http://127.0.0.1:4566" })).toMatchObject({
      code: "AWS_ENDPOINT_REFUSED",
    });
  });

  test("is not redirected by what `local env` left in the shell", () => {
    expect(
      refusal(production, { AWS_ENDPOINT_URL: "http://127.0.0.1:4566", AWS_ENDPOINT_URL_S3: "http://s3" }),
    ).toMatchInlineSnapshot(`
        {
          "code": "AWS_ENDPOINT_IN_SHELL",
          "fix": "Run \`unset AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3\` (and AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY if they came with it), then again.",
          "message": "AWS_ENDPOINT_URL is set, so calls for environment production would go to http://127.0.0.1:4566 instead of AWS.",
        }
      `);
  });

  test("may have endpoints in the shell that the SDK is told to ignore", () => {
    const variables = { AWS_ENDPOINT_URL: "http://127.0.0.1:4566", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" };
    expect(refusal(production, variables)).toBeUndefined();
  });

  test("needs a region", () => {
    expect(refusal({ ...production, region: "" })).toMatchObject({ code: "AWS_REGION_MISSING" });
  });
});
