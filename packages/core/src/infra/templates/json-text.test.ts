import { expect, test } from "vitest";
import { jsonText } from "./json-text.ts";

test("plain values become their JSON", () => {
  expect(jsonText({ a: [1, true, "x"], b: {} })).toEqual({ "Fn::Sub": '{"a":[1,true,"x"],"b":{}}' });
});

test("references become placeholders, other functions variables", () => {
  expect(
    jsonText({
      ref: { Ref: "Cluster" },
      attribute: { "Fn::GetAtt": ["Role", "Arn"] },
      text: { "Fn::Sub": "${AWS::Region}/x" },
      imported: [{ "Fn::ImportValue": "prod-VpcId" }, { "Fn::Join": ["", ["a", "b"]] }],
    }),
  ).toEqual({
    "Fn::Sub": [
      '{"ref":"${Cluster}","attribute":"${Role.Arn}","text":"${AWS::Region}/x","imported":["${Value1}","${Value2}"]}',
      { Value1: { "Fn::ImportValue": "prod-VpcId" }, Value2: { "Fn::Join": ["", ["a", "b"]] } },
    ],
  });
});

test("text that only looks like a placeholder stays text", () => {
  expect(jsonText({ note: 'say "${HOME}"' })).toEqual({ "Fn::Sub": '{"note":"say \\"${!HOME}\\""}' });
});
