import { expect, test } from "vitest";
import { parseDynamicReference, resolveDynamicReferences } from "./dynamic-references.ts";

test.each<[service: string, rest: string, result: object]>([
  ["ssm", "/app/name", { service: "ssm", name: "/app/name" }],
  ["ssm", "/app/name:3", { service: "ssm", name: "/app/name", version: "3" }],
  ["ssm-secure", "password:1", { service: "ssm-secure", name: "password", version: "1" }],
  ["secretsmanager", "db", { service: "secretsmanager", secret: "db" }],
  ["secretsmanager", "db:SecretString:password", { service: "secretsmanager", secret: "db", key: "password" }],
  [
    "secretsmanager",
    "arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf:SecretString:user:AWSPREVIOUS:",
    {
      service: "secretsmanager",
      secret: "arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf",
      key: "user",
      stage: "AWSPREVIOUS",
    },
  ],
])("{{resolve:%s:%s}}", (service, rest, result) => {
  expect(parseDynamicReference(service, rest)).toEqual(result);
});

test("every reference in every text is replaced, what they stand for isn't looked at again", async () => {
  const value = {
    Url: "postgres://{{resolve:ssm:user}}:{{resolve:secretsmanager:db}}@host",
    List: ["{{resolve:ssm:a}}", 1],
  };
  const resolved = await resolveDynamicReferences(value, async (reference) =>
    reference.service === "secretsmanager" ? "$&{{resolve:ssm:user}}" : reference.name,
  );
  expect(resolved).toEqual({ Url: "postgres://user:$&{{resolve:ssm:user}}@host", List: ["a", 1] });
});
