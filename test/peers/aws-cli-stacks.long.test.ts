import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTestDrydock, type TestDrydock } from "@fardel/drydock/testing.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AwsCli, awsCli } from "./aws-cli.ts";
import { describeWith } from "./tools.ts";

const template = (retention: number) => `
Parameters:
  Environment: { Type: String, Default: staging }
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlock: 10.9.0.0/16
      Tags: [{ Key: Name, Value: !Sub "shop-\${Environment}" }]
  Logs:
    Type: AWS::Logs::LogGroup
    Properties: { LogGroupName: !Sub "/shop/\${Environment}", RetentionInDays: ${retention} }
  VpcParameter:
    Type: AWS::SSM::Parameter
    Properties: { Name: !Sub "/shop/\${Environment}/vpc", Type: String, Value: !Ref Vpc }
Outputs:
  VpcId: { Value: !Ref Vpc, Export: { Name: !Sub "\${AWS::StackName}-vpc" } }
`;

describeWith("aws", "the AWS CLI: stacks", () => {
  let drydock: TestDrydock;
  let aws: AwsCli;
  const deploy =
    "cloudformation deploy --stack-name net --template-file stack.yaml --parameter-overrides Environment=qa --tags team=shop";
  const events = async (stack: string) =>
    (await aws.json(
      `cloudformation describe-stack-events --stack-name ${stack} --query ` +
        "reverse(StackEvents[].[LogicalResourceId,ResourceStatus,ResourceStatusReason])",
    )) as [id: string, status: string, reason: string | null][];

  beforeAll(async () => {
    drydock = await startTestDrydock({ keep: true });
    aws = awsCli(drydock, drydock.directory);
    // A service is loaded when it is first called. The CLI looks at once whether a stack is done, and then every 30 s.
    const warm = [
      "ec2 describe-vpcs",
      "logs describe-log-groups",
      "ssm describe-parameters",
      "cloudformation list-stacks",
    ];
    await Promise.all(warm.map((words) => aws.text(words)));
  });
  afterAll(() => drydock.close());

  test("deploy makes a stack's resources, parameter and output", async () => {
    writeFileSync(join(drydock.directory, "stack.yaml"), template(7));
    expect(await aws.text(deploy)).toContain("Successfully created/updated stack - net");
    const stack = "cloudformation describe-stacks --stack-name net --query Stacks[0].[StackStatus,Outputs,Tags]";
    const vpcId = await aws.text("ssm get-parameter --name /shop/qa/vpc --query Parameter.Value --output text");
    expect(await aws.json(stack)).toEqual([
      "CREATE_COMPLETE",
      [{ OutputKey: "VpcId", OutputValue: vpcId, ExportName: "net-vpc" }],
      [{ Key: "team", Value: "shop" }],
    ]);
    const tags = `ec2 describe-vpcs --vpc-ids ${vpcId} --query Vpcs[0].Tags[?Key=='Name'].Value`;
    expect(await aws.json(tags)).toEqual(["shop-qa"]);
  });

  test("its events tell of each resource in order", async () => {
    const told = await events("net");
    expect(told[0]).toEqual(["net", "REVIEW_IN_PROGRESS", "User Initiated"]);
    expect(told.at(-1)).toEqual(["net", "CREATE_COMPLETE", null]);
    const place = (id: string, status: string) =>
      told.findIndex(([logicalId, is]) => logicalId === id && is === status);
    expect(place("Vpc", "CREATE_IN_PROGRESS")).toBeLessThan(place("Vpc", "CREATE_COMPLETE"));
    expect(place("Vpc", "CREATE_COMPLETE")).toBeLessThan(place("VpcParameter", "CREATE_IN_PROGRESS"));
    expect(place("Logs", "CREATE_COMPLETE")).toBeGreaterThan(0);
  });

  test("deploying the same again changes nothing", async () => {
    expect(await aws.refusal(deploy)).toBe("No changes to deploy. Stack net is up to date");
  });

  test("a changed template is deployed, a wrong one is rolled back", async () => {
    writeFileSync(join(drydock.directory, "stack.yaml"), template(14));
    const update =
      "cloudformation update-stack --stack-name net --template-body file://stack.yaml " +
      "--parameters ParameterKey=Environment,UsePreviousValue=true";
    await aws.text(update);
    await aws.text("cloudformation wait stack-update-complete --stack-name net");
    const retention = "logs describe-log-groups --query logGroups[].[logGroupName,retentionInDays]";
    expect(await aws.json(retention)).toEqual([["/shop/qa", 14]]);

    writeFileSync(join(drydock.directory, "stack.yaml"), template(2));
    await aws.text(update);
    expect(await aws.refusal("cloudformation wait stack-update-complete --stack-name net")).toContain(
      "terminal failure state",
    );
    expect((await events("net")).at(-1)?.[1]).toBe("UPDATE_ROLLBACK_COMPLETE");
    expect((await events("net")).find(([id, status]) => id === "Logs" && status === "UPDATE_FAILED")?.[2]).toMatch(
      /retentionInDays/i,
    );
    expect(await aws.json(retention)).toEqual([["/shop/qa", 14]]);
  });

  test("delete takes everything away", async () => {
    const id = await aws.text(
      "cloudformation describe-stacks --stack-name net --query Stacks[0].StackId --output text",
    );
    await aws.text("cloudformation delete-stack --stack-name net");
    await aws.text("cloudformation wait stack-delete-complete --stack-name net");
    expect(await aws.refusal("cloudformation describe-stacks --stack-name net")).toBe(
      "An error occurred (ValidationError) when calling the DescribeStacks operation: Stack with id net does not exist",
    );
    const status = `cloudformation describe-stacks --stack-name ${id} --query Stacks[].StackStatus`;
    expect(await aws.json(status)).toEqual(["DELETE_COMPLETE"]);
    expect(await aws.json("logs describe-log-groups --query logGroups[]")).toEqual([]);
    expect(await aws.json("ec2 describe-vpcs --query Vpcs[].IsDefault")).toEqual([true]);
  });
});
