import type { CreateDBInstanceCommandInput } from "@aws-sdk/client-rds";
import type { Region } from "../../../region.ts";
import { ifThere, present, until } from "../engine/calls.ts";
import {
  boolean,
  inPlace,
  list,
  number,
  type PropertyValues,
  replacement,
  structure,
  tags,
  text,
} from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { updateTags } from "./rds-tags.ts";

const properties = {
  AllocatedStorage: inPlace(number),
  AllowMajorVersionUpgrade: inPlace(boolean),
  AutoMinorVersionUpgrade: inPlace(boolean),
  AvailabilityZone: replacement(text),
  BackupRetentionPeriod: inPlace(number),
  CACertificateIdentifier: inPlace(text),
  CopyTagsToSnapshot: inPlace(boolean),
  DBInstanceClass: inPlace(text),
  DBInstanceIdentifier: replacement(text),
  DBName: replacement(text),
  DBParameterGroupName: inPlace(text),
  DBSubnetGroupName: replacement(text),
  DeleteAutomatedBackups: inPlace(boolean),
  DeletionProtection: inPlace(boolean),
  EnableCloudwatchLogsExports: inPlace(list(text)),
  EnableIAMDatabaseAuthentication: inPlace(boolean),
  EnablePerformanceInsights: inPlace(boolean),
  Engine: replacement(text),
  EngineVersion: inPlace(text),
  Iops: inPlace(number),
  KmsKeyId: replacement(text),
  LicenseModel: inPlace(text),
  ManageMasterUserPassword: inPlace(boolean),
  MasterUserPassword: inPlace(text),
  MasterUserSecret: inPlace(structure({ KmsKeyId: text, SecretArn: text })),
  MasterUsername: replacement(text),
  MaxAllocatedStorage: inPlace(number),
  MonitoringInterval: inPlace(number),
  MonitoringRoleArn: inPlace(text),
  MultiAZ: inPlace(boolean),
  Port: inPlace(number),
  PreferredBackupWindow: inPlace(text),
  PreferredMaintenanceWindow: inPlace(text),
  PubliclyAccessible: inPlace(boolean),
  StorageEncrypted: replacement(boolean),
  StorageThroughput: inPlace(number),
  StorageType: inPlace(text),
  Tags: inPlace(tags),
  VPCSecurityGroups: inPlace(list(text)),
};

export const dbInstance = defineResourceType({
  properties,
  unsupported: [
    "AdditionalStorageVolumes",
    "ApplyImmediately",
    "AssociatedRoles",
    "AutomaticBackupReplicationKmsKeyId",
    "AutomaticBackupReplicationRegion",
    "AutomaticBackupReplicationRetentionPeriod",
    "BackupTarget",
    "CertificateRotationRestart",
    "CharacterSetName",
    "CustomIAMInstanceProfile",
    "DBClusterIdentifier",
    "DBClusterSnapshotIdentifier",
    "DBSecurityGroups",
    "DBSnapshotIdentifier",
    "DBSystemId",
    "DatabaseInsightsMode",
    "DedicatedLogVolume",
    "Domain",
    "DomainAuthSecretArn",
    "DomainDnsIps",
    "DomainFqdn",
    "DomainIAMRoleName",
    "DomainOu",
    "EngineLifecycleSupport",
    "MasterUserAuthenticationType",
    "NcharCharacterSetName",
    "NetworkType",
    "OptionGroupName",
    "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod",
    "ProcessorFeatures",
    "PromotionTier",
    "ReplicaMode",
    "RestoreTime",
    "SourceDBClusterIdentifier",
    "SourceDBInstanceAutomatedBackupsArn",
    "SourceDBInstanceIdentifier",
    "SourceDbiResourceId",
    "SourceRegion",
    "TdeCredentialArn",
    "TdeCredentialPassword",
    "Timezone",
    "UseDefaultProcessorFeatures",
    "UseLatestRestorableTime",
  ],
  attributes: [
    "DBInstanceArn",
    "DbiResourceId",
    "Endpoint.Address",
    "Endpoint.HostedZoneId",
    "Endpoint.Port",
    "MasterUserSecret.SecretArn",
  ],
  nameProperty: "DBInstanceIdentifier",
  async create({ region, properties, tags, generatedName }) {
    // "Must contain from 1 to 63 letters, numbers, or hyphens."
    const DBInstanceIdentifier = (properties.DBInstanceIdentifier ?? identifier(generatedName(63))).toLowerCase();
    const { AvailabilityZone, DBName, DBSubnetGroupName, Engine, KmsKeyId, MasterUsername, Port, StorageEncrypted } =
      properties;
    const input: Partial<CreateDBInstanceCommandInput> = {
      ...changeable(properties),
      DBInstanceIdentifier,
      AvailabilityZone,
      DBName,
      DBSubnetGroupName,
      EnableCloudwatchLogsExports: properties.EnableCloudwatchLogsExports,
      Engine,
      KmsKeyId,
      MasterUsername,
      Port,
      StorageEncrypted,
      Tags: tags,
    };
    await region.call("rds").CreateDBInstance({
      ...input,
      DBInstanceIdentifier,
      DBInstanceClass: properties.DBInstanceClass ?? "",
      Engine: Engine ?? "",
    });
    return DBInstanceIdentifier;
  },
  async settle(context) {
    await until(context, async () => {
      const found = await describe(context.region, context.physicalId);
      const status = found?.DBInstanceStatus;
      if (status === undefined || /fail|incompatible|inaccessible/.test(status)) {
        const why = found?.StatusInfos?.[0]?.Message;
        throw new Error(`DB instance ${context.physicalId} is ${status ?? "gone"}${why ? `: ${why}` : ""}`);
      }
      return status === "available";
    });
  },
  async read({ region, physicalId }) {
    const found = present(await describe(region, physicalId), "database");
    return {
      DBInstanceArn: found.DBInstanceArn,
      DbiResourceId: found.DbiResourceId,
      "Endpoint.Address": found.Endpoint?.Address,
      "Endpoint.HostedZoneId": found.Endpoint?.HostedZoneId,
      "Endpoint.Port": found.Endpoint?.Port === undefined ? undefined : String(found.Endpoint.Port),
      "MasterUserSecret.SecretArn": found.MasterUserSecret?.SecretArn,
    };
  },
  async update(context) {
    const { region, physicalId: DBInstanceIdentifier, properties, attributes, changed } = context;
    const wanted = Object.entries(changeable(properties)).filter(([name]) => changed.has(sourceOf[name] ?? name));
    const input = Object.fromEntries(wanted);
    if (changed.has("Port")) input.DBPortNumber = properties.Port;
    if (Object.keys(input).length > 0)
      await region.call("rds").ModifyDBInstance({
        ...input,
        DBInstanceIdentifier,
        AllowMajorVersionUpgrade: properties.AllowMajorVersionUpgrade,
        // "CloudFormation applies changes immediately", not in the next maintenance window.
        ApplyImmediately: true,
      });
    await updateTags(context, String(attributes.DBInstanceArn));
    return undefined;
  },
  async delete(context, { snapshot }) {
    const { region, physicalId: DBInstanceIdentifier, properties, generatedName } = context;
    // A name of its own each time: one that an earlier attempt has left isn't of the data as it is now.
    const FinalDBSnapshotIdentifier = identifier(`${generatedName(45)}-snapshot-${region.clock.now().toString(36)}`);
    // One that is just being made or changed can't be deleted yet: it is asked again until it can.
    await until(context, async () => {
      const found = await describe(region, DBInstanceIdentifier);
      if (found === undefined) return true;
      if (found.DBInstanceStatus !== "deleting")
        await ifThere(
          /NotFound|InvalidDBInstanceState/,
          region.call("rds").DeleteDBInstance({
            DBInstanceIdentifier,
            ...(snapshot ? { FinalDBSnapshotIdentifier } : { SkipFinalSnapshot: true }),
            DeleteAutomatedBackups: properties.DeleteAutomatedBackups,
          }),
        );
      return false;
    });
  },
  hasSnapshots: true,
});

