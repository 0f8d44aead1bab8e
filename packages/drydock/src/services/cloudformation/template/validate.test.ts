import { describe, expect, test } from "vitest";
import { parseTemplate } from "./parse.ts";
import { validateTemplate } from "./validate.ts";

const known: Record<string, string[]> = { "AWS::EC2::VPC": ["VpcId"], "AWS::S3::Bucket": ["Arn"] };

function validate(template: unknown): void {
  const body = typeof template === "string" ? template : JSON.stringify(template);
  validateTemplate(parseTemplate(body), (type) => (known[type] ? new Set(known[type]) : undefined));
}

const bucket = (properties: object = {}, rest: object = {}) => ({
  Type: "AWS::S3::Bucket",
  Properties: properties,
  ...rest,
});

describe("a template is refused in AWS's words", () => {
  test.each<[what: string, template: unknown, message: string]>([
    ["JSON cut off", '{"Resources": ', "Template format error: JSON not well-formed. (line 1, column 15)"],
    ["bad YAML", "Resources:\n  A: [", "Template format error: YAML not well-formed. (line 2, column 7)"],
    ["no object", "- 1", "Template format error: unsupported structure."],
    ["no resources", {}, "Template format error: At least one Resources member must be defined."],
    ["an unknown section", { Resourcen: {} }, "Invalid template property or properties [Resourcen]"],
    [
      "another version",
      { AWSTemplateFormatVersion: "2020-01-01" },
      "Template format error: 2020-01-01 is not a supported value for AWSTemplateFormatVersion.",
    ],
    [
      "null",
      { Resources: { A: bucket({ X: null }) } },
      "[/Resources/A/Properties/X] 'null' values are not allowed in templates",
    ],
    [
      "no type",
      { Resources: { A: {} } },
      "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
    ],
    [
      "an unknown attribute",
      { Resources: { A: bucket({}, { Invalid: 1 }) } },
      "Invalid template resource property 'Invalid'",
    ],
    [
      "an unknown type",
      { Resources: { A: { Type: "AWS::Nope::Nope" } } },
      "Template format error: Unrecognized resource types: [AWS::Nope::Nope]",
    ],
    [
      "a custom resource",
      { Resources: { A: { Type: "Custom::Made" } } },
      "Template format error: drydock has no Lambda or SNS that could make the custom resource type Custom::Made.",
    ],
    [
      "a macro",
      { Transform: "AWS::Serverless-2016-10-31", Resources: { A: bucket() } },
      "Transform AWS::Serverless-2016-10-31 is not supported by drydock: it runs no macros, only AWS::LanguageExtensions.",
    ],
    [
      "a Ref to nothing",
      { Resources: { A: bucket({ X: { Ref: "B" }, Y: { "Fn::Sub": "${C}" } }) } },
      "Template format error: Unresolved resource dependencies [B, C] in the Resources block of the template",
    ],
    [
      "a Ref to nothing in an output",
      { Resources: { A: bucket() }, Outputs: { O: { Value: { Ref: "B" } } } },
      "Template format error: Unresolved resource dependencies [B] in the Outputs block of the template",
    ],
    [
      "a GetAtt to nothing",
      { Resources: { A: bucket({ X: { "Fn::GetAtt": ["B", "Arn"] } }) } },
      "Template error: instance of Fn::GetAtt references undefined resource B",
    ],
    [
      "a Sub of an attribute of nothing",
      { Resources: { A: bucket({ X: { "Fn::Sub": "${B.Arn}" } }) } },
      "Template error: instance of Fn::Sub references invalid resource attribute B.Arn",
    ],
    [
      "an attribute there isn't",
      { Resources: { A: bucket({ X: { "Fn::GetAtt": ["V", "Arn"] } }), V: { Type: "AWS::EC2::VPC" } } },
      "Template error: resource V does not support attribute type Arn in Fn::GetAtt",
    ],
    [
      "DependsOn nothing",
      { Resources: { A: bucket({}, { DependsOn: ["B"] }) } },
      "Template format error: Unresolved resource dependencies [B] in the Resources block of the template",
    ],
    [
      "resources that need each other",
      {
        Resources: {
          A: bucket({ X: { Ref: "B" } }),
          B: bucket({}, { DependsOn: "C" }),
          C: bucket({ X: { "Fn::Sub": "${A.Arn}" } }),
          D: bucket({ X: { Ref: "A" } }),
        },
      },
      "Circular dependency between resources: [A, B, C]",
    ],
    [
      "a condition over a resource",
      { Conditions: { C: { "Fn::Equals": [{ Ref: "A" }, 1] } }, Resources: { A: bucket() } },
      "Template format error: Unresolved dependencies [A]. Cannot reference resources in the Conditions block of the template",
    ],
    [
      "a condition there isn't",
      { Resources: { A: bucket({ X: { "Fn::If": ["C", 1, 2] } }) } },
      "Template error: unresolved condition dependency C in Fn::If",
    ],
    [
      "a mapping there isn't",
      { Resources: { A: bucket({ X: { "Fn::FindInMap": ["M", "a", "b"] } }) } },
      "Template error: Mapping named 'M' is not present in the 'Mappings' section of template.",
    ],
    [
      "a language extension without its transform",
      { Resources: { A: bucket({ X: { "Fn::Length": [] } }) } },
      "Template error: Fn::Length is only supported in a template with the transform AWS::LanguageExtensions",
    ],
    [
      "an output without value",
      { Resources: { A: bucket() }, Outputs: { O: {} } },
      "Template format error: Every Outputs member must contain a Value object",
    ],
  ])("%s", (_what, template, message) => {
    expect(() => validate(template)).toThrow(message);
  });

  test("a sound one is not", () => {
    expect(() =>
      validate({
        Transform: "AWS::LanguageExtensions",
        Parameters: { P: { Type: "String" } },
        Conditions: { C: { "Fn::Equals": [{ Ref: "P" }, { Ref: "AWS::Region" }] } },
        Resources: {
          A: bucket({ X: { Ref: "P" }, Y: { "Fn::Length": [1] } }, { Condition: "C", DependsOn: "V" }),
          V: { Type: "AWS::EC2::VPC" },
        },
        Outputs: {
          O: { Condition: "C", Value: { "Fn::GetAtt": ["A", "Arn"] }, Export: { Name: { "Fn::Sub": "${P}-a" } } },
        },
      }),
    ).not.toThrow();
  });
});

describe("a template made to take for ever is refused at once", () => {
  const growing = Array.from({ length: 20 }, (_, i) => `K${i}: &a${i} [${i === 0 ? "x" : `*a${i - 1},*a${i - 1}`}]`);
  test.each([
    ["aliases of aliases", growing.join("\n"), "YAML aliases are not allowed in CloudFormation templates"],
    ["an alias of itself", "Resources: &a { A: *a }", "YAML aliases are not allowed in CloudFormation templates"],
    ["deep JSON", `{"Resources":${'{"A":'.repeat(9_000)}1${"}".repeat(9_001)}`, "nested more than 500 levels deep"],
    ["deep YAML", `Resources: ${"[".repeat(700)}${"]".repeat(700)}`, "nested more than 500 levels deep"],
    ["YAML deeper than that", `Resources: ${"[".repeat(20_000)}`, "YAML not well-formed"],
  ])("%s", (_name, body, message) => {
    expect(() => parseTemplate(body)).toThrow(message);
  });
});
