import type { DBSnapshot, Tag } from "@aws-sdk/client-rds";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Databases } from "./databases.ts";
import type { StoredInstance } from "./instance.ts";
import { checkIdentifier, putTags, rdsArn, tagsOf } from "./records.ts";

export interface StoredSnapshot {
  id: string;
  status: "creating" | "available" | "failed";
  /** The instance as it was: what a restored one starts from. */
  instance: StoredInstance;
  created: Date;
}

export const snapshotsOf = (region: Region) => region.store.collection<StoredSnapshot>("rds.snapshots");

/** A name for a snapshot that isn't taken. Throws DBSnapshotAlreadyExists. */
export function requireNewSnapshot(region: Region, wanted: string): string {
  const id = checkIdentifier("DBSnapshotIdentifier", wanted, 255);
  if (snapshotsOf(region).get(id)) {
    throw new AwsError(
      "DBSnapshotAlreadyExists",
      `Cannot create the snapshot because one with the identifier ${id} already exists.`,
    );
  }
  return id;
}

export function findSnapshot(region: Region, id: string): StoredSnapshot {
  const snapshot = snapshotsOf(region).get(id.toLowerCase());
  if (!snapshot) throw new AwsError("DBSnapshotNotFound", `DBSnapshot ${id.toLowerCase()} not found.`);
  return snapshot;
}

/** Records a snapshot as being made; its files follow. */
export function beginSnapshot(
  databases: Databases,
  instance: StoredInstance,
  wanted: string,
  tags: Tag[],
): StoredSnapshot {
  const { region } = databases;
  const id = requireNewSnapshot(region, wanted);
  const snapshot: StoredSnapshot = { id, status: "creating", instance, created: new Date(region.clock.now()) };
  const inherited = instance.copyTagsToSnapshot ? tagsOf(region, rdsArn(region, "db", instance.id)) : [];
  snapshotsOf(region).put(id, snapshot);
  putTags(region, rdsArn(region, "snapshot", id), [...inherited, ...tags]);
  return snapshot;
}

export async function completeSnapshot(databases: Databases, snapshot: StoredSnapshot): Promise<void> {
  const snapshots = snapshotsOf(databases.region);
  try {
    await databases.copyFiles(snapshot.instance.id, databases.snapshotDirectory(snapshot.id));
    snapshots.put(snapshot.id, { ...snapshot, status: "available" });
  } catch (error) {
    databases.region.log(`rds: snapshot ${snapshot.id}: ${(error as Error).message}`);
    snapshots.put(snapshot.id, { ...snapshot, status: "failed" });
    throw error;
  }
}

/** The one that was asked for, of an instance that is being deleted and whose server has stopped. */
export async function takeFinalSnapshot(databases: Databases, instance: StoredInstance): Promise<void> {
  const { finalSnapshot: id } = instance;
  if (id === undefined) return;
  // A drydock that died may have begun it, or taken it.
  const begun = snapshotsOf(databases.region).get(id);
  if (begun?.status === "available") return;
  await completeSnapshot(databases, begun ?? beginSnapshot(databases, instance, id, []));
}

/** Takes those again that were being taken when drydock died, once their instances are as they were. */
export function completeInterruptedSnapshots(databases: Databases): void {
  for (const snapshot of snapshotsOf(databases.region).list()) {
    const { id } = snapshot.instance;
    const isFinal = databases.instances.get(id)?.finalSnapshot === snapshot.id;
    if (snapshot.status !== "creating" || isFinal) continue;
    // The failure is on record in the snapshot's status and in drydock's log.
    void databases
      .settled(id)
      .then(() => completeSnapshot(databases, snapshot))
      .catch(() => undefined);
  }
}

export function describeSnapshot(region: Region, { id, status, instance, created }: StoredSnapshot): DBSnapshot {
  const arn = rdsArn(region, "snapshot", id);
  return {
    DBSnapshotIdentifier: id,
    DBSnapshotArn: arn,
    DBInstanceIdentifier: instance.id,
    DbiResourceId: instance.resourceId,
    SnapshotType: "manual",
    Status: status,
    PercentProgress: status === "available" ? 100 : 0,
    SnapshotCreateTime: created,
    InstanceCreateTime: instance.created,
    Engine: "postgres",
    EngineVersion: instance.version,
    MasterUsername: instance.masterUsername,
    Port: instance.port,
    AllocatedStorage: instance.storageGiB,
    StorageType: instance.storageType,
    Encrypted: instance.encrypted,
    LicenseModel: "postgresql-license",
    TagList: tagsOf(region, arn),
  };
}
