import { expect, test } from "vitest";
import { parameterReferences, parameterValues } from "./parameters.ts";
import { parseTemplate } from "./parse.ts";

function template(parameters: object) {
  return parseTemplate(JSON.stringify({ Parameters: parameters, Resources: { A: { Type: "AWS::S3::Bucket" } } }));
}

const given = (values: Record<string, string>) =>
  Object.entries(values).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));

test("a value is as given, as before, or the default", () => {
  const declared = template({ A: { Type: "String" }, B: { Type: "Number", Default: 3 }, C: { Type: "String" } });
  const request = [...given({ A: "x" }), { ParameterKey: "C", UsePreviousValue: true }];
  expect(parameterValues(declared, request, { A: "old", B: "7", C: "kept" })).toEqual({ A: "x", B: "3", C: "kept" });
});

test("a Ref to a list type is a list", () => {
  const declared = template({
    Names: { Type: "CommaDelimitedList" },
    Ports: { Type: "List<Number>" },
    Subnets: { Type: "AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>" },
    Image: { Type: "AWS::SSM::Parameter::Value<String>" },
  });
  const values = { Names: "a, b", Ports: "80,443", Subnets: "/subnets", Image: "/image" };
  expect(parameterReferences(declared, values, { Subnets: "subnet-1,subnet-2", Image: "i:1" })).toEqual({
    Names: ["a", "b"],
    Ports: ["80", "443"],
    Subnets: ["subnet-1", "subnet-2"],
    Image: "i:1",
  });
});

test.each<[declaration: object, value: string | undefined, message: string]>([
  [{ Type: "String" }, undefined, "Parameters: [P] must have values"],
  [{ Type: "String", AllowedValues: ["a", "b"] }, "c", "Parameter 'P' must be one of AllowedValues"],
  [{ Type: "String", AllowedPattern: "[a-z]+" }, "A1", "Parameter 'P' must match pattern [a-z]+"],
  [{ Type: "String", MinLength: 3 }, "ab", "Parameter 'P' must contain at least 3 characters"],
  [{ Type: "String", MaxLength: 1 }, "ab", "Parameter 'P' must contain at most 1 characters"],
  [{ Type: "Number" }, "ten", "Parameter 'P' must be a number"],
  [{ Type: "Number", MinValue: 5 }, "4", "Parameter 'P' must be a number not less than 5"],
  [{ Type: "Number", MaxValue: 5 }, "6", "Parameter 'P' must be a number not greater than 5"],
  [
    { Type: "String", AllowedPattern: "[a-z]+", ConstraintDescription: "only small letters" },
    "A",
    "Parameter P failed to satisfy constraint: only small letters",
  ],
])("%j refuses %j", (declaration, value, message) => {
  const request = value === undefined ? [] : given({ P: value });
  expect(() => parameterValues(template({ P: declaration }), request, undefined)).toThrow(message);
});

test("a parameter the template doesn't have is refused", () => {
  expect(() => parameterValues(template({}), given({ Q: "1" }), undefined)).toThrow(
    "Parameters: [Q] do not exist in the template",
  );
});
