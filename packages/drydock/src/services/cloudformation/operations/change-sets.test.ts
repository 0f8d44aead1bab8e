import { beforeEach, describe, expect, test } from "vitest";
import { FakeWorld } from "../engine/fake-world.fixture.ts";

let world: FakeWorld;
let cloud: ReturnType<FakeWorld["start"]>;
const caller = { accessKeyId: undefined, requestId: "test" };

beforeEach(() => {
  world = new FakeWorld();
  cloud = world.start();
});

const thing = (properties: object = {}, rest: object = {}) => ({
  Type: "Test::Thing",
  Properties: properties,
  ...rest,
});
const body = (resources: object, rest: object = {}) => JSON.stringify({ Resources: resources, ...rest });

type Extra = Partial<Parameters<typeof cloud.call.CreateChangeSet>[0]>;

async function changeSet(resources: object, rest: object = {}, extra: Extra = {}) {
  const input = { StackName: "app", ChangeSetName: "next", TemplateBody: body(resources, rest), ...extra };
  await cloud.call.CreateChangeSet(input, caller);
  return cloud.call.DescribeChangeSet({ StackName: "app", ChangeSetName: input.ChangeSetName }, caller);
}

async function execute(name = "next"): Promise<string | undefined> {
  await cloud.call.ExecuteChangeSet({ StackName: "app", ChangeSetName: name }, caller);
  await cloud.service.engine.ended(cloud.service.repository.get("app").id);
  return cloud.service.repository.get("app").status;
}

async function existing(resources: object, rest: object = {}): Promise<void> {
  await cloud.call.CreateStack({ StackName: "app", TemplateBody: body(resources, rest) }, caller);
}

