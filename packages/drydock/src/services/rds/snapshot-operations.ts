import { rmSync } from "node:fs";
import { AwsError } from "../../errors.ts";
import { freePort } from "../../runtime/postgres/server.ts";
import type { Operations } from "../../service.ts";
import type { Databases } from "./databases.ts";
import { describeInstance, type StoredInstance } from "./instance.ts";
import { checkSecurityGroups } from "./instance-operations.ts";
import { requireParameterGroup } from "./parameter-groups.ts";
import { checkIdentifier, filterBy, pageOf, putTags, rdsArn } from "./records.ts";
import {
  beginSnapshot,
  completeSnapshot,
  describeSnapshot,
  findSnapshot,
  type StoredSnapshot,
  snapshotsOf,
} from "./snapshots.ts";
import { requireSubnetGroup } from "./subnet-groups.ts";

export function snapshotOperations(databases: Databases): Operations<typeof import("@aws-sdk/client-rds")> {
  const { region, instances } = databases;

  return {
    CreateDBSnapshot: (input) => {
      const instance = databases.find(input.DBInstanceIdentifier);
      databases.requireStatus(instance, "available", "stopped");
      const snapshot = beginSnapshot(databases, instance, input.DBSnapshotIdentifier, input.Tags ?? []);
      // The failure is on record in the snapshot's status and in drydock's log.
      completeSnapshot(databases, snapshot).catch(() => undefined);
      return { DBSnapshot: describeSnapshot(region, snapshot) };
    },

    DescribeDBSnapshots: (input) => {
      const found = input.DBSnapshotIdentifier
        ? [findSnapshot(region, input.DBSnapshotIdentifier)]
        : snapshotsOf(region).list();
      // Every snapshot here was taken by hand: there are no automated backups.
      const type = input.SnapshotType ?? "manual";
      const passes = filterBy<StoredSnapshot>(input.Filters, {
        "db-instance-id": ({ instance }) => [instance.id, rdsArn(region, "db", instance.id)],
        "db-snapshot-id": ({ id }) => [id, rdsArn(region, "snapshot", id)],
        "dbi-resource-id": ({ instance }) => [instance.resourceId],
        "snapshot-type": () => ["manual"],
        engine: () => ["postgres"],
      });
      const wanted = found
        .filter(
          ({ instance }) => !input.DBInstanceIdentifier || instance.id === input.DBInstanceIdentifier.toLowerCase(),
        )
        .filter(({ instance }) => !input.DbiResourceId || instance.resourceId === input.DbiResourceId)
        .filter((snapshot) => type === "manual" && passes(snapshot));
      const { page, ...paging } = pageOf(wanted, ({ id }) => id, input);
      return { DBSnapshots: page.map((snapshot) => describeSnapshot(region, snapshot)), ...paging };
    },

    DeleteDBSnapshot: (input) => {
      const snapshot = findSnapshot(region, input.DBSnapshotIdentifier);
      snapshotsOf(region).delete(snapshot.id);
      putTags(region, rdsArn(region, "snapshot", snapshot.id), undefined);
      rmSync(databases.snapshotDirectory(snapshot.id), { recursive: true, force: true });
      return { DBSnapshot: { ...describeSnapshot(region, snapshot), Status: "deleted" } };
    },

    RestoreDBInstanceFromDBSnapshot: async (input) => {
      const id = checkIdentifier("DBInstanceIdentifier", input.DBInstanceIdentifier);
      if (instances.get(id)) throw new AwsError("DBInstanceAlreadyExists", "DB instance already exists");
      const snapshot = findSnapshot(region, input.DBSnapshotIdentifier ?? "");
      if (snapshot.status !== "available") {
        throw new AwsError("InvalidDBSnapshotState", `The snapshot ${snapshot.id} is not available.`);
      }
      const { instance: original } = snapshot;
      if (input.DBSubnetGroupName) requireSubnetGroup(region, input.DBSubnetGroupName);
      if (input.DBParameterGroupName) requireParameterGroup(region, input.DBParameterGroupName);
      await checkSecurityGroups(region, input.VpcSecurityGroupIds);
      const instance: StoredInstance = {
        ...original,
        id,
        status: "creating",
        port: await freePort(instances.list().some(({ port }) => port === input.Port) ? 0 : (input.Port ?? 0)),
        instanceClass: input.DBInstanceClass ?? original.instanceClass,
        subnetGroup: input.DBSubnetGroupName?.toLowerCase() ?? original.subnetGroup,
        parameterGroup: input.DBParameterGroupName?.toLowerCase() ?? original.parameterGroup,
        multiAz: input.MultiAZ ?? original.multiAz,
        deletionProtection: input.DeletionProtection ?? false,
        securityGroups: input.VpcSecurityGroupIds ?? original.securityGroups,
        masterSecret: undefined,
        source: snapshot.id,
        finalSnapshot: undefined,
        created: new Date(region.clock.now()),
      };
      region.store.transaction(() => {
        instances.put(id, instance);
        putTags(region, rdsArn(region, "db", id), input.Tags);
      });
      databases.restore(id);
      return { DBInstance: describeInstance(region, instance) };
    },
  };
}
