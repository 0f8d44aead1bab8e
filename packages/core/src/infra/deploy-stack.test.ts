import { InvalidChangeSetStatusException } from "@aws-sdk/client-cloudformation";
import { describe, expect, test } from "vitest";
import type { FardelEvent } from "../events.ts";
import { FakeCloudFormation, type FakeStack, type Script } from "./cloudformation.fixture.ts";
import { deleteStack } from "./delete-stack.ts";
import { deployStack } from "./deploy-stack.ts";
import { type Stack, stackDigest, templateBody } from "./stack.ts";
import { ref, template } from "./templates/template.ts";

const stack: Stack = {
  name: "shop",
  template: template("a bucket", { Bucket: { Type: "AWS::S3::Bucket" } }, { Name: { Value: ref("Bucket") } }),
  tags: { "fardel:app": "shop" },
};
const Tags = [{ Key: "fardel:app", Value: "shop" }];
const Outputs = [{ OutputKey: "FardelDigest", OutputValue: stackDigest(stack) }];
const noUpload = (_: string): Promise<string> => Promise.reject(new Error("nothing to upload"));

async function deploy(existing: FakeStack[], script: Script = {}, wanted = stack, upload = noUpload) {
  const cloudFormation = new FakeCloudFormation(...existing);
  cloudFormation.script = script;
  const { aws, writes, templates } = cloudFormation;
  const events: FardelEvent[] = [];
  const { Stacks = [] } = await aws.cloudFormation
    .describeStacks({ StackName: wanted.name })
    .catch(() => ({}) as never);
  const result = await deployStack(aws, wanted, Stacks[0], upload, (event) => events.push(event)).catch(
    (error) => error,
  );
  return { result, writes, templates, events: events.map((event) => ({ ...event, durationMs: undefined })) };
}

