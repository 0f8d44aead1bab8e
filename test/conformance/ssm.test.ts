import { type ParameterStringFilter, SSM } from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { conformance, pages, refusals, refused } from "./targets.ts";

const reference = (page: string) => `https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_${page}.html`;

conformance((target) => {
  const ssm = target.client(SSM);
  const put = (Name: string, Value: string, more = {}) => ssm.putParameter({ Name, Value, Type: "String", ...more });
  const versionsUntil = async (Name: string, count: number) => {
    for (let version = 1; version <= count; version++) await put(Name, String(version), { Overwrite: true });
  };

  test("PutParameter, GetParameter: versions, ARN, selectors", async () => {
    expect(await put("/put/a", "one")).toMatchObject({ Version: 1, Tier: "Standard" });
    expect(await put("/put/a", "two", { Overwrite: true, Type: undefined })).toMatchObject({ Version: 2 });
    const { Parameter } = await ssm.getParameter({ Name: "/put/a" });
    expect(Parameter).toMatchObject({
      Name: "/put/a",
      Type: "String",
      Value: "two",
      Version: 2,
      DataType: "text",
      ARN: `arn:aws:ssm:${target.region}:${target.accountId}:parameter/put/a`,
    });
    expect(Parameter?.LastModifiedDate).toBeInstanceOf(Date);
    expect((await ssm.getParameter({ Name: "/put/a:1" })).Parameter).toMatchObject({ Value: "one" });
    expect((await ssm.getParameter({ Name: Parameter?.ARN })).Parameter?.Value).toBe("two");
    await refused(ssm.getParameter({ Name: "/put/a:9" }), "ParameterVersionNotFound");
    await refused(ssm.getParameter({ Name: "/put/none" }), "ParameterNotFound");
    await target.motoDiffers(reference("Parameter"), async () => {
      expect((await ssm.getParameter({ Name: "/put/a:1" })).Parameter?.Selector).toBe(":1");
    });
  });

  test("a SecureString is opaque unless decryption is asked for", async () => {
    await put("/secure", "secret", { Type: "SecureString" });
    const plain = await ssm.getParameter({ Name: "/secure", WithDecryption: true });
    expect(plain.Parameter).toMatchObject({ Type: "SecureString", Value: "secret" });
    const opaque = await ssm.getParameter({ Name: "/secure" });
    expect(opaque.Parameter?.Type).toBe("SecureString");
    expect(opaque.Parameter?.Value).not.toBe("secret");
  });

  test("GetParameters answers what there is and names the rest, each once", async () => {
    await put("/many/a", "a");
    const found = await ssm.getParameters({ Names: ["/many/a", "/many/none"] });
    expect(found.Parameters?.map(({ Value }) => Value)).toEqual(["a"]);
    expect(found.InvalidParameters).toEqual(["/many/none"]);
  });

  test("GetParametersByPath: levels, filters, pages", async () => {
    for (const name of ["a", "b", "c/d"]) await put(`/tree/${name}`, name);
    await put("/tree/secret", "s", { Type: "SecureString" });
    await put("/treehouse", "x");
    const names = async (more: { Recursive?: boolean; ParameterFilters?: ParameterStringFilter[] }) =>
      (await ssm.getParametersByPath({ Path: "/tree", ...more })).Parameters?.map(({ Name }) => Name).sort();
    expect(await names({})).toEqual(["/tree/a", "/tree/b", "/tree/secret"]);
    expect(await names({ Recursive: true })).toEqual(["/tree/a", "/tree/b", "/tree/c/d", "/tree/secret"]);
    expect(await names({ ParameterFilters: [{ Key: "Type", Values: ["SecureString"] }] })).toEqual(["/tree/secret"]);
    const paged = await pages(
      (NextToken) => ssm.getParametersByPath({ Path: "/tree", Recursive: true, MaxResults: 3, NextToken }),
      ({ Parameters, NextToken }) => [Parameters, NextToken],
    );
    expect(paged.map((page) => page.length)).toEqual([3, 1]);
    expect(new Set(paged.flat().map(({ Name }) => Name)).size).toBe(4);
  });

  test("GetParameterHistory shows every version, DescribeParameters the latest", async () => {
    await put("/history", "1", { Description: "first" });
    await put("/history", "2", { Overwrite: true, Description: "second" });
    const history = await ssm.getParameterHistory({ Name: "/history" });
    expect(history.Parameters?.map(({ Version, Value, Description }) => [Version, Value, Description])).toEqual([
      [1, "1", "first"],
      [2, "2", "second"],
    ]);
    const paged = await pages(
      (NextToken) => ssm.getParameterHistory({ Name: "/history", MaxResults: 1, NextToken }),
      ({ Parameters, NextToken }) => [Parameters, NextToken],
    );
    expect(paged.flat().map(({ Version }) => Version)).toEqual([1, 2]);
    const described = await ssm.describeParameters({ ParameterFilters: [{ Key: "Name", Values: ["/history"] }] });
    expect(described.Parameters).toMatchObject([{ Name: "/history", Version: 2, Description: "second" }]);
    expect(described.Parameters?.[0]).not.toHaveProperty("Value");
  });

  test.each<[string, ParameterStringFilter, string[]]>([
    [
      "the beginning of names",
      { Key: "Name", Option: "BeginsWith", Values: ["/filter/"] },
      ["/filter/a", "/filter/b/c"],
    ],
    ["a part of names", { Key: "Name", Option: "Contains", Values: ["ilter/b"] }, ["/filter/b/c"]],
    ["a path", { Key: "Path", Values: ["/filter"] }, ["/filter/a"]],
    [
      "a path and all below it",
      { Key: "Path", Option: "Recursive", Values: ["/filter"] },
      ["/filter/a", "/filter/b/c"],
    ],
    ["a tag's value", { Key: "tag:team", Values: ["blue"] }, ["/filter/b/c"]],
  ])("DescribeParameters finds by %s", async (_by, filter, expected) => {
    await put("/filter/a", "a", { Overwrite: true });
    await ssm.deleteParameter({ Name: "/filter/b/c" }).catch(() => undefined);
    await put("/filter/b/c", "c", { Tags: [{ Key: "team", Value: "blue" }] });
    const { Parameters } = await ssm.describeParameters({ ParameterFilters: [filter] });
    expect(Parameters?.map(({ Name }) => Name).sort()).toEqual(expected);
  });

  test("LabelParameterVersion: a label is on one version and selects it; bad labels are named", async () => {
    await versionsUntil("/label", 2);
    const first = await ssm.labelParameterVersion({
      Name: "/label",
      ParameterVersion: 1,
      Labels: ["live", "9x", "aws1"],
    });
    expect(first.InvalidLabels?.sort()).toEqual(["9x", "aws1"]);
    expect((await ssm.getParameter({ Name: "/label:live" })).Parameter?.Value).toBe("1");
    await ssm.labelParameterVersion({ Name: "/label", Labels: ["live"] });
    expect((await ssm.getParameter({ Name: "/label:live" })).Parameter?.Value).toBe("2");
    await refused(
      ssm.labelParameterVersion({ Name: "/label", ParameterVersion: 7, Labels: ["x"] }),
      "ParameterVersionNotFound",
    );
    const labels = Array.from({ length: 10 }, (_, index) => `more-${index}`);
    await refused(ssm.labelParameterVersion({ Name: "/label", Labels: labels }), "ParameterVersionLabelLimitExceeded");
  });

  test("a hundred versions are kept, and never one lost that has a label", async () => {
    await versionsUntil("/kept", 101);
    const history = await pages(
      (NextToken) => ssm.getParameterHistory({ Name: "/kept", NextToken }),
      ({ Parameters, NextToken }) => [Parameters, NextToken],
    );
    expect(history.flat().map(({ Version }) => Version)).toEqual(Array.from({ length: 100 }, (_, index) => index + 2));
    await ssm.labelParameterVersion({ Name: "/kept", ParameterVersion: 2, Labels: ["keep"] });
    await refused(put("/kept", "102", { Overwrite: true }), "ParameterMaxVersionLimitExceeded");
  });

  test("AddTagsToResource, ListTagsForResource, RemoveTagsFromResource", async () => {
    await put("/tags", "x", { Tags: [{ Key: "a", Value: "1" }] });
    const resource = { ResourceType: "Parameter", ResourceId: "/tags" } as const;
    await ssm.addTagsToResource({
      ...resource,
      Tags: [
        { Key: "a", Value: "2" },
        { Key: "b", Value: "3" },
      ],
    });
    await ssm.removeTagsFromResource({ ...resource, TagKeys: ["b", "none"] });
    expect((await ssm.listTagsForResource(resource)).TagList).toEqual([{ Key: "a", Value: "2" }]);
    const none = { ...resource, ResourceId: "/none" };
    await refused(ssm.listTagsForResource(none), "InvalidResourceId");
    await refused(ssm.addTagsToResource({ ...none, Tags: [{ Key: "a", Value: "b" }] }), "InvalidResourceId");
    await target.motoDiffers(reference("AddTagsToResource"), async () => {
      const Tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: "v" }));
      await refused(ssm.addTagsToResource({ ...resource, Tags }), "TooManyTagsError");
    });
  });

  test("DeleteParameter, DeleteParameters", async () => {
    await put("/delete/a", "a");
    await put("/delete/b", "b");
    await ssm.deleteParameter({ Name: "/delete/a" });
    await refused(ssm.deleteParameter({ Name: "/delete/a" }), "ParameterNotFound");
    expect(await ssm.deleteParameters({ Names: ["/delete/a", "/delete/b"] })).toMatchObject({
      DeletedParameters: ["/delete/b"],
      InvalidParameters: ["/delete/a"],
    });
  });

  const value = (more: object) => () => put("/refused/x", "value", more);
  refusals(target, [
    ["a name that is taken", () => put("/taken", "1").then(() => put("/taken", "2")), "ParameterAlreadyExists"],
    ["a new parameter without a type", value({ Type: undefined }), "ValidationException"],
    ["a reserved prefix", value({ Name: "aws-x" }), "ValidationException"],
    ["a hierarchy without its first slash", value({ Name: "a/b" }), "ValidationException", reference("PutParameter")],
    ["an empty value", value({ Value: "" }), "ValidationException"],
    [
      "more than 4 KB in the standard tier",
      value({ Value: "x".repeat(4097) }),
      "ValidationException",
      reference("PutParameter"),
    ],
    [
      "more than 8 KB",
      value({ Value: "x".repeat(8193), Tier: "Advanced" }),
      "ValidationException",
      reference("PutParameter"),
    ],
    [
      "tags together with overwrite",
      () => put("/both", "1").then(() => put("/both", "2", { Overwrite: true, Tags: [{ Key: "a", Value: "b" }] })),
      "ValidationException",
    ],
    [
      "a value against its pattern",
      value({ AllowedPattern: "^\\d+$" }),
      "ParameterPatternMismatchException",
      reference("PutParameter"),
    ],
    [
      "a pattern that is none",
      value({ AllowedPattern: "(" }),
      "InvalidAllowedPatternException",
      reference("PutParameter"),
    ],
    [
      "sixteen levels",
      value({ Name: "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16" }),
      "HierarchyLevelLimitExceededException",
      reference("PutParameter"),
    ],
    ["a type there isn't", value({ Name: "/refused/type", Type: "Text" }), "ValidationException"],
    ["a tier there isn't", value({ Tier: "Best" }), "ValidationException", reference("PutParameter")],
    [
      "eleven names",
      () => ssm.getParameters({ Names: Array.from({ length: 11 }, (_, index) => `n${index}`) }),
      "ValidationException",
    ],
    ["eleven on a page of a path", () => ssm.getParametersByPath({ Path: "/", MaxResults: 11 }), "ValidationException"],
    [
      "fifty-one on a page",
      () => ssm.describeParameters({ MaxResults: 51 }),
      "ValidationException",
      reference("DescribeParameters"),
    ],
    [
      "none on a page",
      () => ssm.getParameterHistory({ Name: "/taken", MaxResults: 0 }),
      "ValidationException",
      reference("GetParameterHistory"),
    ],
    [
      "a path without its first slash",
      () => ssm.getParametersByPath({ Path: "tree" }),
      "ValidationException",
      reference("GetParametersByPath"),
    ],
    [
      "a path filter by name",
      () => ssm.getParametersByPath({ Path: "/", ParameterFilters: [{ Key: "Name", Values: ["x"] }] }),
      "InvalidFilterKey",
    ],
    [
      "an unknown filter",
      () => ssm.describeParameters({ ParameterFilters: [{ Key: "Color", Values: ["x"] }] }),
      "ValidationException",
    ],
    [
      "a token it never gave",
      () => ssm.describeParameters({ NextToken: "nonsense" }),
      "InvalidNextToken",
      reference("DescribeParameters"),
    ],
  ]);
});