describe("a change set", () => {
  test("for a new stack waits for review, and makes it when it is executed", async () => {
    const { Changes, Status } = await changeSet({ A: thing() }, {}, { ChangeSetType: "CREATE" });
    expect(Changes).toEqual([
      {
        Type: "Resource",
        ResourceChange: { Action: "Add", LogicalResourceId: "A", ResourceType: "Test::Thing", Scope: [], Details: [] },
      },
    ]);
    expect([Status, cloud.service.repository.get("app").status, world.things.size]).toEqual([
      "CREATE_COMPLETE",
      "REVIEW_IN_PROGRESS",
      0,
    ]);
    expect(await execute()).toBe("CREATE_COMPLETE");
    expect(world.things.size).toBe(1);
    await expect(execute()).rejects.toThrow("cannot be executed in its current execution status of [EXECUTE_COMPLETE]");
  });

  test("says what changes, how, and why", async () => {
    const parameters = { Parameters: { Kind: { Type: "String", Default: "x" } } };
    await existing(
      {
        Replaced: thing({ Kind: { Ref: "Kind" } }),
        User: thing({ Uses: [{ Ref: "Replaced" }], Kind: { "Fn::GetAtt": ["Changed", "Value"] } }),
        Changed: thing({ Value: "1" }),
        Gone: thing({}, { DeletionPolicy: "Retain" }),
        Same: thing({ Value: "s" }),
      },
      parameters,
    );
    const { Changes = [] } = await changeSet(
      {
        Replaced: thing({ Kind: { Ref: "Kind" } }),
        User: thing({ Uses: [{ Ref: "Replaced" }], Kind: { "Fn::GetAtt": ["Changed", "Value"] } }),
        Changed: thing({ Value: "2" }, { DeletionPolicy: "Retain" }),
        Same: thing({ Value: "s" }),
        New: thing(),
      },
      parameters,
      { Parameters: [{ ParameterKey: "Kind", ParameterValue: "y" }] },
    );
    const changes = new Map(Changes.map(({ ResourceChange: each }) => [each?.LogicalResourceId, each]));
    const facts = [...changes].map(([id, each]) => [
      id,
      each?.Action,
      each?.Replacement,
      each?.PolicyAction,
      each?.Scope,
    ]);
    expect(facts.sort()).toEqual([
      ["Changed", "Modify", "False", undefined, ["DeletionPolicy", "Properties"]],
      ["Gone", "Remove", undefined, "Retain", []],
      ["New", "Add", undefined, undefined, []],
      ["Replaced", "Modify", "True", "ReplaceAndDelete", ["Properties"]],
      ["User", "Modify", "Conditional", "ReplaceAndDelete", ["Properties"]],
    ]);
    expect(changes.get("Replaced")?.Details).toEqual([
      {
        Target: { Attribute: "Properties", Name: "Kind", RequiresRecreation: "Always" },
        Evaluation: "Static",
        ChangeSource: "ParameterReference",
        CausingEntity: "Kind",
      },
    ]);
    expect(changes.get("User")?.Details).toEqual([
      {
        Target: { Attribute: "Properties", Name: "Uses", RequiresRecreation: "Never" },
        Evaluation: "Dynamic",
        ChangeSource: "ResourceReference",
        CausingEntity: "Replaced",
      },
      {
        Target: { Attribute: "Properties", Name: "Kind", RequiresRecreation: "Conditionally" },
        Evaluation: "Dynamic",
        ChangeSource: "ResourceAttribute",
        CausingEntity: "Changed.Value",
      },
    ]);
    expect(changes.get("Changed")?.Details?.[0]).toEqual({
      Target: { Attribute: "Properties", Name: "Value", RequiresRecreation: "Never" },
      Evaluation: "Static",
      ChangeSource: "DirectModification",
    });
    expect(world.things.size).toBe(5);
  });

  test("shows values before and after to who asks for them, and never those that NoEcho hides", async () => {
    const parameters = { Parameters: { Key: { Type: "String", NoEcho: true, Default: "s3cret" } } };
    const resources = (value: string) => ({ A: thing({ Value: value, Kind: { Ref: "Key" } }), [value]: thing() });
    await existing(resources("old"), parameters);
    await changeSet(resources("new"), parameters);
    const shown = await cloud.call.DescribeChangeSet(
      { StackName: "app", ChangeSetName: "next", IncludePropertyValues: true },
      caller,
    );
    const changes = shown.Changes?.map(({ ResourceChange: { Action, BeforeContext, AfterContext, Details } = {} }) => [
      Action,
      BeforeContext,
      AfterContext,
      Details?.map(({ Target }) => [Target?.Name, Target?.BeforeValue, Target?.AfterValue]),
    ]);
    const context = (Value: string) => JSON.stringify({ Properties: { Value, Kind: "****" } });
    expect(changes).toEqual([
      ["Modify", context("old"), context("new"), [["Value", "old", "new"]]],
      ["Add", undefined, '{"Properties":{}}', []],
      ["Remove", '{"Properties":{}}', undefined, []],
    ]);
  });

  test("without changes fails and says so; one of a policy alone has some", async () => {
    await existing({ A: thing({ Value: "1" }) });
    const same = await changeSet({ A: thing({ Value: 1 }) });
    expect([same.Status, same.ExecutionStatus, same.StatusReason]).toEqual([
      "FAILED",
      "UNAVAILABLE",
      "The submitted information didn't contain changes. Submit different information to create a change set.",
    ]);
    await expect(execute()).rejects.toThrow("cannot be executed in its current status of [FAILED]");
    const policy = await changeSet(
      { A: thing({ Value: 1 }, { DeletionPolicy: "Retain" }) },
      {},
      { ChangeSetName: "policy" },
    );
    expect(policy.Changes?.[0]?.ResourceChange?.Scope).toEqual(["DeletionPolicy"]);
    expect(await execute("policy")).toBe("UPDATE_COMPLETE");
    await cloud.call.DeleteStack({ StackName: "app" }, caller);
    expect(world.things.size).toBe(1);
  });

  test("of new tags changes every resource's tags", async () => {
    await existing({ A: thing() });
    const { Changes } = await changeSet({ A: thing() }, {}, { Tags: [{ Key: "team", Value: "web" }] });
    expect(Changes?.map(({ ResourceChange: each }) => [each?.Replacement, each?.Scope])).toEqual([["False", ["Tags"]]]);
    await execute();
    expect([...world.things.values()][0]?.tags.team).toBe("web");
  });

  test("can't be executed after another update", async () => {
    await existing({ A: thing({ Value: "1" }) });
    await changeSet({ A: thing({ Value: "2" }) });
    await cloud.call.UpdateStack({ StackName: "app", TemplateBody: body({ A: thing({ Value: "3" }) }) }, caller);
    await expect(execute()).rejects.toThrow("cannot be executed in its current execution status of [OBSOLETE]");
  });

  test("goes with the others when one is executed", async () => {
    await existing({ A: thing({ Value: "1" }) });
    await changeSet({ A: thing({ Value: "2" }) });
    await changeSet({ A: thing({ Value: "3" }) }, {}, { ChangeSetName: "other" });
    await expect(changeSet({ A: thing() })).rejects.toThrow("ChangeSet next already exists");
    expect((await cloud.call.ListChangeSets({ StackName: "app" }, caller)).Summaries).toHaveLength(2);
    await execute("other");
    expect((await cloud.call.ListChangeSets({ StackName: "app" }, caller)).Summaries).toEqual([]);
    await expect(execute("next")).rejects.toThrow("ChangeSet [next] does not exist");
  });

  test("of a template that can't be worked out fails with the reason", async () => {
    await existing({ A: thing() });
    const { Status, StatusReason } = await changeSet({ A: thing({ Value: { "Fn::ImportValue": "nowhere" } }) });
    expect([Status, StatusReason]).toEqual(["FAILED", "No export named nowhere found."]);
  });

  test("that breaks a rule about parameters is refused", async () => {
    const Rules = { Small: { Assertions: [{ Assert: { "Fn::Equals": [{ Ref: "Size" }, "1"] } }] } };
    const size = (Default: string) => ({ Rules, Parameters: { Size: { Type: "String", Default } } });
    await existing({ A: thing() });
    await expect(changeSet({ A: thing({ Value: "2" }) }, size("2"))).rejects.toThrow("rule Small doesn't hold");
    expect((await changeSet({ A: thing({ Value: "2" }) }, size("1"))).Status).toBe("CREATE_COMPLETE");
  });

  test("imports nothing", async () => {
    await expect(changeSet({ A: thing() }, {}, { ChangeSetType: "IMPORT" })).rejects.toThrow(
      "is not supported by drydock",
    );
  });
});

