import { describe, expect, test } from "vitest";
import { evaluate, isTrue, type Scope } from "./evaluate.ts";
import { parseTemplate } from "./parse.ts";

function scope(overrides: Partial<Scope> = {}): Scope {
  return {
    template: {
      mappings: { Zones: { "eu-west-1": { Name: "a", List: ["x", "y"] } } },
      conditions: {
        IsProduction: { "Fn::Equals": [{ Ref: "Stage" }, "production"] },
        IsOther: { "Fn::Not": [{ Condition: "IsProduction" }] },
        Both: { "Fn::And": [{ Condition: "IsProduction" }, { Condition: "IsOther" }] },
        Either: { "Fn::Or": [{ Condition: "IsProduction" }, { Condition: "IsOther" }] },
      },
    },
    parameters: { Stage: "production", Subnets: ["subnet-1", "subnet-2"] },
    pseudo: { "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012" },
    zones: ["eu-west-1a", "eu-west-1b"],
    resource: (id) => ({ ref: `${id}-id`, attribute: (name) => (name === "List" ? ["a", "b"] : `${id}.${name}!`) }),
    importValue: (name) => `imported ${name}`,
    ...overrides,
  };
}

describe("functions", () => {
  test.each<[name: string, value: unknown, result: unknown]>([
    ["Ref of a parameter", { Ref: "Stage" }, "production"],
    ["Ref of a list parameter", { Ref: "Subnets" }, ["subnet-1", "subnet-2"]],
    ["Ref of a pseudo parameter", { Ref: "AWS::Region" }, "eu-west-1"],
    ["Ref of a resource", { Ref: "Vpc" }, "Vpc-id"],
    ["AWS::NoValue in an object", { A: { Ref: "AWS::NoValue" }, B: 1 }, { B: 1 }],
    ["AWS::NoValue in a list", [{ Ref: "AWS::NoValue" }, 1], [1]],
    ["GetAtt", { "Fn::GetAtt": ["Database", "Endpoint.Address"] }, "Database.Endpoint.Address!"],
    ["GetAtt as one text", { "Fn::GetAtt": "Database.Endpoint.Address" }, "Database.Endpoint.Address!"],
    ["Sub", { "Fn::Sub": "arn:${AWS::AccountId}:${Vpc}/${Vpc.Arn}" }, "arn:123456789012:Vpc-id/Vpc.Arn!"],
    ["Sub with a literal", { "Fn::Sub": "${!Stage} is ${Stage}" }, "${Stage} is production"],
    ["Sub with variables", { "Fn::Sub": ["${Own}-${Stage}", { Own: { Ref: "Vpc" } }] }, "Vpc-id-production"],
    ["Join", { "Fn::Join": ["-", ["a", { Ref: "Stage" }, 3]] }, "a-production-3"],
    ["Join of a list parameter", { "Fn::Join": [",", { Ref: "Subnets" }] }, "subnet-1,subnet-2"],
    ["Select", { "Fn::Select": ["1", { Ref: "Subnets" }] }, "subnet-2"],
    ["Select of GetAZs", { "Fn::Select": [0, { "Fn::GetAZs": "" }] }, "eu-west-1a"],
    ["GetAZs of the own region", { "Fn::GetAZs": { Ref: "AWS::Region" } }, ["eu-west-1a", "eu-west-1b"]],
    ["Split", { "Fn::Split": ["|", "a||b"] }, ["a", "", "b"]],
    ["Base64", { "Fn::Base64": "héllo" }, "aMOpbGxv"],
    ["Cidr", { "Fn::Cidr": ["10.0.0.0/16", 3, 8] }, ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]],
    ["Cidr of an address inside the block", { "Fn::Cidr": ["10.0.3.7/22", 2, "9"] }, ["10.0.0.0/23", "10.0.2.0/23"]],
    ["Cidr of IPv6", { "Fn::Cidr": ["2001:db8::/56", 2, 64] }, ["2001:db8::/64", "2001:db8:0:1::/64"]],
    ["FindInMap", { "Fn::FindInMap": ["Zones", { Ref: "AWS::Region" }, "Name"] }, "a"],
    ["FindInMap with a default", { "Fn::FindInMap": ["Zones", "x", "Name", { DefaultValue: "none" }] }, "none"],
    ["ImportValue", { "Fn::ImportValue": { "Fn::Sub": "${Stage}-vpc" } }, "imported production-vpc"],
    ["If", { "Fn::If": ["IsProduction", "big", { "Fn::GetAtt": "never looked at" }] }, "big"],
    ["If with NoValue", { Size: { "Fn::If": ["IsOther", 1, { Ref: "AWS::NoValue" }] } }, {}],
    ["Length", { "Fn::Length": { Ref: "Subnets" } }, 2],
    ["ToJsonString", { "Fn::ToJsonString": { A: { Ref: "Stage" } } }, '{"A":"production"}'],
    [
      "a policy's Condition is no function",
      { Condition: { StringEquals: { a: "b" } } },
      { Condition: { StringEquals: { a: "b" } } },
    ],
  ])("%s", (_name, value, result) => {
    expect(evaluate(value, scope())).toEqual(result);
  });

  test("conditions", () => {
    const names = ["IsProduction", "IsOther", "Both", "Either"];
    expect(names.map((name) => isTrue(name, scope()))).toEqual([true, false, false, true]);
    expect(names.map((name) => isTrue(name, scope({ parameters: { Stage: "test" } })))).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  test.each<[value: unknown, message: string]>([
    [{ "Fn::Select": [5, ["a"]] }, "Template error: Fn::Select cannot select nonexistent value at index 5"],
    [{ "Fn::FindInMap": ["Zones", "mars", "Name"] }, "Template error: Unable to get mapping for Zones::mars::Name"],
    [
      { "Fn::Sub": "${bad name}" },
      "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons",
    ],
    [
      { "Fn::GetAtt": ["OnlyOne"] },
      "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
    ],
    [{ "Fn::If": ["Missing", 1, 2] }, "Template error: unresolved condition dependency Missing in Fn::If"],
    [
      { "Fn::Cidr": ["10.0.0.0/24", 3, 8] },
      "Template error: Fn::Cidr cannot make 3 networks of 8 bits from 10.0.0.0/24",
    ],
  ])("%j is refused", (value, message) => {
    expect(() => evaluate(value, scope())).toThrow(message);
  });
});

test("YAML's short forms come out as the long ones", () => {
  const template = parseTemplate(`
AWSTemplateFormatVersion: 2010-09-09
Conditions:
  Large: !And [!Equals [!Ref Stage, production], !Not [!Condition Small]]
Resources:
  Thing:
    Type: AWS::S3::Bucket
    Properties:
      A: !GetAtt Database.Endpoint.Address
      B: !Sub
        - "\${X}"
        - X: !Join ["", [!Ref A, b]]
      C: !If [Large, !Select [0, !GetAZs ""], !Ref AWS::NoValue]
      D: !FindInMap [M, !Ref "AWS::Region", k]
      E: !ImportValue vpc
      F: !Base64 text
      Version: 2012-10-17
      Port: 22:22
      Yes: yes
      Y: n
      Mode: 0644
      Version2: 1.10
      Number: 8080
      Exponent: e1
`);
  expect(template.conditions).toEqual({
    Large: { "Fn::And": [{ "Fn::Equals": [{ Ref: "Stage" }, "production"] }, { "Fn::Not": [{ Condition: "Small" }] }] },
  });
  expect(template.resources.Thing?.Properties).toEqual({
    A: { "Fn::GetAtt": ["Database", "Endpoint.Address"] },
    B: { "Fn::Sub": ["${X}", { X: { "Fn::Join": ["", [{ Ref: "A" }, "b"]] } }] },
    C: { "Fn::If": ["Large", { "Fn::Select": [0, { "Fn::GetAZs": "" }] }, { Ref: "AWS::NoValue" }] },
    D: { "Fn::FindInMap": ["M", { Ref: "AWS::Region" }, "k"] },
    E: { "Fn::ImportValue": "vpc" },
    F: { "Fn::Base64": "text" },
    Version: "2012-10-17",
    Port: "22:22",
    Yes: true,
    Y: "n",
    Mode: "0644",
    Version2: "1.10",
    Number: 8080,
    Exponent: "e1",
  });
});
