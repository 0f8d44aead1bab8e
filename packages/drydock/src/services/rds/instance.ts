import type { DBInstance } from "@aws-sdk/client-rds";
import type { Region } from "../../region.ts";
import { majorOf } from "./engines.ts";
import { rdsArn, tagsOf } from "./records.ts";
import { describeSubnetGroup } from "./subnet-groups.ts";

export type InstanceStatus =
  | "creating"
  | "available"
  | "modifying"
  | "rebooting"
  | "stopping"
  | "stopped"
  | "starting"
  | "backing-up"
  | "deleting"
  | "failed";

/** What drydock keeps of a database instance. */
export interface StoredInstance {
  id: string;
  status: InstanceStatus;
  /** Why a status is `failed`. */
  failure?: string;
  /** The snapshot whose files it starts from, where it was restored. */
  source?: string;
  /** The snapshot to take before it goes, while it is being deleted. */
  finalSnapshot?: string | undefined;
  instanceClass: string;
  version: string;
  /** Of the loopback address the server listens on. */
  port: number;
  databaseName: string | undefined;
  masterUsername: string;
  /** Both sealed by the region's vault. */
  masterPassword: Uint8Array;
  adminPassword: Uint8Array;
  /** The secret that RDS itself manages, when it was asked to. */
  masterSecret: { arn: string; kmsKeyId: string | undefined } | undefined;
  subnetGroup: string | undefined;
  parameterGroup: string;
  securityGroups: string[];
  storageGiB: number;
  storageType: string;
  encrypted: boolean;
  multiAz: boolean;
  publiclyAccessible: boolean;
  deletionProtection: boolean;
  backupDays: number;
  backupWindow: string;
  maintenanceWindow: string;
  autoMinorUpgrade: boolean;
  copyTagsToSnapshot: boolean;
  resourceId: string;
  created: Date;
}

/** An instance as DescribeDBInstances shows it. The endpoint appears once there is one. */
export function describeInstance(region: Region, instance: StoredInstance): DBInstance {
  const arn = rdsArn(region, "db", instance.id);
  return {
    DBInstanceIdentifier: instance.id,
    DBInstanceArn: arn,
    DBInstanceClass: instance.instanceClass,
    DBInstanceStatus: instance.status,
    // RDS says this of read replicas only; here it tells whoever waits for the instance why its server didn't start.
    ...(instance.failure !== undefined && {
      StatusInfos: [{ StatusType: "server", Normal: false, Status: "error", Message: instance.failure }],
    }),
    DbiResourceId: instance.resourceId,
    Engine: "postgres",
    EngineVersion: instance.version,
    EngineLifecycleSupport: "open-source-rds-extended-support",
    MasterUsername: instance.masterUsername,
    DBName: instance.databaseName,
    ...(instance.status !== "creating" && { Endpoint: { Address: "127.0.0.1", Port: instance.port } }),
    ...(instance.masterSecret && {
      MasterUserSecret: {
        SecretArn: instance.masterSecret.arn,
        SecretStatus: "active",
        KmsKeyId: instance.masterSecret.kmsKeyId,
      },
    }),
    AllocatedStorage: instance.storageGiB,
    StorageType: instance.storageType,
    StorageEncrypted: instance.encrypted,
    StorageThroughput: 0,
    MultiAZ: instance.multiAz,
    PubliclyAccessible: instance.publiclyAccessible,
    DeletionProtection: instance.deletionProtection,
    BackupRetentionPeriod: instance.backupDays,
    PreferredBackupWindow: instance.backupWindow,
    PreferredMaintenanceWindow: instance.maintenanceWindow,
    AutoMinorVersionUpgrade: instance.autoMinorUpgrade,
    CopyTagsToSnapshot: instance.copyTagsToSnapshot,
    LicenseModel: "postgresql-license",
    CACertificateIdentifier: "rds-ca-rsa2048-g1",
    AvailabilityZone: `${region.name}a`,
    ...(instance.multiAz && { SecondaryAvailabilityZone: `${region.name}b` }),
    InstanceCreateTime: instance.created,
    DBParameterGroups: [{ DBParameterGroupName: instance.parameterGroup, ParameterApplyStatus: "in-sync" }],
    OptionGroupMemberships: [{ OptionGroupName: `default:postgres-${majorOf(instance.version)}`, Status: "in-sync" }],
    VpcSecurityGroups: instance.securityGroups.map((VpcSecurityGroupId) => ({ VpcSecurityGroupId, Status: "active" })),
    DBSecurityGroups: [],
    ...(instance.subnetGroup !== undefined && { DBSubnetGroup: describeSubnetGroup(region, instance.subnetGroup) }),
    PendingModifiedValues: {},
    ReadReplicaDBInstanceIdentifiers: [],
    DomainMemberships: [],
    MonitoringInterval: 0,
    PerformanceInsightsEnabled: false,
    IAMDatabaseAuthenticationEnabled: false,
    CustomerOwnedIpEnabled: false,
    NetworkType: "IPV4",
    BackupTarget: "region",
    TagList: tagsOf(region, arn),
  };
}
