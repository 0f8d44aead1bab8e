import { CloudFormation } from "@aws-sdk/client-cloudformation";
import { S3 } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { startTestDrydock } from "../../../testing.ts";
import { TestStack } from "./test-stack.fixture.ts";

const bucket = (AccessControl: string) => ({
  Type: "AWS::S3::Bucket",
  Properties: { BucketName: "staging", AccessControl },
});

test("metadata of the CDK is made, changed and taken away, and nothing comes of it", async () => {
  const drydock = await startTestDrydock();
  const stack = new TestStack(drydock, "app");
  const metadata = (Analytics: string) => ({ Metadata: { Type: "AWS::CDK::Metadata", Properties: { Analytics } } });
  await stack.create(metadata("one"));
  const made = await stack.physicalIds();
  await stack.update(metadata("two"));
  expect(await stack.physicalIds()).toEqual(made);
  await stack.delete();
});

test("a key of KMS may stand under a condition that isn't met, and fails the stack that needs it", async () => {
  const drydock = await startTestDrydock();
  const create = (StackName: string, own: string) =>
    drydock.client(CloudFormation).createStack({
      StackName,
      TemplateBody: JSON.stringify({
        Conditions: { Own: { "Fn::Equals": [own, "yes"] } },
        Resources: {
          Bucket: bucket("Private"),
          Key: { Type: "AWS::KMS::Key", Condition: "Own", Properties: { KeyPolicy: {} } },
          Alias: {
            Type: "AWS::KMS::Alias",
            Condition: "Own",
            Properties: { AliasName: "alias/own", TargetKeyId: { Ref: "Key" } },
          },
        },
        Outputs: { Key: { Value: { "Fn::If": ["Own", { "Fn::GetAtt": ["Key", "Arn"] }, "-"] } } },
      }),
    });
  const reached = async (StackName: string, status: string) =>
    expect
      .poll(async () => (await drydock.client(CloudFormation).describeStacks({ StackName })).Stacks?.[0]?.StackStatus, {
        timeout: 20_000,
      })
      .toBe(status);
  await create("without", "no");
  await reached("without", "CREATE_COMPLETE");
  await drydock.client(S3).deleteBucket({ Bucket: "staging" });
  await create("with", "yes");
  await reached("with", "ROLLBACK_COMPLETE");
  const { StackEvents = [] } = await drydock.client(CloudFormation).describeStackEvents({ StackName: "with" });
  const failure = StackEvents.find(
    ({ LogicalResourceId: id, ResourceStatus }) => id === "Key" && ResourceStatus === "CREATE_FAILED",
  );
  expect(failure?.ResourceStatusReason).toContain("drydock has no KMS, so it makes no keys.");
}, 30_000);

test("a bucket with another access control list than its first is refused", async () => {
  const drydock = await startTestDrydock();
  await expect(new TestStack(drydock, "app").create({ Bucket: bucket("PublicRead") })).rejects.toThrow(
    "#/AccessControl: drydock supports only Private",
  );
});
