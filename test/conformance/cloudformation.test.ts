import { setTimeout } from "node:timers/promises";
import { CloudFormation, type CreateStackInput } from "@aws-sdk/client-cloudformation";
import { SSM } from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { conformance, pages, refusals, refused } from "./targets.ts";

const reference = (page: string) =>
  `https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_${page}.html`;
const guide = (page: string) => `https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/${page}.html`;

const pollMilliseconds = 20;

const logGroup = (LogGroupName: unknown, more = {}) => ({
  Type: "AWS::Logs::LogGroup",
  Properties: { LogGroupName },
  ...more,
});
const parameter = (Value: unknown, more = {}) => ({
  Type: "AWS::SSM::Parameter",
  Properties: { Type: "String", Value, ...more },
});
const body = (Resources: object, rest: object = {}) => JSON.stringify({ Resources, ...rest });
const template = (name: string) =>
  body(
    { Group: logGroup(name) },
    { Outputs: { Name: { Value: { Ref: "Group" }, Export: { Name: `${name}-export` } } } },
  );

conformance((target) => {
  const cloudformation = target.client(CloudFormation);
  const ssm = target.client(SSM);
  const described = async (StackName: string) => (await cloudformation.describeStacks({ StackName })).Stacks?.[0];
  /** Waits for the end of what is being done to a stack, and only for that: on moto some of it ends otherwise. */
  const reaches = async (StackName: string, status: string) => {
    let found = await described(StackName);
    while (found?.StackStatus?.endsWith("_IN_PROGRESS")) {
      await setTimeout(pollMilliseconds);
      found = await described(StackName);
    }
    expect(found?.StackStatus).toBe(status);
    return found;
  };
  const stack = async (StackName: string, more: Partial<CreateStackInput> = {}) => {
    const { StackId = "" } = await cloudformation.createStack({
      StackName,
      TemplateBody: template(StackName),
      ...more,
    });
    await reaches(StackName, "CREATE_COMPLETE");
    return StackId;
  };

  test("a stack: made, described by name and id, updated, deleted, seen afterwards by its id alone", async () => {
    const StackName = "made";
    const Parameters = { Name: { Type: "String" }, Value: { Type: "String", Default: "one" } };
    const Resources = { Parameter: parameter({ Ref: "Value" }, { Name: { Ref: "Name" } }) };
    const Outputs = { Name: { Value: { Ref: "Parameter" }, Description: "its name" } };
    const TemplateBody = body(Resources, { Parameters, Outputs, Description: "one parameter" });
    const given = [{ ParameterKey: "Name", ParameterValue: "/made" }];
    const id = await stack(StackName, {
      TemplateBody,
      Parameters: given,
      Tags: [{ Key: "app", Value: "shop" }],
    });
    expect(id).toMatch(
      new RegExp(`^arn:aws:cloudformation:${target.region}:${target.accountId}:stack/made/[0-9a-f-]{36}$`),
    );
    expect(await described(id)).toMatchObject({
      StackId: id,
      StackName,
      Description: "one parameter",
      Tags: [{ Key: "app", Value: "shop" }],
      Outputs: [{ OutputKey: "Name", OutputValue: "/made", Description: "its name" }],
    });
    expect((await described(id))?.Parameters).toEqual(
      expect.arrayContaining([...given, { ParameterKey: "Value", ParameterValue: "one" }]),
    );
    expect((await described(StackName))?.CreationTime).toBeInstanceOf(Date);
    await refused(cloudformation.createStack({ StackName, TemplateBody }), "AlreadyExistsException");
    const kept = { ParameterKey: "Name", UsePreviousValue: true };
    const changed = [kept, { ParameterKey: "Value", ParameterValue: "two" }];
    await cloudformation.updateStack({ StackName, UsePreviousTemplate: true, Parameters: changed });
    await reaches(StackName, "UPDATE_COMPLETE");
    expect((await ssm.getParameter({ Name: "/made" })).Parameter?.Value).toBe("two");
    await refused(
      cloudformation.updateStack({ StackName, UsePreviousTemplate: true, Parameters: changed }),
      "ValidationError",
      "No updates are to be performed",
    );
    await cloudformation.deleteStack({ StackName });
    await reaches(id, "DELETE_COMPLETE");
    await cloudformation.deleteStack({ StackName });
    await refused(cloudformation.describeStacks({ StackName }), "ValidationError", "does not exist");
    await refused(ssm.getParameter({ Name: "/made" }), "ParameterNotFound");
    const { StackSummaries = [] } = await cloudformation.listStacks({ StackStatusFilter: ["DELETE_COMPLETE"] });
    expect(StackSummaries).toContainEqual(expect.objectContaining({ StackId: id, StackName }));
  });

  test("a request made again with its token is answered again", async () => {
    const input = { StackName: "token", TemplateBody: template("token"), ClientRequestToken: "once" };
    const id = await stack("token", input);
    await target.motoDiffers(reference("CreateStack"), async () => {
      expect((await cloudformation.createStack(input)).StackId).toBe(id);
      const { StackEvents = [] } = await cloudformation.describeStackEvents({ StackName: "token" });
      expect(StackEvents[0]?.ClientRequestToken).toBe("once");
    });
  });

  test("a stack's resources, events and exports", async () => {
    const StackName = "resources";
    const id = await stack(StackName);
    const resource = await cloudformation.describeStackResource({ StackName, LogicalResourceId: "Group" });
    const shown = {
      LogicalResourceId: "Group",
      ResourceType: "AWS::Logs::LogGroup",
      ResourceStatus: "CREATE_COMPLETE",
      PhysicalResourceId: "resources",
    };
    expect(resource.StackResourceDetail).toMatchObject({ ...shown, StackId: id, StackName });
    const { StackResources } = await cloudformation.describeStackResources({ StackName });
    expect(StackResources).toMatchObject([{ ...shown, StackId: id }]);
    const listed = await cloudformation.listStackResources({ StackName });
    expect(listed.StackResourceSummaries).toMatchObject([shown]);
    const { StackEvents = [] } = await cloudformation.describeStackEvents({ StackName });
    const facts = StackEvents.map((event) => [event.LogicalResourceId, event.ResourceStatus]);
    expect(facts[0]).toEqual([StackName, "CREATE_COMPLETE"]);
    expect(facts.at(-1)).toEqual([StackName, "CREATE_IN_PROGRESS"]);
    await target.motoDiffers(reference("DescribeStackEvents"), () =>
      expect(facts).toEqual([
        [StackName, "CREATE_COMPLETE"],
        ["Group", "CREATE_COMPLETE"],
        ["Group", "CREATE_IN_PROGRESS"],
        ["Group", "CREATE_IN_PROGRESS"],
        [StackName, "CREATE_IN_PROGRESS"],
      ]),
    );
    const exports = await pages(
      (NextToken) => cloudformation.listExports({ NextToken }),
      ({ Exports, NextToken }) => [Exports, NextToken],
    );
    const own = { ExportingStackId: id, Name: "resources-export", Value: "resources" };
    expect(exports.flat()).toContainEqual(expect.objectContaining(own));
  });

  test("an export is imported; in use, it and its stack stay", async () => {
    await stack("exporting");
    await target.motoDiffers(reference("ListImports"), () =>
      refused(cloudformation.listImports({ ExportName: "exporting-export" }), "ValidationError", "not imported"),
    );
    const Resources = { P: parameter({ "Fn::ImportValue": "exporting-export" }, { Name: "/importing" }) };
    await stack("importing", { TemplateBody: body(Resources) });
    expect((await ssm.getParameter({ Name: "/importing" })).Parameter?.Value).toBe("exporting");
    await target.motoDiffers(guide("using-cfn-stack-exports"), async () => {
      expect((await cloudformation.listImports({ ExportName: "exporting-export" })).Imports).toEqual(["importing"]);
      await cloudformation.deleteStack({ StackName: "exporting" });
      const kept = await reaches("exporting", "DELETE_FAILED");
      expect(kept?.StackStatusReason).toBe(
        "Delete canceled. Cannot delete export exporting-export as it is in use by importing.",
      );
      const twice = { StackName: "twice", TemplateBody: template("exporting") };
      await cloudformation.createStack(twice).catch(() => {});
      await reaches("twice", "ROLLBACK_COMPLETE");
    });
  });

  test("functions inside functions", async () => {
    const Mappings = { Sizes: { small: { Cpu: "256" } } };
    const Parameters = { Size: { Type: "String", Default: "small" } };
    const Conditions = {
      Small: { "Fn::Equals": [{ Ref: "Size" }, "small"] },
      Big: { "Fn::Not": [{ Condition: "Small" }] },
      Either: { "Fn::Or": [{ Condition: "Small" }, { Condition: "Big" }] },
    };
    const Resources = {
      Chosen: parameter(
        {
          "Fn::If": [
            "Small",
            {
              "Fn::Join": [
                "-",
                [
                  { "Fn::FindInMap": ["Sizes", { Ref: "Size" }, "Cpu"] },
                  { "Fn::Select": [1, { "Fn::Split": [",", "a,b,c"] }] },
                  { "Fn::Sub": ["${Name}.${AWS::Region}", { Name: { Ref: "First" } }] },
                ],
              ],
            },
            { Ref: "AWS::NoValue" },
          ],
        },
        { Name: "/functions" },
      ),
      First: parameter("first", { Name: "/functions/first" }),
      Left: { ...parameter("x", { Name: "/functions/left" }), Condition: "Big" },
      Made: { ...parameter("x", { Name: "/functions/made" }), Condition: "Either" },
    };
    await stack("functions", { TemplateBody: body(Resources, { Mappings, Parameters, Conditions }) });
    const { Parameter } = await ssm.getParameter({ Name: "/functions" });
    expect(Parameter?.Value).toBe(`256-b-/functions/first.${target.region}`);
    await refused(ssm.getParameter({ Name: "/functions/left" }), "ParameterNotFound");
    expect((await ssm.getParameter({ Name: "/functions/made" })).Parameter?.Value).toBe("x");
  });

  test("a create that fails is rolled back, and its events say why", async () => {
    await ssm.putParameter({ Name: "/taken", Value: "here", Type: "String" });
    await target.motoDiffers(guide("stack-failure-options"), async () => {
      const Resources = {
        First: parameter("x", { Name: "/rolled-back" }),
        Taken: { ...parameter("y", { Name: "/taken" }), DependsOn: "First" },
      };
      const { StackId = "" } = await cloudformation.createStack({
        StackName: "failing",
        TemplateBody: body(Resources),
      });
      await reaches("failing", "ROLLBACK_COMPLETE");
      await refused(ssm.getParameter({ Name: "/rolled-back" }), "ParameterNotFound");
      expect((await ssm.getParameter({ Name: "/taken" })).Parameter?.Value).toBe("here");
      const { StackEvents = [] } = await cloudformation.describeStackEvents({ StackName: StackId });
      const failed = StackEvents.find(({ ResourceStatus }) => ResourceStatus === "CREATE_FAILED");
      expect(failed).toMatchObject({
        LogicalResourceId: "Taken",
        ResourceStatusReason: expect.stringMatching(/exist/),
      });
      await refused(
        cloudformation.updateStack({ StackName: "failing", TemplateBody: body(Resources) }),
        "ValidationError",
        "can not be updated",
      );
      const kept = { StackName: "kept", TemplateBody: body(Resources), DisableRollback: true };
      await cloudformation.createStack(kept);
      await reaches("kept", "CREATE_FAILED");
      await cloudformation.rollbackStack({ StackName: "kept" });
      await reaches("kept", "ROLLBACK_COMPLETE");
    });
  });

  test("an update that fails puts everything back", async () => {
    await ssm.putParameter({ Name: "/occupied", Value: "here", Type: "String" });
    const StackName = "back";
    await stack(StackName, { TemplateBody: body({ A: parameter("one", { Name: "/back" }) }) });
    await target.motoDiffers(guide("stack-failure-options"), async () => {
      const A = parameter("two", { Name: "/back" });
      const B = { ...parameter("x", { Name: "/occupied" }), DependsOn: "A" };
      await cloudformation.updateStack({ StackName, TemplateBody: body({ A, B }) });
      await reaches(StackName, "UPDATE_ROLLBACK_COMPLETE");
      expect((await ssm.getParameter({ Name: "/back" })).Parameter?.Value).toBe("one");
      await refused(
        cloudformation.continueUpdateRollback({ StackName }),
        "ValidationError",
        "can not continue rollback",
      );
      await refused(cloudformation.cancelUpdateStack({ StackName }), "ValidationError");
    });
  });

  test("a stack with termination protection stays", async () => {
    const StackName = "protected";
    await stack(StackName, { EnableTerminationProtection: true });
    await target.motoDiffers(reference("UpdateTerminationProtection"), async () => {
      await refused(cloudformation.deleteStack({ StackName }), "ValidationError", "TerminationProtection is enabled");
      await cloudformation.updateTerminationProtection({ StackName, EnableTerminationProtection: false });
      expect((await described(StackName))?.EnableTerminationProtection).toBe(false);
    });
  });

  test("a stack's policy is set and read", async () => {
    const StackName = "policy";
    await stack(StackName);
    expect((await cloudformation.getStackPolicy({ StackName })).StackPolicyBody ?? "").toBe("");
    const policy = { Statement: [{ Effect: "Deny", Action: "Update:*", Principal: "*", Resource: "*" }] };
    await cloudformation.setStackPolicy({ StackName, StackPolicyBody: JSON.stringify(policy) });
    const { StackPolicyBody } = await cloudformation.getStackPolicy({ StackName });
    expect(JSON.parse(StackPolicyBody ?? "")).toEqual(policy);
  });

  test("a template as it was given, validated, and in summary", async () => {
    const StackName = "template";
    const Parameters = { Size: { Type: "String", Default: "small", Description: "how big", NoEcho: true } };
    const TemplateBody = body(
      { Group: logGroup({ "Fn::Sub": "template-${Size}" }) },
      { Parameters, Description: "a group" },
    );
    await stack(StackName, { TemplateBody });
    const got = await cloudformation.getTemplate({ StackName });
    expect(JSON.parse(got.TemplateBody ?? "")).toEqual(JSON.parse(TemplateBody));
    const valid = await cloudformation.validateTemplate({ TemplateBody });
    expect(valid).toMatchObject({ Description: "a group" });
    await target.motoDiffers(reference("ValidateTemplate"), () =>
      expect(valid.Parameters).toMatchObject([{ ParameterKey: "Size", DefaultValue: "small", Description: "how big" }]),
    );
    await target.motoDiffers(reference("GetTemplateSummary"), async () => {
      const summary = await cloudformation.getTemplateSummary({ TemplateBody });
      expect(summary).toMatchObject({ Description: "a group", ResourceTypes: ["AWS::Logs::LogGroup"] });
    });
    await refused(cloudformation.validateTemplate({ TemplateBody: "{" }), "ValidationError");
    await target.motoDiffers(reference("ValidateTemplate"), () =>
      refused(cloudformation.validateTemplate({ TemplateBody: body({}) }), "ValidationError"),
    );
  });

  test("change sets: made, described, listed, executed, deleted", async () => {
    const StackName = "changes";
    const TemplateBody = template("changes");
    const ready = async (ChangeSetName: string) => {
      const status = async () => (await cloudformation.describeChangeSet({ StackName, ChangeSetName })).Status;
      await expect.poll(status, { timeout: 30_000 }).toBe("CREATE_COMPLETE");
      return cloudformation.describeChangeSet({ StackName, ChangeSetName });
    };
    const made = await cloudformation.createChangeSet({
      StackName,
      ChangeSetName: "first",
      ChangeSetType: "CREATE",
      TemplateBody,
    });
    expect(made.Id).toMatch(/:changeSet\/first\//);
    const first = await ready("first");
    expect(first).toMatchObject({ ExecutionStatus: "AVAILABLE", StackId: made.StackId });
    expect(first.Changes).toMatchObject([
      {
        Type: "Resource",
        ResourceChange: { Action: "Add", LogicalResourceId: "Group", ResourceType: "AWS::Logs::LogGroup" },
      },
    ]);
    expect((await described(StackName))?.StackStatus).toBe("REVIEW_IN_PROGRESS");
    await cloudformation.executeChangeSet({ StackName, ChangeSetName: "first" });
    await reaches(StackName, "CREATE_COMPLETE");
    await cloudformation.createChangeSet({ StackName, ChangeSetName: "rename", TemplateBody: template("renamed") });
    const rename = await ready("rename");
    await target.motoDiffers(reference("ResourceChange"), () =>
      expect(rename.Changes?.[0]?.ResourceChange).toMatchObject({
        Action: "Modify",
        LogicalResourceId: "Group",
        PhysicalResourceId: "changes",
        Replacement: "True",
      }),
    );
    const { Summaries = [] } = await cloudformation.listChangeSets({ StackName });
    expect(Summaries.map(({ ChangeSetName }) => ChangeSetName)).toContain("rename");
    await target.motoDiffers(reference("CreateChangeSet"), async () => {
      const again = { StackName, ChangeSetName: "rename", TemplateBody };
      await refused(cloudformation.createChangeSet(again), "AlreadyExistsException");
      await cloudformation.createChangeSet({ StackName, ChangeSetName: "same", TemplateBody });
      const same = { StackName, ChangeSetName: "same" };
      const status = async () => (await cloudformation.describeChangeSet(same)).Status;
      await expect.poll(status, { timeout: 30_000 }).toBe("FAILED");
      const { StatusReason } = await cloudformation.describeChangeSet(same);
      expect(StatusReason).toContain("didn't contain changes");
      await refused(cloudformation.executeChangeSet(same), "InvalidChangeSetStatusException");
    });
    await cloudformation.deleteChangeSet({ StackName, ChangeSetName: "rename" });
    await target.motoDiffers(reference("DescribeChangeSet"), () =>
      refused(cloudformation.describeChangeSet({ StackName, ChangeSetName: "rename" }), "ChangeSetNotFoundException"),
    );
  });

  test("stack sets and drift are refused by name", async () => {
    await target.motoDiffers(reference("CreateStackSet"), async () => {
      const StackSetName = "everywhere";
      await refused(
        cloudformation.createStackSet({ StackSetName, TemplateBody: template("set") }),
        "NotImplemented",
        "CreateStackSet",
      );
      await refused(cloudformation.detectStackDrift({ StackName: "none" }), "NotImplemented", "DetectStackDrift");
    });
  });

  const StackName = "none";
  const invalid = "ValidationError";
  const TemplateBody = template("refused");
  let tried = 0;
  const bad = (Resources: object, rest = {}) =>
    cloudformation.createStack({ StackName: `bad-${++tried}`, TemplateBody: body(Resources, rest) });
  const wrong = guide("template-anatomy");
  refusals(target, [
    ["to describe no stack", () => cloudformation.describeStacks({ StackName }), invalid],
    ["to update no stack", () => cloudformation.updateStack({ StackName, TemplateBody }), invalid],
    ["events of no stack", () => cloudformation.describeStackEvents({ StackName }), invalid],
    ["resources of no stack", () => cloudformation.listStackResources({ StackName }), invalid],
    ["to describe resources of no stack", () => cloudformation.describeStackResources({ StackName }), invalid],
    [
      "to describe a resource of no stack",
      () => cloudformation.describeStackResource({ StackName, LogicalResourceId: "Group" }),
      invalid,
    ],
    ["the template of no stack", () => cloudformation.getTemplate({ StackName }), invalid],
    ["the policy of no stack", () => cloudformation.getStackPolicy({ StackName }), invalid],
    ["a policy for no stack", () => cloudformation.setStackPolicy({ StackName, StackPolicyBody: "{}" }), invalid],
    [
      "to protect no stack",
      () => cloudformation.updateTerminationProtection({ StackName, EnableTerminationProtection: true }),
      invalid,
      reference("UpdateTerminationProtection"),
    ],
    [
      "to cancel the update of no stack",
      () => cloudformation.cancelUpdateStack({ StackName }),
      invalid,
      reference("CancelUpdateStack"),
    ],
    ["to roll back no stack", () => cloudformation.rollbackStack({ StackName }), invalid, reference("RollbackStack")],
    [
      "to go on with the rollback of no stack",
      () => cloudformation.continueUpdateRollback({ StackName }),
      invalid,
      reference("ContinueUpdateRollback"),
    ],
    [
      "a change set for no stack",
      () => cloudformation.createChangeSet({ StackName, ChangeSetName: "a", TemplateBody, ChangeSetType: "UPDATE" }),
      invalid,
    ],
    [
      "change sets of no stack",
      () => cloudformation.listChangeSets({ StackName }),
      invalid,
      reference("ListChangeSets"),
    ],
    [
      "to execute no change set",
      async () => {
        await stack("unchanged");
        return cloudformation.executeChangeSet({ StackName: "unchanged", ChangeSetName: "none" });
      },
      "ChangeSetNotFoundException",
      reference("ExecuteChangeSet"),
    ],
    [
      "imports of no export",
      () => cloudformation.listImports({ ExportName: "none" }),
      invalid,
      reference("ListImports"),
    ],
    [
      "a name that begins with a digit",
      () => cloudformation.createStack({ StackName: "1st", TemplateBody }),
      invalid,
      reference("CreateStack"),
    ],
    [
      "a token it never gave",
      () => cloudformation.listStacks({ NextToken: "made up" }),
      invalid,
      reference("ListStacks"),
    ],
    ["a stack without a template", () => cloudformation.createStack({ StackName }), invalid, reference("CreateStack")],
    ["a template without resources", () => bad({}), invalid, wrong],
    ["a reference to nothing", () => bad({ A: parameter({ Ref: "None" }) }), invalid, wrong],
    ["a circle of references", () => bad({ A: parameter({ Ref: "B" }), B: parameter({ Ref: "A" }) }), invalid, wrong],
    [
      "a parameter left out",
      () => bad({ A: parameter({ Ref: "P" }) }, { Parameters: { P: { Type: "String" } } }),
      invalid,
    ],
    ["a resource type there isn't", () => bad({ A: { Type: "AWS::None::Thing", Properties: {} } }), invalid, wrong],
    [
      "a value that isn't allowed",
      () =>
        bad(
          { A: parameter({ Ref: "P" }) },
          { Parameters: { P: { Type: "String", AllowedValues: ["a"], Default: "b" } } },
        ),
      invalid,
      guide("parameters-section-structure"),
    ],
    [
      "to make roles without being asked to",
      () =>
        bad({
          Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: { Statement: [] } } },
        }),
      "InsufficientCapabilitiesException",
      reference("CreateStack"),
    ],
  ]);
});
