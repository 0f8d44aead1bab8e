import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AddTagsToResourceCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersCommand,
  LabelParameterVersionCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  paginateGetParametersByPath,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { startTestDrydock } from "../../testing.ts";

const put = (Name: string, Value: string, more = {}) =>
  new PutParameterCommand({ Name, Value, Type: "String", ...more });

test("a parameter is put, read by name, version and ARN, and overwritten only when asked", async () => {
  const ssm = (await startTestDrydock()).client(SSMClient);
  expect(await ssm.send(put("/app/name", "one"))).toMatchObject({ Version: 1, Tier: "Standard" });
  await expect(ssm.send(put("/app/name", "two"))).rejects.toMatchObject({ name: "ParameterAlreadyExists" });
  expect(await ssm.send(put("/app/name", "two", { Overwrite: true }))).toMatchObject({ Version: 2 });
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: "/app/name" }));
  expect(Parameter).toMatchObject({ Value: "two", Version: 2, Type: "String", DataType: "text" });
  expect(Parameter?.LastModifiedDate).toBeInstanceOf(Date);
  const byVersion = await ssm.send(new GetParameterCommand({ Name: "/app/name:1" }));
  expect(byVersion.Parameter).toMatchObject({ Value: "one", Selector: ":1" });
  const byArn = await ssm.send(new GetParameterCommand({ Name: Parameter?.ARN }));
  expect(byArn.Parameter?.Value).toBe("two");
  const history = await ssm.send(new GetParameterHistoryCommand({ Name: "/app/name" }));
  expect(history.Parameters?.map(({ Value }) => Value)).toEqual(["one", "two"]);
});

test("what isn't there is said as AWS says it", async () => {
  const ssm = (await startTestDrydock()).client(SSMClient);
  await ssm.send(put("known", "x"));
  await expect(ssm.send(new GetParameterCommand({ Name: "gone" }))).rejects.toMatchObject({
    name: "ParameterNotFound",
  });
  await expect(ssm.send(new GetParameterCommand({ Name: "known:7" }))).rejects.toMatchObject({
    name: "ParameterVersionNotFound",
  });
  const several = await ssm.send(new GetParametersCommand({ Names: ["known", "gone"] }));
  expect(several.InvalidParameters).toEqual(["gone"]);
  const deleted = await ssm.send(new DeleteParametersCommand({ Names: ["known", "gone"] }));
  expect(deleted).toMatchObject({ DeletedParameters: ["known"], InvalidParameters: ["gone"] });
});

test("a path lists its own level, or all below it, in pages", async () => {
  const ssm = (await startTestDrydock()).client(SSMClient);
  for (let number = 10; number < 25; number++) await ssm.send(put(`/many/p${number}`, "v"));
  await ssm.send(put("/many/deep/one", "v"));
  const names = async (Recursive: boolean) => {
    const found: (string | undefined)[] = [];
    for await (const page of paginateGetParametersByPath({ client: ssm }, { Path: "/many", Recursive })) {
      expect(page.Parameters?.length).toBeLessThanOrEqual(10);
      found.push(...(page.Parameters ?? []).map(({ Name }) => Name));
    }
    return found;
  };
  expect(await names(false)).toHaveLength(15);
  expect(await names(true)).toContain("/many/deep/one");
});

test("labels move between versions, tags stay with the parameter", async () => {
  const ssm = (await startTestDrydock()).client(SSMClient);
  await ssm.send(put("x", "one"));
  await ssm.send(put("x", "two", { Overwrite: true }));
  await ssm.send(new LabelParameterVersionCommand({ Name: "x", ParameterVersion: 1, Labels: ["live"] }));
  await ssm.send(new LabelParameterVersionCommand({ Name: "x", ParameterVersion: 2, Labels: ["live"] }));
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: "x:live" }));
  expect(Parameter?.Value).toBe("two");
  const resource = { ResourceType: "Parameter" as const, ResourceId: "x" };
  await ssm.send(new AddTagsToResourceCommand({ ...resource, Tags: [{ Key: "fardel:app", Value: "shop" }] }));
  const { TagList } = await ssm.send(new ListTagsForResourceCommand(resource));
  expect(TagList).toEqual([{ Key: "fardel:app", Value: "shop" }]);
  const described = await ssm.send(
    new DescribeParametersCommand({ ParameterFilters: [{ Key: "tag:fardel:app", Values: ["shop"] }] }),
  );
  expect(described.Parameters?.map(({ Name, Version }) => [Name, Version])).toEqual([["x", 2]]);
});

test("a SecureString is opaque until decrypted, and never on disk in clear", async () => {
  const drydock = await startTestDrydock();
  const ssm = drydock.client(SSMClient);
  await ssm.send(put("secret", "hunter2-hunter2", { Type: "SecureString" }));
  const sealed = await ssm.send(new GetParameterCommand({ Name: "secret" }));
  expect(sealed.Parameter?.Value).not.toContain("hunter2");
  const open = await ssm.send(new GetParameterCommand({ Name: "secret", WithDecryption: true }));
  expect(open.Parameter?.Value).toBe("hunter2-hunter2");
  const store = join(drydock.directory, "store");
  for (const file of readdirSync(store)) expect(readFileSync(join(store, file), "latin1")).not.toContain("hunter2");
});

test("sizes, names and patterns are checked", async () => {
  const ssm = (await startTestDrydock()).client(SSMClient);
  await expect(ssm.send(put("big", "x".repeat(4097)))).rejects.toMatchObject({ name: "ValidationException" });
  expect(await ssm.send(put("big", "x".repeat(4097), { Tier: "Intelligent-Tiering" }))).toMatchObject({
    Tier: "Advanced",
  });
  await expect(ssm.send(put("aws-thing", "x"))).rejects.toMatchObject({ name: "ValidationException" });
  await expect(ssm.send(put("p", "abc", { AllowedPattern: "^\\d+$" }))).rejects.toMatchObject({
    name: "ParameterPatternMismatchException",
  });
});
