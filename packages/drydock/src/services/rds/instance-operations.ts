import { randomBytes } from "node:crypto";
import type { CreateDBInstanceCommandInput } from "@aws-sdk/client-rds";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { freePort } from "../../runtime/postgres/server.ts";
import type { Operations } from "../../service.ts";
import { type Databases, reservedUsernames } from "./databases.ts";
import { majorOf, resolveEngineVersion } from "./engines.ts";
import { describeInstance, type StoredInstance } from "./instance.ts";
import { createMasterSecret } from "./master-secret.ts";
import { requireParameterGroup } from "./parameter-groups.ts";
import { checkIdentifier, filterBy, pageOf, putTags, rdsArn } from "./records.ts";
import { requireNewSnapshot } from "./snapshots.ts";
import { requireSubnetGroup } from "./subnet-groups.ts";

type RdsOperations = Operations<typeof import("@aws-sdk/client-rds")>;

const postgresPort = 5432;

export function instanceOperations(databases: Databases): RdsOperations {
  const { region, instances } = databases;
  const answer = (instance: StoredInstance) => ({ DBInstance: describeInstance(region, instance) });

  return {
    CreateDBInstance: async (input) => {
      const id = checkIdentifier("DBInstanceIdentifier", input.DBInstanceIdentifier);
      if (instances.get(id)) throw new AwsError("DBInstanceAlreadyExists", "DB instance already exists");
      const version = resolveEngineVersion(input.Engine, input.EngineVersion);
      const masterUsername = checkUsername(input.MasterUsername);
      const managed = input.ManageMasterUserPassword ?? false;
      const password = managed ? randomBytes(21).toString("base64url") : checkPassword(input.MasterUserPassword);
      if (managed && input.MasterUserPassword) {
        const message = "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.";
        throw new AwsError("InvalidParameterCombination", message);
      }
      if (input.DBSubnetGroupName) requireSubnetGroup(region, input.DBSubnetGroupName);
      const parameterGroup = input.DBParameterGroupName?.toLowerCase() ?? `default.postgres${majorOf(version)}`;
      requireParameterGroup(region, parameterGroup);
      checkSizes(input);
      await checkSecurityGroups(region, input.VpcSecurityGroupIds);
      const port = await freePort(await unusedPort(databases, input.Port ?? postgresPort));
      const secret = managed
        ? await createMasterSecret(region, id, masterUsername, password, input.MasterUserSecretKmsKeyId)
        : undefined;
      const instance: StoredInstance = {
        id,
        status: "creating",
        instanceClass: input.DBInstanceClass,
        version,
        port,
        databaseName: input.DBName,
        masterUsername,
        masterPassword: region.vault.seal(password),
        adminPassword: region.vault.seal(randomBytes(24).toString("base64url")),
        masterSecret: secret,
        subnetGroup: input.DBSubnetGroupName?.toLowerCase(),
        parameterGroup,
        securityGroups: input.VpcSecurityGroupIds ?? [],
        storageGiB: input.AllocatedStorage ?? 20,
        storageType: input.StorageType ?? "gp3",
        encrypted: input.StorageEncrypted ?? false,
        multiAz: input.MultiAZ ?? false,
        publiclyAccessible: input.PubliclyAccessible ?? false,
        deletionProtection: input.DeletionProtection ?? false,
        backupDays: input.BackupRetentionPeriod ?? 1,
        backupWindow: input.PreferredBackupWindow ?? "03:00-03:30",
        maintenanceWindow: input.PreferredMaintenanceWindow ?? "sun:04:00-sun:04:30",
        autoMinorUpgrade: input.AutoMinorVersionUpgrade ?? true,
        copyTagsToSnapshot: input.CopyTagsToSnapshot ?? false,
        resourceId: `db-${randomBytes(13).toString("hex").toUpperCase()}`,
        created: new Date(region.clock.now()),
      };
      region.store.transaction(() => {
        instances.put(id, instance);
        putTags(region, rdsArn(region, "db", id), input.Tags);
      });
      databases.create(id);
      return answer(instance);
    },

    DescribeDBInstances: (input) => {
      const wanted = input.DBInstanceIdentifier?.replace(/^arn:.*:db:/, "");
      const found = wanted === undefined ? instances.list() : [databases.find(wanted)];
      const passes = filterBy<StoredInstance>(input.Filters, {
        "db-instance-id": ({ id }) => [id, rdsArn(region, "db", id)],
        "dbi-resource-id": ({ resourceId }) => [resourceId],
        engine: () => ["postgres"],
      });
      const { page, ...paging } = pageOf(found.filter(passes), ({ id }) => id, input);
      return { DBInstances: page.map((instance) => describeInstance(region, instance)), ...paging };
    },

    ModifyDBInstance: async (input) => {
      const instance = databases.find(input.DBInstanceIdentifier);
      databases.requireStatus(instance, "available", "stopped");
      if (input.EngineVersion && resolveEngineVersion("postgres", input.EngineVersion) !== instance.version) {
        const message = `drydock does not upgrade PostgreSQL ${instance.version} in place; restore a dump into a new instance.`;
        throw new AwsError("InvalidParameterCombination", message);
      }
      if (input.NewDBInstanceIdentifier && input.NewDBInstanceIdentifier !== instance.id) {
        throw new AwsError("InvalidParameterCombination", "drydock does not rename database instances.");
      }
      if (input.DBParameterGroupName) requireParameterGroup(region, input.DBParameterGroupName);
      checkSizes(input);
      if ((input.AllocatedStorage ?? instance.storageGiB) < instance.storageGiB) {
        const message = "Requested storage size is smaller than the current one; allocated storage can't be reduced.";
        throw new AwsError("InvalidParameterCombination", message);
      }
      if (input.MasterUserPassword !== undefined && instance.masterSecret) {
        const message = "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.";
        throw new AwsError("InvalidParameterCombination", message);
      }
      await checkSecurityGroups(region, input.VpcSecurityGroupIds);
      const password = input.MasterUserPassword;
      const changed = databases.update(instance.id, {
        instanceClass: input.DBInstanceClass ?? instance.instanceClass,
        storageGiB: input.AllocatedStorage ?? instance.storageGiB,
        storageType: input.StorageType ?? instance.storageType,
        multiAz: input.MultiAZ ?? instance.multiAz,
        publiclyAccessible: input.PubliclyAccessible ?? instance.publiclyAccessible,
        deletionProtection: input.DeletionProtection ?? instance.deletionProtection,
        backupDays: input.BackupRetentionPeriod ?? instance.backupDays,
        backupWindow: input.PreferredBackupWindow ?? instance.backupWindow,
        maintenanceWindow: input.PreferredMaintenanceWindow ?? instance.maintenanceWindow,
        autoMinorUpgrade: input.AutoMinorVersionUpgrade ?? instance.autoMinorUpgrade,
        copyTagsToSnapshot: input.CopyTagsToSnapshot ?? instance.copyTagsToSnapshot,
        securityGroups: input.VpcSecurityGroupIds ?? instance.securityGroups,
        parameterGroup: input.DBParameterGroupName?.toLowerCase() ?? instance.parameterGroup,
        ...(password !== undefined && {
          masterPassword: region.vault.seal(checkPassword(password)),
          status: "modifying" as const,
        }),
      });
      if (password !== undefined) databases.setMasterPassword(instance.id);
      return answer(changed);
    },

    RebootDBInstance: (input) => {
      const instance = databases.find(input.DBInstanceIdentifier);
      databases.requireStatus(instance, "available");
      const changed = databases.update(instance.id, { status: "rebooting" });
      databases.restart(instance.id);
      return answer(changed);
    },

    StopDBInstance: (input) => {
      const instance = databases.find(input.DBInstanceIdentifier);
      databases.requireStatus(instance, "available");
      const changed = databases.update(instance.id, { status: "stopping" });
      databases.stop(instance.id);
      return answer(changed);
    },

    StartDBInstance: (input) => {
      const instance = databases.find(input.DBInstanceIdentifier);
      databases.requireStatus(instance, "stopped");
      const changed = databases.update(instance.id, { status: "starting" });
      databases.start(instance.id);
      return answer(changed);
    },

    DeleteDBInstance: async (input) => {
      const instance = databases.find(input.DBInstanceIdentifier);
      if (instance.deletionProtection) {
        const message = "Cannot delete protected DB Instance, please disable deletion protection and try again.";
        throw new AwsError("InvalidParameterCombination", message);
      }
      if (instance.status === "deleting") {
        throw new AwsError("InvalidDBInstanceState", `Instance ${instance.id} is already being deleted.`);
      }
      const final = input.FinalDBSnapshotIdentifier;
      if (!input.SkipFinalSnapshot && !final) {
        const message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.";
        throw new AwsError("InvalidParameterCombination", message);
      }
      if (input.SkipFinalSnapshot && final) {
        const message =
          "FinalDBSnapshotIdentifier can not be specified when deleting a DB instance with SkipFinalSnapshot enabled.";
        throw new AwsError("InvalidParameterCombination", message);
      }
      if (final) requireNewSnapshot(region, final);
      const changed = databases.update(instance.id, { status: "deleting", finalSnapshot: final?.toLowerCase() });
      databases.delete(instance.id);
      return answer(changed);
    },
  };
}

