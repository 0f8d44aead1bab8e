import type { Stack as DescribedStack } from "@aws-sdk/client-cloudformation";
import { describe, expect, test } from "vitest";
import type { Aws } from "../aws/clients.ts";
import { FardelError } from "../errors.ts";
import { appStacks } from "./app-stacks.ts";
import { FakeCloudFormation } from "./cloudformation.fixture.ts";
import { deployStack } from "./deploy-stack.ts";
import { shop } from "./shop.fixture.ts";
import type { Stack } from "./stack.ts";
import { unprotectDatabases } from "./unprotect.ts";

const wanted = dataStack();
const type = "AWS::RDS::DBInstance";
const held = [
  { ResourceType: "AWS::EC2::SecurityGroup", ResourceStatus: "DELETE_COMPLETE", PhysicalResourceId: "sg-1" },
  { ResourceType: type, ResourceStatus: "DELETE_FAILED", PhysicalResourceId: "main" },
  { ResourceType: type, ResourceStatus: "DELETE_COMPLETE", PhysicalResourceId: "other" },
  { ResourceType: type, ResourceStatus: "CREATE_FAILED" },
] as const;

function dataStack(): Stack {
  const { data } = appStacks(shop);
  if (data === undefined) throw new Error("the shop has a database");
  return data;
}

function stackIn(StackStatus: DescribedStack["StackStatus"], run: string): DescribedStack {
  const StackId = `arn:aws:cloudformation:eu-west-1:123456789012:stack/${wanted.name}/${run}`;
  return { StackName: wanted.name, StackId, StackStatus, CreationTime: new Date(0) };
}

/** The data stack in some state, and RDS, which answers as told to each change. */
function found(status: DescribedStack["StackStatus"], answer?: string) {
  const described = stackIn(status, "1");
  const cloudFormation = new FakeCloudFormation({ ...described, StackName: wanted.name, StackStatus: status });
  cloudFormation.resources.set(wanted.name, [...held]);
  const lifted: object[] = [];
  const rds = {
    async modifyDBInstance(input: object) {
      if (answer !== undefined) throw new FardelError(`AWS_${answer}`, "RDS ModifyDBInstance failed", { why: "Busy." });
      lifted.push(input);
    },
  };
  const aws = { ...cloudFormation.aws, rds } as unknown as Aws;
  return { aws, lifted, cloudFormation, described };
}

async function up(status: DescribedStack["StackStatus"], answer?: string) {
  const { aws, lifted, cloudFormation, described } = found(status, answer);
  const error = await deployStack(
    aws,
    wanted,
    described,
    () => Promise.reject(),
    () => {},
  ).then(
    () => undefined,
    (error) => error,
  );
  return { error, lifted, writes: cloudFormation.writes };
}

async function down(status: DescribedStack["StackStatus"]) {
  const { aws, lifted, cloudFormation, described } = found(status);
  cloudFormation.templates.push(JSON.stringify({ Resources: {} }));
  await unprotectDatabases(aws, described, () => {});
  return { lifted, writes: cloudFormation.writes };
}

const main = { DBInstanceIdentifier: "main", DeletionProtection: false, ApplyImmediately: true };

describe("the deletion protection of databases", () => {
  test.each(["ROLLBACK_FAILED", "CREATE_FAILED"] as const)(
    "is lifted by `up` of those that a stack in %s has left, before it deletes the stack",
    async (status) => {
      const { error, lifted, writes } = await up(status);
      expect(error).toBeUndefined();
      expect(lifted).toEqual([main]);
      expect(writes.slice(0, 2)).toEqual(["DeleteStack shop-prod-data", "CreateChangeSet CREATE shop-prod-data"]);
    },
  );

  test.each(["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED"] as const)(
    "is never lifted by `up` once a stack was complete, as one in %s may have been",
    async (status) => {
      const { lifted, writes } = await up(status);
      expect(lifted).toEqual([]);
      expect(writes).not.toContain("DeleteStack shop-prod-data");
    },
  );

  test("stays, and with it the stack, where somebody else has made the stack anew since it was looked at", async () => {
    const { aws, lifted, cloudFormation } = found("CREATE_COMPLETE");
    const before = stackIn("ROLLBACK_FAILED", "0");
    cloudFormation.stacks.set("gone", { ...before, StackName: "gone", StackStatus: "DELETE_COMPLETE" });
    await deployStack(
      aws,
      wanted,
      before,
      () => Promise.reject(),
      () => {},
    );
    expect(lifted).toEqual([]);
    expect(cloudFormation.writes).not.toContain("DeleteStack shop-prod-data");
  });

  test.each(["ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"] as const)(
    "is lifted by `down --data` of those in a stack that takes no update: %s",
    async (status) => {
      expect((await down(status)).lifted).toEqual([main]);
    },
  );

  test.each(["CREATE_COMPLETE", "UPDATE_IN_PROGRESS"] as const)(
    "isn't lifted past CloudFormation in a stack in %s",
    async (status) => {
      expect((await down(status)).lifted).toEqual([]);
    },
  );

  test("is no matter where RDS has no such database", async () => {
    expect((await up("ROLLBACK_FAILED", "DBInstanceNotFoundFault")).error).toBeUndefined();
  });

  test("can't be lifted of one that is still being made: says to wait", async () => {
    const { error, writes } = await up("ROLLBACK_FAILED", "InvalidDBInstanceStateFault");
    expect({ message: error.message, why: error.why, fix: error.fix }).toMatchInlineSnapshot(`
      {
        "fix": "Wait until RDS has it as available, then run the command again.",
        "message": "The database main can't be removed while it is being changed.",
        "why": "Busy.",
      }
    `);
    expect(writes).toEqual([]);
  });

  test("a data stack that was deleted halfway is finished off by `down --data`, and `up` says so", async () => {
    const { error } = await up("DELETE_FAILED");
    expect(error).toMatchObject({
      code: "STACK_STUCK",
      fix: "Finish deleting it first, and its databases with it: `fardel down --data`.",
    });
  });
});
