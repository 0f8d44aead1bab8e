import { describe, expect, test } from "vitest";
import { parseSecret } from "./secrets.ts";

const scope = { app: "shop", environment: "production", databases: ["main"] };
const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-AbCdEf";
const parameterArn = "arn:aws:ssm:eu-west-1:123456789012:parameter/shop/key";

describe("where a secret comes from", () => {
  test.each([
    ["databases.main.url", { kind: "database", database: "main", field: "url" }],
    [
      "stripe-key",
      { kind: "named", name: "stripe-key", secretName: "/shop/production/stripe-key", jsonKey: undefined },
    ],
    ["mail#password", { kind: "named", name: "mail", secretName: "/shop/production/mail", jsonKey: "password" }],
    [secretArn, { kind: "arn", arn: secretArn, jsonKey: undefined }],
    [`${secretArn}#password`, { kind: "arn", arn: secretArn, jsonKey: "password" }],
    [parameterArn, { kind: "arn", arn: parameterArn, jsonKey: undefined }],
  ])("%s", (written, source) => expect(parseSecret(written, scope)).toEqual({ source }));
});

describe("what is refused", () => {
  test.each([
    ["databases.main.ur", 'unknown secret "databases.main.ur"; did you mean "databases.main.url"?'],
    ["database.main.url", 'unknown secret "database.main.url"; did you mean "databases.main.url"?'],
    ["app.settings", 'unknown secret "app.settings"'],
    ["databases.main.url#x", "databases.main.url has no JSON keys"],
    ["mail#", 'expected a key of the secret\'s JSON after #, found ""'],
    [`${parameterArn}#x`, "an SSM parameter has no JSON keys"],
    ["arn:aws:s3:::bucket", "expected the full ARN of a Secrets Manager secret or an SSM parameter"],
    [`${secretArn}:password::`, "expected the full ARN of a Secrets Manager secret or an SSM parameter"],
    ["two words", 'expected databases.<name>.<field>, the name of a secret, or an ARN, found "two words"'],
    ["/absolute", 'expected databases.<name>.<field>, the name of a secret, or an ARN, found "/absolute"'],
  ])("%s", (written, message) => expect(parseSecret(written, scope)).toMatchObject({ message }));
});
