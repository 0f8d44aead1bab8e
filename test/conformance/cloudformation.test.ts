import { CloudFormation } from "@aws-sdk/client-cloudformation";
import { expect, test } from "vitest";
import { conformance, pages, refused } from "./targets.ts";

const reference = (page: string) =>
  `https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_${page}.html`;

const template = (name: string) =>
  JSON.stringify({
    Resources: { Group: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: name } } },
    Outputs: { Name: { Value: { Ref: "Group" }, Export: { Name: `${name}-export` } } },
  });

// What the service's own tests, beside it, don't call.
conformance((target) => {
  const cloudformation = target.client(CloudFormation);
  const stack = async (StackName: string) => {
    await cloudformation.createStack({ StackName, TemplateBody: template(StackName) });
    await expect
      .poll(async () => (await cloudformation.describeStacks({ StackName })).Stacks?.[0]?.StackStatus)
      .toBe("CREATE_COMPLETE");
    return StackName;
  };

  test("a stack's resources and exports", async () => {
    const StackName = await stack("resources");
    const resource = await cloudformation.describeStackResource({ StackName, LogicalResourceId: "Group" });
    expect(resource.StackResourceDetail).toMatchObject({
      ResourceType: "AWS::Logs::LogGroup",
      ResourceStatus: "CREATE_COMPLETE",
      PhysicalResourceId: "resources",
    });
    const listed = await cloudformation.listStackResources({ StackName });
    expect(listed.StackResourceSummaries?.map(({ LogicalResourceId }) => LogicalResourceId)).toEqual(["Group"]);
    const exports = await pages(
      (NextToken) => cloudformation.listExports({ NextToken }),
      ({ Exports, NextToken }) => [Exports, NextToken],
    );
    expect(exports.flat()).toContainEqual(expect.objectContaining({ Name: "resources-export", Value: "resources" }));
    await refused(cloudformation.listStackResources({ StackName: "none" }), "ValidationError");
    await refused(cloudformation.describeStackResource({ StackName, LogicalResourceId: "None" }), "ValidationError");
  });

  test("a stack's policy is set and read", async () => {
    const StackName = await stack("policy");
    expect((await cloudformation.getStackPolicy({ StackName })).StackPolicyBody ?? "").toBe("");
    const policy = { Statement: [{ Effect: "Deny", Action: "Update:*", Principal: "*", Resource: "*" }] };
    await cloudformation.setStackPolicy({ StackName, StackPolicyBody: JSON.stringify(policy) });
    const { StackPolicyBody } = await cloudformation.getStackPolicy({ StackName });
    expect(JSON.parse(StackPolicyBody ?? "")).toEqual(policy);
    await refused(cloudformation.getStackPolicy({ StackName: "none" }), "ValidationError");
  });

  test("a change set that is deleted can't be described", async () => {
    const StackName = await stack("changes");
    const ChangeSetName = "rename";
    await cloudformation.createChangeSet({ StackName, ChangeSetName, TemplateBody: template("renamed") });
    await expect
      .poll(async () => (await cloudformation.describeChangeSet({ StackName, ChangeSetName })).Status)
      .toBe("CREATE_COMPLETE");
    await cloudformation.deleteChangeSet({ StackName, ChangeSetName });
    await target.motoDiffers(reference("DescribeChangeSet"), () =>
      refused(cloudformation.describeChangeSet({ StackName, ChangeSetName }), "ChangeSetNotFoundException"),
    );
  });
});
