import { EC2 } from "@aws-sdk/client-ec2";
import {
  RDS,
  waitUntilDBInstanceAvailable,
  waitUntilDBInstanceDeleted,
  waitUntilDBSnapshotAvailable,
} from "@aws-sdk/client-rds";
import { expect, test } from "vitest";
import { conformance, refusals, refused } from "./targets.ts";

const reference = (page: string) => `https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_${page}.html`;

conformance((target) => {
  const rds = target.client(RDS);
  const ec2 = target.client(EC2);
  const waiter = { client: rds, maxWaitTime: 50, minDelay: 0.02, maxDelay: 0.1 };
  const arn = (kind: string, name: string) => `arn:aws:rds:${target.region}:${target.accountId}:${kind}:${name}`;
  const instance = {
    DBInstanceIdentifier: "Main",
    DBInstanceClass: "db.t4g.micro",
    Engine: "postgres",
    DBName: "shop",
    MasterUsername: "fardel",
    MasterUserPassword: "long-enough-1",
    AllocatedStorage: 20,
    Port: 0,
  };
  const create = (more = {}) => rds.createDBInstance({ ...instance, ...more });
  const main = { DBInstanceIdentifier: "main" };
  const described = async () => (await rds.describeDBInstances(main)).DBInstances?.[0];
  const defaultSubnets = async () => {
    const { Subnets } = await ec2.describeSubnets({ Filters: [{ Name: "default-for-az", Values: ["true"] }] });
    return Subnets?.map(({ SubnetId = "" }) => SubnetId) ?? [];
  };
  const subnetGroup = async (name: string, more = {}) =>
    rds.createDBSubnetGroup({
      DBSubnetGroupName: name,
      DBSubnetGroupDescription: "d",
      SubnetIds: await defaultSubnets(),
      ...more,
    });
  const parameterGroup = (name: string, more = {}) =>
    rds.createDBParameterGroup({
      DBParameterGroupName: name,
      DBParameterGroupFamily: "postgres16",
      Description: "d",
      ...more,
    });

  test("an instance: made, described, changed, stopped, started, rebooted, kept in a snapshot, deleted", async () => {
    await subnetGroup("Instance");
    const VpcId = (await ec2.describeVpcs({ Filters: [{ Name: "is-default", Values: ["true"] }] })).Vpcs?.[0]?.VpcId;
    const { GroupId = "" } = await ec2.createSecurityGroup({ GroupName: "database", Description: "d", VpcId });
    const made = await create({
      DBSubnetGroupName: "Instance",
      VpcSecurityGroupIds: [GroupId],
      StorageType: "gp3",
      CopyTagsToSnapshot: true,
      Tags: [{ Key: "a", Value: "1" }],
    });
    expect(made.DBInstance).toMatchObject({
      DBInstanceIdentifier: "main",
      DBInstanceArn: arn("db", "main"),
      Engine: "postgres",
      MasterUsername: "fardel",
      StorageType: "gp3",
      MultiAZ: false,
      DeletionProtection: false,
      BackupRetentionPeriod: 1,
      VpcSecurityGroups: [{ VpcSecurityGroupId: GroupId, Status: "active" }],
    });
    await refused(create(), "DBInstanceAlreadyExistsFault");
    await waitUntilDBInstanceAvailable(waiter, main);
    const found = await described();
    expect(found).toMatchObject({
      DBInstanceStatus: "available",
      DBName: "shop",
      DbiResourceId: expect.stringMatching(/^db-/),
    });
    expect(found?.Endpoint?.Port).toBeGreaterThanOrEqual(0);
    expect(found?.DBSubnetGroup?.DBSubnetGroupName).toBe("instance");

    await target.motoDiffers("https://docs.aws.amazon.com/vpc/latest/userguide/delete-subnets.html", async () => {
      const used = found?.DBSubnetGroup?.Subnets?.find(
        (each) => each.SubnetAvailabilityZone?.Name === found.AvailabilityZone,
      );
      await refused(ec2.deleteSubnet({ SubnetId: used?.SubnetIdentifier }), "DependencyViolation");
      await refused(ec2.deleteSecurityGroup({ GroupId }), "DependencyViolation");
      await refused(rds.deleteDBSubnetGroup({ DBSubnetGroupName: "instance" }), "InvalidDBSubnetGroupStateFault");
    });

    const filtered = await rds.describeDBInstances({
      Filters: [{ Name: "db-instance-id", Values: ["main", "other"] }],
    });
    expect(filtered.DBInstances).toHaveLength(1);
    await rds.modifyDBInstance({ ...main, DeletionProtection: true, BackupRetentionPeriod: 7, ApplyImmediately: true });
    await waitUntilDBInstanceAvailable(waiter, main);
    expect(await described()).toMatchObject({ DeletionProtection: true, BackupRetentionPeriod: 7 });
    await refused(rds.deleteDBInstance({ ...main, SkipFinalSnapshot: true }), "InvalidParameterCombination");
    await rds.modifyDBInstance({ ...main, DeletionProtection: false });
    await waitUntilDBInstanceAvailable(waiter, main);

    const snapshot = { DBSnapshotIdentifier: "Before" };
    const { DBSnapshot } = await rds.createDBSnapshot({ ...main, ...snapshot });
    expect(DBSnapshot).toMatchObject({ DBSnapshotArn: arn("snapshot", "before"), SnapshotType: "manual" });
    await waitUntilDBSnapshotAvailable(waiter, { DBSnapshotIdentifier: "before" });
    const listed = await rds.describeDBSnapshots({ ...main, SnapshotType: "manual" });
    expect(listed.DBSnapshots).toMatchObject([{ DBSnapshotIdentifier: "before", TagList: [{ Key: "a", Value: "1" }] }]);
    expect((await rds.describeDBSnapshots({ ...main, SnapshotType: "automated" })).DBSnapshots).not.toContainEqual(
      expect.objectContaining({ DBSnapshotIdentifier: "before" }),
    );
    await refused(rds.createDBSnapshot({ ...main, ...snapshot }), "DBSnapshotAlreadyExistsFault");

    expect((await rds.rebootDBInstance(main)).DBInstance?.DBInstanceIdentifier).toBe("main");
    await waitUntilDBInstanceAvailable(waiter, main);
    await rds.stopDBInstance(main);
    await expect.poll(async () => (await described())?.DBInstanceStatus, { timeout: 20_000 }).toBe("stopped");
    await refused(rds.stopDBInstance(main), "InvalidDBInstanceStateFault");
    await rds.startDBInstance(main);
    await waitUntilDBInstanceAvailable(waiter, main);
    await refused(rds.startDBInstance(main), "InvalidDBInstanceStateFault");

    await rds.deleteDBInstance({ ...main, FinalDBSnapshotIdentifier: "final" });
    await waitUntilDBInstanceDeleted(waiter, main);
    await refused(rds.describeDBInstances(main), "DBInstanceNotFoundFault");
    await waitUntilDBSnapshotAvailable(waiter, { DBSnapshotIdentifier: "final" });
    for (const DBSnapshotIdentifier of ["before", "final"]) await rds.deleteDBSnapshot({ DBSnapshotIdentifier });
    await refused(rds.describeDBSnapshots({ DBSnapshotIdentifier: "before" }), "DBSnapshotNotFoundFault");
    await rds.deleteDBSubnetGroup({ DBSubnetGroupName: "instance" });
  });

  test("subnet groups: made, changed, deleted", async () => {
    const { DBSubnetGroup } = await subnetGroup("subnets");
    expect(DBSubnetGroup).toMatchObject({ DBSubnetGroupArn: arn("subgrp", "subnets"), SubnetGroupStatus: "Complete" });
    const subnets = await defaultSubnets();
    expect(DBSubnetGroup?.Subnets?.map(({ SubnetIdentifier }) => SubnetIdentifier).sort()).toEqual([...subnets].sort());
    await target.motoDiffers(reference("ModifyDBSubnetGroup"), async () => {
      await rds.modifyDBSubnetGroup({
        DBSubnetGroupName: "subnets",
        DBSubnetGroupDescription: "e",
        SubnetIds: subnets.slice(1),
      });
      const found = await rds.describeDBSubnetGroups({ DBSubnetGroupName: "subnets" });
      expect(found.DBSubnetGroups).toMatchObject([{ DBSubnetGroupDescription: "e", Subnets: [{}, {}] }]);
    });
    await target.motoDiffers(reference("CreateDBSubnetGroup"), () =>
      refused(subnetGroup("subnets"), "DBSubnetGroupAlreadyExistsFault"),
    );
    await rds.deleteDBSubnetGroup({ DBSubnetGroupName: "subnets" });
    await refused(rds.deleteDBSubnetGroup({ DBSubnetGroupName: "subnets" }), "DBSubnetGroupNotFoundFault");
  });

  test("parameter groups: made, changed, reset, deleted", async () => {
    const DBParameterGroupName = "settings";
    expect((await parameterGroup(DBParameterGroupName)).DBParameterGroup).toMatchObject({
      DBParameterGroupName,
      DBParameterGroupFamily: "postgres16",
      DBParameterGroupArn: arn("pg", DBParameterGroupName),
    });
    const groups = await rds.describeDBParameterGroups({ DBParameterGroupName });
    expect(groups.DBParameterGroups).toMatchObject([{ DBParameterGroupName, Description: "d" }]);
    const set = (ParameterName: string, ParameterValue: string) =>
      rds.modifyDBParameterGroup({
        DBParameterGroupName,
        Parameters: [{ ParameterName, ParameterValue, ApplyMethod: "pending-reboot" }],
      });
    await set("work_mem", "8192");
    await set("log_statement", "all");
    const parameters = async () =>
      (await rds.describeDBParameters({ DBParameterGroupName, Source: "user" })).Parameters?.map((each) => [
        each.ParameterName,
        each.ParameterValue,
      ]);
    expect((await parameters())?.sort()).toEqual([
      ["log_statement", "all"],
      ["work_mem", "8192"],
    ]);
    await target.motoDiffers(reference("ResetDBParameterGroup"), async () => {
      await rds.resetDBParameterGroup({
        DBParameterGroupName,
        Parameters: [{ ParameterName: "work_mem", ApplyMethod: "pending-reboot" }],
      });
      expect(await parameters()).toEqual([["log_statement", "all"]]);
      await rds.resetDBParameterGroup({ DBParameterGroupName, ResetAllParameters: true });
      expect(await parameters()).toEqual([]);
    });
    await rds.deleteDBParameterGroup({ DBParameterGroupName });
    await target.motoDiffers(reference("DescribeDBParameterGroups"), () =>
      refused(rds.describeDBParameterGroups({ DBParameterGroupName }), "DBParameterGroupNotFoundFault"),
    );
  });

  test("tags, by the ARN of what has them", async () => {
    await parameterGroup("tagged", { Tags: [{ Key: "a", Value: "1" }] });
    const ResourceName = arn("pg", "tagged");
    await rds.addTagsToResource({
      ResourceName,
      Tags: [
        { Key: "a", Value: "2" },
        { Key: "b", Value: "3" },
      ],
    });
    await rds.removeTagsFromResource({ ResourceName, TagKeys: ["b"] });
    expect((await rds.listTagsForResource({ ResourceName })).TagList).toEqual([{ Key: "a", Value: "2" }]);
  });

  test("engine versions and orderable classes of PostgreSQL", async () => {
    await target.motoDiffers(reference("DescribeDBEngineVersions"), async () => {
      const wanted = { Engine: "postgres", DBParameterGroupFamily: "postgres16" };
      const { DBEngineVersions = [] } = await rds.describeDBEngineVersions(wanted);
      expect(DBEngineVersions.map(({ MajorEngineVersion }) => MajorEngineVersion)).toEqual(["16"]);
    });
    await target.motoDiffers(reference("DescribeOrderableDBInstanceOptions"), async () => {
      const wanted = { Engine: "postgres", DBInstanceClass: "db.t4g.micro" };
      const { OrderableDBInstanceOptions } = await rds.describeOrderableDBInstanceOptions(wanted);
      expect(OrderableDBInstanceOptions?.[0]).toMatchObject({ ...wanted, Vpc: true });
    });
  });

  let refusedInstances = 0;
  const refusedInstance = (more: object) => () =>
    create({ DBInstanceIdentifier: `refused-${++refusedInstances}`, ...more });
  const none = { DBInstanceIdentifier: "none" };
  refusals(target, [
    [
      "a password of five characters",
      refusedInstance({ MasterUserPassword: "short" }),
      "InvalidParameterValue",
      reference("CreateDBInstance"),
    ],
    [
      "a password with a slash",
      refusedInstance({ MasterUserPassword: "long/enough" }),
      "InvalidParameterValue",
      reference("CreateDBInstance"),
    ],
    [
      "a reserved user name",
      refusedInstance({ MasterUsername: "rds_superuser" }),
      "InvalidParameterValue",
      reference("CreateDBInstance"),
    ],
    [
      "an identifier that ends in a hyphen",
      refusedInstance({ DBInstanceIdentifier: "refused-" }),
      "InvalidParameterValue",
    ],
    ["an identifier with two hyphens", refusedInstance({ DBInstanceIdentifier: "re--fused" }), "InvalidParameterValue"],
    [
      "a class that is none",
      refusedInstance({ DBInstanceClass: "large" }),
      "InvalidParameterValue",
      reference("CreateDBInstance"),
    ],
    [
      "five gigabytes",
      refusedInstance({ AllocatedStorage: 5 }),
      "InvalidParameterValue",
      reference("CreateDBInstance"),
    ],
    [
      "backups for 36 days",
      refusedInstance({ BackupRetentionPeriod: 36 }),
      "InvalidParameterValue",
      reference("CreateDBInstance"),
    ],
    [
      "a managed password beside a given one",
      refusedInstance({ ManageMasterUserPassword: true }),
      "InvalidParameterCombination",
      reference("CreateDBInstance"),
    ],
    ["a subnet group there isn't", refusedInstance({ DBSubnetGroupName: "none" }), "DBSubnetGroupNotFoundFault"],
    [
      "a parameter group there isn't",
      refusedInstance({ DBParameterGroupName: "none" }),
      "DBParameterGroupNotFoundFault",
    ],
    [
      "a security group there isn't",
      refusedInstance({ VpcSecurityGroupIds: ["sg-0123456789abcdef0"] }),
      "InvalidParameterValue",
      reference("CreateDBInstance"),
    ],
    ["to change what isn't there", () => rds.modifyDBInstance(none), "DBInstanceNotFoundFault"],
    ["to reboot what isn't there", () => rds.rebootDBInstance(none), "DBInstanceNotFoundFault"],
    [
      "to delete what isn't there",
      () => rds.deleteDBInstance({ ...none, SkipFinalSnapshot: true }),
      "DBInstanceNotFoundFault",
    ],
    [
      "a snapshot of what isn't there",
      () => rds.createDBSnapshot({ ...none, DBSnapshotIdentifier: "s" }),
      "DBInstanceNotFoundFault",
    ],
    [
      "to delete a snapshot that isn't there",
      () => rds.deleteDBSnapshot({ DBSnapshotIdentifier: "none" }),
      "DBSnapshotNotFoundFault",
    ],
    [
      "to restore a snapshot that isn't there",
      () => rds.restoreDBInstanceFromDBSnapshot({ ...none, DBSnapshotIdentifier: "none" }),
      "DBSnapshotNotFoundFault",
    ],
    [
      "a filter there isn't",
      () => rds.describeDBInstances({ Filters: [{ Name: "colour", Values: ["blue"] }] }),
      "InvalidParameterValue",
    ],
    [
      "nineteen on a page",
      () => rds.describeDBInstances({ MaxRecords: 19 }),
      "InvalidParameterValue",
      reference("DescribeDBInstances"),
    ],
    [
      "a marker it never gave",
      () => rds.describeDBInstances({ Marker: "nonsense" }),
      "InvalidParameterValue",
      reference("DescribeDBInstances"),
    ],
    [
      "a subnet group in one zone",
      async () => subnetGroup("narrow", { SubnetIds: (await defaultSubnets()).slice(0, 1) }),
      "DBSubnetGroupDoesNotCoverEnoughAZs",
      reference("CreateDBSubnetGroup"),
    ],
    [
      "a subnet group of no subnets",
      () => subnetGroup("nowhere", { SubnetIds: ["subnet-0123456789abcdef0"] }),
      "InvalidSubnet",
      reference("CreateDBSubnetGroup"),
    ],
    [
      "a family there isn't",
      () => parameterGroup("odd", { DBParameterGroupFamily: "oracle1" }),
      "InvalidParameterValue",
      reference("CreateDBParameterGroup"),
    ],
    [
      "a parameter group that is there",
      () => parameterGroup("twice").then(() => parameterGroup("twice")),
      "DBParameterGroupAlreadyExistsFault",
    ],
    [
      "to change no parameter group",
      () =>
        rds.modifyDBParameterGroup({
          DBParameterGroupName: "none",
          Parameters: [{ ParameterName: "a", ParameterValue: "b", ApplyMethod: "immediate" }],
        }),
      "DBParameterGroupNotFoundFault",
    ],
    [
      "to delete a default parameter group",
      () => rds.deleteDBParameterGroup({ DBParameterGroupName: "default.postgres16" }),
      "InvalidParameterValue",
      reference("DeleteDBParameterGroup"),
    ],
    [
      "the tags of what isn't there",
      () => rds.listTagsForResource({ ResourceName: arn("db", "none") }),
      "DBInstanceNotFoundFault",
      reference("ListTagsForResource"),
    ],
    [
      "the tags of what is no resource",
      () => rds.listTagsForResource({ ResourceName: "nonsense" }),
      "InvalidParameterValue",
    ],
  ]);
});
