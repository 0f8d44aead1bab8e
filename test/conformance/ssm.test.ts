import { SSM } from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { conformance, pages, refused } from "./targets.ts";

const reference = "https://docs.aws.amazon.com/systems-manager/latest/APIReference";

conformance((target) => {
  const ssm = target.client(SSM);
  const put = (Name: string, Value: string, more = {}) => ssm.putParameter({ Name, Value, Type: "String", ...more });

  test("PutParameter, GetParameter: versions, ARN, selectors", async () => {
    expect(await put("/put/a", "one")).toMatchObject({ Version: 1, Tier: "Standard" });
    expect(await put("/put/a", "two", { Overwrite: true })).toMatchObject({ Version: 2 });
    const { Parameter } = await ssm.getParameter({ Name: "/put/a" });
    expect(Parameter).toMatchObject({
      Name: "/put/a",
      Type: "String",
      Value: "two",
      Version: 2,
      DataType: "text",
      ARN: `arn:aws:ssm:${target.region}:${target.accountId}:parameter/put/a`,
    });
    expect(Parameter?.LastModifiedDate).toBeInstanceOf(Date);
    expect((await ssm.getParameter({ Name: "/put/a:1" })).Parameter).toMatchObject({ Value: "one", Selector: ":1" });
    expect((await ssm.getParameter({ Name: Parameter?.ARN })).Parameter?.Value).toBe("two");
    await refused(ssm.getParameter({ Name: "/put/a:9" }), "ParameterVersionNotFound");
    await refused(ssm.getParameter({ Name: "/put/none" }), "ParameterNotFound");
  });

  test("a SecureString is opaque unless decryption is asked for", async () => {
    await put("/secure", "secret", { Type: "SecureString" });
    const plain = await ssm.getParameter({ Name: "/secure", WithDecryption: true });
    expect(plain.Parameter).toMatchObject({ Type: "SecureString", Value: "secret" });
    const opaque = await ssm.getParameter({ Name: "/secure" });
    expect(opaque.Parameter?.Value).not.toBe("secret");
    expect(opaque.Parameter?.Type).toBe("SecureString");
  });

  test.each([
    ["a name that is taken", { Name: "/refused/taken" }, "ParameterAlreadyExists"],
    ["no type for a new one", { Type: undefined }, "ValidationException"],
    ["a reserved prefix", { Name: "aws-x" }, /^(ValidationException|AccessDeniedException)$/],
    ["a hierarchy without its first slash", { Name: "a/b" }, "ValidationException"],
    ["an empty value", { Value: "" }, "ValidationException"],
    ["more than 4 KB in the standard tier", { Value: "x".repeat(4097) }, "ValidationException"],
    ["more than 8 KB", { Value: "x".repeat(8193), Tier: "Advanced" }, "ValidationException"],
    ["tags together with overwrite", { Overwrite: true, Tags: [{ Key: "a", Value: "b" }] }, "ValidationException"],
    [
      "a value against its pattern",
      { Name: "/refused/n", AllowedPattern: "^\\d+$" },
      "ParameterPatternMismatchException",
    ],
    ["too many levels", { Name: "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16" }, "HierarchyLevelLimitExceededException"],
    ["a type there isn't", { Name: "/refused/type", Type: "Text" }, "ValidationException"],
    ["a tier there isn't", { Name: "/refused/tier", Tier: "Best" }, "ValidationException"],
  ])("PutParameter refuses %s", async (what, more, error) => {
    await put("/refused/taken", "x", { Overwrite: true });
    const attempt = () =>
      expect(put("/refused/taken", "value", more)).rejects.toMatchObject({ name: expect.stringMatching(error) });
    console.log(what);
    await attempt();
  });
});
