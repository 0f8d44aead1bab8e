import { expect, test } from "vitest";
import { compareResources } from "./plan.ts";

test("templates are compared by resource and property", () => {
  const before = {
    Bucket: { Type: "AWS::S3::Bucket", Properties: { BucketName: "a", Tags: [] } },
    Topic: { Type: "AWS::SNS::Topic" },
    Same: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
  };
  const after = {
    Bucket: { Type: "AWS::S3::Bucket", Properties: { BucketName: "b", VersioningConfiguration: {}, Tags: [] } },
    Same: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
    Queue: { Type: "AWS::SQS::Queue" },
  };
  expect(compareResources(before, after)).toEqual([
    {
      action: "modify",
      logicalId: "Bucket",
      resourceType: "AWS::S3::Bucket",
      replacement: "maybe",
      properties: ["BucketName", "VersioningConfiguration"],
    },
    { action: "add", logicalId: "Queue", resourceType: "AWS::SQS::Queue", replacement: "no", properties: [] },
    { action: "remove", logicalId: "Topic", resourceType: "AWS::SNS::Topic", replacement: "no", properties: [] },
  ]);
});