/** "Can't … contain two consecutive hyphens", which a stack's name may; RDS keeps identifiers in lower case. */
function identifier(name: string): string {
  return name.replace(/-+/g, "-").toLowerCase();
}

/** Where a member of the API's input has another name than its property. */
const sourceOf: Record<string, string> = {
  MasterUserSecretKmsKeyId: "MasterUserSecret",
  VpcSecurityGroupIds: "VPCSecurityGroups",
};

/** What CreateDBInstance and ModifyDBInstance have in common. */
function changeable(wanted: PropertyValues<typeof properties>) {
  return {
    AllocatedStorage: wanted.AllocatedStorage,
    AutoMinorVersionUpgrade: wanted.AutoMinorVersionUpgrade,
    BackupRetentionPeriod: wanted.BackupRetentionPeriod,
    CACertificateIdentifier: wanted.CACertificateIdentifier,
    CopyTagsToSnapshot: wanted.CopyTagsToSnapshot,
    DBInstanceClass: wanted.DBInstanceClass,
    DBParameterGroupName: wanted.DBParameterGroupName,
    DeletionProtection: wanted.DeletionProtection,
    EnableIAMDatabaseAuthentication: wanted.EnableIAMDatabaseAuthentication,
    EnablePerformanceInsights: wanted.EnablePerformanceInsights,
    EngineVersion: wanted.EngineVersion,
    Iops: wanted.Iops,
    LicenseModel: wanted.LicenseModel,
    ManageMasterUserPassword: wanted.ManageMasterUserPassword,
    MasterUserPassword: wanted.MasterUserPassword,
    MasterUserSecretKmsKeyId: wanted.MasterUserSecret?.KmsKeyId,
    MaxAllocatedStorage: wanted.MaxAllocatedStorage,
    MonitoringInterval: wanted.MonitoringInterval,
    MonitoringRoleArn: wanted.MonitoringRoleArn,
    MultiAZ: wanted.MultiAZ,
    PreferredBackupWindow: wanted.PreferredBackupWindow,
    PreferredMaintenanceWindow: wanted.PreferredMaintenanceWindow,
    PubliclyAccessible: wanted.PubliclyAccessible,
    StorageThroughput: wanted.StorageThroughput,
    StorageType: wanted.StorageType,
    VpcSecurityGroupIds: wanted.VPCSecurityGroups,
  };
}

async function describe(region: Region, DBInstanceIdentifier: string) {
  const found = await ifThere(/NotFound/, region.call("rds").DescribeDBInstances({ DBInstanceIdentifier }));
  return found?.DBInstances?.[0];
}