describe("requests", () => {
  test("need the capabilities AWS wants", async () => {
    const { checkCapabilities } = await import("../engine/capabilities.ts");
    const { parseTemplate } = await import("../template/parse.ts");
    const role = (properties: object) => parseTemplate(body({ R: { Type: "AWS::IAM::Role", Properties: properties } }));
    expect(() => checkCapabilities(role({}), [])).toThrow("Requires capabilities : [CAPABILITY_IAM]");
    expect(() => checkCapabilities(role({ RoleName: "r" }), ["CAPABILITY_IAM"])).toThrow(
      "Requires capabilities : [CAPABILITY_NAMED_IAM]",
    );
    expect(() => checkCapabilities(role({}), ["CAPABILITY_NAMED_IAM"])).not.toThrow();
  });

  test("about a stack there isn't are refused in AWS's words", async () => {
    const StackName = "none";
    const TemplateBody = body({ A: thing() });
    await expect(async () => cloud.call.DescribeStacks({ StackName }, caller)).rejects.toThrow(
      "Stack with id none does not exist",
    );
    await expect(async () => cloud.call.UpdateStack({ StackName, TemplateBody }, caller)).rejects.toThrow(
      "Stack [none] does not exist",
    );
    await expect(async () => cloud.call.DescribeStackEvents({ StackName }, caller)).rejects.toThrow(
      "Stack [none] does not exist",
    );
    expect(await cloud.call.DeleteStack({ StackName }, caller)).toEqual({});
  });

  test("for what drydock can't do are refused", async () => {
    const input = { StackName: "app", TemplateBody: body({ A: thing() }) };
    await expect(async () =>
      cloud.call.CreateStack({ ...input, NotificationARNs: ["arn:aws:sns:x"] }, caller),
    ).rejects.toThrow("drydock has no SNS");
    await expect(async () =>
      cloud.call.CreateStack({ ...input, TemplateBody: "x".repeat(51_201) }, caller),
    ).rejects.toThrow("51200");
    await expect(async () => cloud.call.CreateStack({ StackName: "app" }, caller)).rejects.toThrow(
      "Either Template URL or Template Body must be specified.",
    );
  });

  test("show templates as they were submitted, and what they need", async () => {
    const template =
      'Resources: {A: {Type: "Test::Thing"}}\nParameters: {P: {Type: String, Default: a, NoEcho: true}}\n';
    await cloud.call.CreateStack({ StackName: "app", TemplateBody: template }, caller);
    expect((await cloud.call.GetTemplate({ StackName: "app" }, caller)).TemplateBody).toBe(template);
    const { ResourceTypes, Parameters } = await cloud.call.GetTemplateSummary({ StackName: "app" }, caller);
    expect(ResourceTypes).toEqual(["Test::Thing"]);
    expect(Parameters).toEqual([
      { ParameterKey: "P", ParameterType: "String", DefaultValue: "a", NoEcho: true, ParameterConstraints: {} },
    ]);
    await expect(async () =>
      cloud.call.ValidateTemplate({ TemplateBody: body({ A: { Type: "AWS::Nope::Nope" } }) }, caller),
    ).rejects.toThrow("Template format error: Unrecognized resource types: [AWS::Nope::Nope]");
  });

  test("list stacks, the deleted ones too, newest first, page by page", async () => {
    for (let index = 0; index < 101; index++)
      await cloud.call.CreateStack({ StackName: `s${index}`, TemplateBody: body({ A: thing() }) }, caller);
    await cloud.call.DeleteStack({ StackName: "s7" }, caller);
    const first = await cloud.call.ListStacks({}, caller);
    const second = await cloud.call.ListStacks({ NextToken: first.NextToken }, caller);
    const names = [...(first.StackSummaries ?? []), ...(second.StackSummaries ?? [])].map(({ StackName }) => StackName);
    expect(new Set(names).size).toBe(101);
    const { StackSummaries } = await cloud.call.ListStacks({ StackStatusFilter: ["DELETE_COMPLETE"] }, caller);
    expect(StackSummaries?.map(({ StackName }) => StackName)).toEqual(["s7"]);
  });
});
