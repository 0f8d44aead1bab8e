import { beforeEach, expect, test } from "vitest";
import {
  begin,
  body,
  caller,
  cloud,
  create,
  events,
  stack,
  status,
  thing,
  update,
  values,
  world,
} from "./one-stack.fixture.ts";

beforeEach(begin);

test("dynamic references reach the resource, but neither the store nor any answer", async () => {
  world.parameters.set("db", '{"password":"hunter2"}');
  await create({ A: thing({ Secret: "{{resolve:secretsmanager:db:SecretString:password}}" }) });
  expect(values()).toEqual({ A: "hunter2" });
  const { StackEvents = [] } = await cloud.call.DescribeStackEvents({ StackName: "app" }, caller);
  expect(StackEvents.find(({ LogicalResourceId }) => LogicalResourceId === "A")?.ResourceProperties).toBe(
    '{"Secret":"{{resolve:secretsmanager:db:SecretString:password}}"}',
  );
  expect(JSON.stringify(cloud.service.repository.resourcesOf((await stack())?.StackId ?? ""))).not.toContain("hunter2");
});

test("secure strings are only read where AWS reads them", async () => {
  await create({ A: thing({ Secret: "{{resolve:ssm-secure:password}}" }) });
  expect((await events()).find(([, state]) => state === "CREATE_FAILED")?.[2]).toBe(
    "SSM Secure reference is not supported in: [Test::Thing/Properties/Secret]",
  );
});

test("NoEcho parameters are asterisks wherever they are shown", async () => {
  await create(
    { A: thing({ Value: { "Fn::Sub": "pw=${P}" } }) },
    { Parameters: { P: { Type: "String", NoEcho: true } } },
    {
      Parameters: [{ ParameterKey: "P", ParameterValue: "hunter2" }],
    },
  );
  expect(values()).toEqual({ A: "pw=hunter2" });
  expect((await stack())?.Parameters).toEqual([{ ParameterKey: "P", ParameterValue: "****" }]);
  const { StackEvents = [] } = await cloud.call.DescribeStackEvents({ StackName: "app" }, caller);
  expect(JSON.stringify(StackEvents)).not.toContain("hunter2");
  const rows = world.store.database.prepare("SELECT value FROM documents").all();
  expect(JSON.stringify(rows)).not.toContain("hunter2");
});

test("parameters of an SSM type have the parameter's value", async () => {
  world.parameters.set("/vpc", "vpc-1");
  const parameters = {
    Parameters: { Vpc: { Type: "AWS::SSM::Parameter::Value<AWS::EC2::VPC::Id>", Default: "/vpc" } },
  };
  await create({ A: thing({ Value: { Ref: "Vpc" } }) }, parameters);
  expect(values()).toEqual({ A: "vpc-1" });
  expect((await stack())?.Parameters).toEqual([
    { ParameterKey: "Vpc", ParameterValue: "/vpc", ResolvedValue: "vpc-1" },
  ]);
  world.parameters.set("/vpc", "vpc-2");
  await update({ A: thing({ Value: { Ref: "Vpc" } }) }, parameters);
  expect(values()).toEqual({ A: "vpc-2" });
});

test("an export in use can't change, one that isn't there can't be imported", async () => {
  const exported = (value: string) => ({ Outputs: { O: { Value: value, Export: { Name: "shared" } } } });
  await create({ A: thing() }, exported("1"));
  const user = (name: string) => body({ U: thing({ Value: { "Fn::ImportValue": name } }) });
  await cloud.call.CreateStack({ StackName: "user", TemplateBody: user("shared") }, caller);
  await update({ A: thing() }, exported("2"));
  expect(await status()).toBe("UPDATE_ROLLBACK_COMPLETE");
  expect((await events()).find(([, state]) => state === "UPDATE_ROLLBACK_IN_PROGRESS")?.[2]).toBe(
    "Export shared cannot be updated as it is in use by user. ",
  );
  await cloud.call.CreateStack({ StackName: "lost", TemplateBody: user("nowhere") }, caller);
  const { StackEvents = [] } = await cloud.call.DescribeStackEvents({ StackName: "lost" }, caller);
  expect(StackEvents.map((event) => event.ResourceStatusReason)).toContain("No export named nowhere found.");
});

test("conditions decide what there is", async () => {
  const template = {
    Parameters: { Big: { Type: "String", Default: "no" } },
    Conditions: { IsBig: { "Fn::Equals": [{ Ref: "Big" }, "yes"] } },
    Outputs: { O: { Condition: "IsBig", Value: { Ref: "B" } } },
  };
  const resources = {
    A: thing({ Uses: { "Fn::If": ["IsBig", [{ Ref: "B" }], []] } }),
    B: thing({}, { Condition: "IsBig" }),
  };
  await create(resources, template);
  expect(Object.keys(values())).toEqual(["A"]);
  await update(resources, template, { Parameters: [{ ParameterKey: "Big", ParameterValue: "yes" }] });
  expect(Object.keys(values()).sort()).toEqual(["A", "B"]);
  await update(resources, template);
  expect(Object.keys(values())).toEqual(["A"]);
});