function checkSizes(input: Partial<CreateDBInstanceCommandInput>): void {
  const { DBInstanceClass: size, AllocatedStorage: storage, BackupRetentionPeriod: days, StorageType: type } = input;
  const invalid = (message: string) => new AwsError("InvalidParameterValue", message);
  if (size !== undefined && !/^db\.[a-z0-9-]+\.[a-z0-9-]+$/.test(size))
    throw invalid(`Invalid DB Instance class: ${size}`);
  if (storage !== undefined && (storage < 20 || storage > 65_536)) {
    throw invalid(`Invalid storage size for engine name postgres and storage type ${type ?? "gp3"}: ${storage}`);
  }
  if (days !== undefined && (days < 0 || days > 35)) {
    throw invalid(`Invalid backup retention period: ${days}. Retention period must be between 0 and 35`);
  }
}

/** Throws InvalidParameterValue, in RDS's words, for a group that doesn't exist. */
export async function checkSecurityGroups(region: Region, ids: string[] | undefined): Promise<void> {
  if (!ids?.length) return;
  await region
    .call("ec2")
    .DescribeSecurityGroups({ GroupIds: ids })
    .catch((error: unknown) => {
      if (!(error instanceof AwsError) || error.code !== "InvalidGroup.NotFound") throw error;
      throw new AwsError("InvalidParameterValue", `Invalid security group , groupId= ${ids.join(", ")}, groupName=.`);
    });
}

/** The wanted port unless another instance has it, running or not. */
async function unusedPort(databases: Databases, wanted: number): Promise<number> {
  return databases.instances.list().some(({ port }) => port === wanted) ? 0 : wanted;
}

function checkUsername(name: string | undefined): string {
  if (!name) throw new AwsError("InvalidParameterValue", "The parameter MasterUsername must be provided.");
  if (!/^[A-Za-z]\w{0,62}$/.test(name) || reservedUsernames.includes(name.toLowerCase())) {
    const message = `MasterUsername ${name} cannot be used as it is a reserved word used by the engine`;
    throw new AwsError("InvalidParameterValue", message);
  }
  return name;
}

function checkPassword(password: string | undefined): string {
  if (password === undefined) {
    throw new AwsError(
      "InvalidParameterValue",
      "The parameter MasterUserPassword must be provided and must not be blank.",
    );
  }
  if (password.length < 8 || password.length > 128 || !/^[\x21\x23-\x2e\x30-\x3f\x41-\x7e]+$/.test(password)) {
    const message =
      "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used, 8 to 128 of them.";
    throw new AwsError("InvalidParameterValue", message);
  }
  return password;
}