describe("deployStack", () => {
  test("creates, and reports each resource of this operation", async () => {
    const { result, writes, events, templates } = await deploy([], {
      events: [
        ["Bucket", "CREATE_IN_PROGRESS"],
        ["Bucket", "CREATE_COMPLETE"],
      ],
    });
    expect(result).toEqual({ outcome: "created", outputs: { StateBucket: "bucket" } });
    expect(writes).toEqual(["CreateChangeSet CREATE shop", "ExecuteChangeSet"]);
    expect(templates).toEqual([templateBody(stack)]);
    expect(events).toEqual([
      { type: "stack.started", stack: "shop", action: "create", changes: 1 },
      ...["CREATE_IN_PROGRESS", "CREATE_COMPLETE"].map((status) => ({
        type: "stack.resource",
        stack: "shop",
        logicalId: "Bucket",
        resourceType: "AWS::S3::Bucket",
        status,
      })),
      { type: "stack.finished", stack: "shop", outcome: "created" },
    ]);
  });

  test("leaves a stack that was deployed from the same value alone", async () => {
    const { result, writes, events } = await deploy([
      { StackName: "shop", StackStatus: "UPDATE_COMPLETE", Tags, Outputs },
    ]);
    expect(result).toMatchObject({ outcome: "unchanged" });
    expect(writes).toEqual([]);
    expect(events).toEqual([{ type: "stack.finished", stack: "shop", outcome: "unchanged" }]);
  });

  test("updates one that was deployed from another value", async () => {
    const { result, writes } = await deploy([{ StackName: "shop", StackStatus: "CREATE_COMPLETE", Tags, Outputs: [] }]);
    expect(result).toMatchObject({ outcome: "updated" });
    expect(writes).toEqual(["CreateChangeSet UPDATE shop", "ExecuteChangeSet"]);
  });

  test("drops a change set without changes", async () => {
    const { result, writes } = await deploy([{ StackName: "shop", StackStatus: "CREATE_COMPLETE", Tags }], {
      refusal: "The submitted information didn't contain changes. Submit different information to create a change set.",
    });
    expect(result).toMatchObject({ outcome: "unchanged" });
    expect(writes).toEqual(["CreateChangeSet UPDATE shop", "DeleteChangeSet"]);
  });

  test("tells why CloudFormation refuses a change set", async () => {
    const { result, writes } = await deploy([], { refusal: "No export named prod-VpcId found." });
    expect(result).toMatchObject({ code: "CHANGE_SET_FAILED", why: "No export named prod-VpcId found." });
    expect(writes).toEqual(["CreateChangeSet CREATE shop", "DeleteChangeSet"]);
  });

  test("goes on where only a change set was left for review", async () => {
    const { writes } = await deploy([{ StackName: "shop", StackStatus: "REVIEW_IN_PROGRESS" }]);
    expect(writes).toEqual(["CreateChangeSet CREATE shop", "ExecuteChangeSet"]);
  });

  test("removes a stack whose creation failed, and makes it again", async () => {
    const { result, writes } = await deploy([{ StackName: "shop", StackStatus: "ROLLBACK_COMPLETE", Tags }]);
    expect(result).toMatchObject({ outcome: "created" });
    expect(writes).toEqual(["DeleteStack shop", "CreateChangeSet CREATE shop", "ExecuteChangeSet"]);
  });

  test("blames the resource that failed first, not those cancelled by it", async () => {
    const { result, events } = await deploy([{ StackName: "shop", StackStatus: "CREATE_COMPLETE", Tags }], {
      events: [
        ["Queue", "UPDATE_FAILED", "Resource update cancelled"],
        ["Bucket", "UPDATE_FAILED", "The bucket's name is taken"],
        ["Topic", "UPDATE_FAILED", "A later failure"],
      ],
      end: "UPDATE_ROLLBACK_COMPLETE",
    });
    expect({ message: result.message, where: result.where, why: result.why, fix: result.fix }).toMatchInlineSnapshot(`
      {
        "fix": "Mend what AWS names, then run the command again.",
        "message": "Could not update the stack shop: Bucket (AWS::S3::Bucket) failed.",
        "where": "stack shop, Bucket, Bucket-1",
        "why": "The bucket's name is taken
      Everything is back as it was before.",
      }
    `);
    expect(events.at(-1)).toEqual({ type: "stack.finished", stack: "shop", outcome: "failed" });
  });

  test.each(["CREATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_IN_PROGRESS"] as const)(
    "doesn't interfere with %s",
    async (StackStatus) => {
      const { result, writes } = await deploy([{ StackName: "shop", StackStatus, Tags }]);
      expect(result).toMatchObject({ code: "STACK_BUSY", exitCode: 5, why: `Its status is ${StackStatus}.` });
      expect(writes).toEqual([]);
    },
  );

  test("says that somebody else was quicker when their operation has begun since the stack was looked at", async () => {
    const existing = { StackName: "shop", StackStatus: "CREATE_COMPLETE", Tags } as const;
    const { result, writes } = await deploy([existing], { overtakenBy: "UPDATE_IN_PROGRESS" });
    expect(result).toMatchObject({ code: "STACK_BUSY", exitCode: 5, why: "Its status is UPDATE_IN_PROGRESS." });
    expect(writes).toEqual(["CreateChangeSet UPDATE shop"]);
  });

  test("leaves what else is wrong with a change set in CloudFormation's words", async () => {
    const existing = { StackName: "shop", StackStatus: "CREATE_COMPLETE", Tags } as const;
    const { result } = await deploy([existing], { overtakenBy: "UPDATE_COMPLETE" });
    expect(result).toMatchObject({ code: "AWS_ValidationError" });
  });

  test("says that somebody else was quicker when their operation outdates the change set", async () => {
    const { result, events } = await deploy([{ StackName: "shop", StackStatus: "CREATE_COMPLETE", Tags }], {
      // The SDK's own class, so that the name is the one that the SDK gives it.
      unexecuted: new InvalidChangeSetStatusException({
        message: "ChangeSet [fardel] cannot be executed in its current status of [OBSOLETE]",
        $metadata: {},
      }),
    });
    expect(result).toMatchObject({
      code: "STACK_BUSY",
      exitCode: 5,
      why: "Another operation on it began at the same moment.",
    });
    expect(events.at(-1)).toEqual({ type: "stack.finished", stack: "shop", outcome: "failed" });
  });

  test("says how to free a stack that is stuck", async () => {
    const { result } = await deploy([{ StackName: "shop", StackStatus: "UPDATE_ROLLBACK_FAILED", Tags }]);
    expect(result).toMatchObject({ code: "STACK_STUCK", fix: expect.stringContaining("continue-update-rollback") });
  });

  test("protects a stack that holds data, also when only that is missing", async () => {
    const data = { ...stack, policy: { Statement: [] } };
    const protection = ["UpdateTerminationProtection shop", "SetStackPolicy shop"];
    const digest = [{ OutputKey: "FardelDigest", OutputValue: stackDigest(data) }];
    const existing = { StackName: "shop", StackStatus: "CREATE_COMPLETE", Tags, Outputs: digest } as const;
    expect((await deploy([], {}, data)).writes.slice(2)).toEqual(protection);
    expect((await deploy([existing], {}, data)).writes).toEqual(protection);
    expect((await deploy([{ ...existing, EnableTerminationProtection: true }], {}, data)).writes).toEqual([]);
  });

  test("stores a template that is too long for the call", async () => {
    const long = { ...stack, template: { ...stack.template, Description: "x".repeat(51_200) } };
    const { templates } = await deploy([], {}, long, async (body) => `https://bucket/${body.length}`);
    expect(templates).toEqual([`https://bucket/${templateBody(long).length}`]);
  });
});

describe("deleteStack", () => {
  async function remove(existing: FakeStack[], script: Script = {}) {
    const cloudFormation = new FakeCloudFormation(...existing);
    cloudFormation.script = script;
    const events: FardelEvent[] = [];
    const error = await deleteStack(cloudFormation.aws, "shop", (event) => events.push(event)).catch((error) => error);
    return { error, writes: cloudFormation.writes, events: events.map((event) => event.type) };
  }

  test("follows a stack until it is gone", async () => {
    const { error, writes, events } = await remove([{ StackName: "shop", StackStatus: "CREATE_COMPLETE" }]);
    expect(error).toBeUndefined();
    expect(writes).toEqual(["DeleteStack shop"]);
    expect(events).toEqual(["stack.started", "stack.finished"]);
  });

  test("has nothing to do where there is none", async () => {
    expect(await remove([])).toEqual({ error: undefined, writes: [], events: [] });
  });

  test("waits for nobody else's operation", async () => {
    const { error, writes } = await remove([{ StackName: "shop", StackStatus: "UPDATE_IN_PROGRESS" }]);
    expect(error).toMatchObject({ code: "STACK_BUSY" });
    expect(writes).toEqual([]);
  });

  test("reports a stack that can't be deleted", async () => {
    const { error } = await remove([{ StackName: "shop", StackStatus: "CREATE_COMPLETE" }], { end: "DELETE_FAILED" });
    expect(error).toMatchObject({
      code: "STACK_FAILED",
      message: "Could not delete the stack shop: it ended as DELETE_FAILED.",
    });
  });
});
