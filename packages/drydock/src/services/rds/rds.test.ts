import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateVpcCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  CreateDBSubnetGroupCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
  waitUntilDBInstanceAvailable,
  waitUntilDBInstanceDeleted,
  waitUntilDBSnapshotAvailable,
} from "@aws-sdk/client-rds";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "../../runtime/postgres/server.ts";
import { Store } from "../../store/store.ts";
import { Vault } from "../../store/vault.ts";
import { startTestDrydock } from "../../testing.ts";
import type { StoredInstance } from "./instance.ts";
import type { StoredSnapshot } from "./snapshots.ts";

const instance = {
  DBInstanceIdentifier: "main",
  DBInstanceClass: "db.t4g.micro",
  Engine: "postgres",
  DBName: "shop",
  MasterUsername: "fardel",
  AllocatedStorage: 20,
  Port: 0,
};

async function query(port: number | undefined, password: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ host: "127.0.0.1", port, user: "fardel", password, database: "shop" });
  await client.connect();
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}

/** Listens on a port, as another program would, until the test ends or the answer is called. */
async function occupy(port: number): Promise<() => Promise<void>> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  const release = async () => {
    server.close();
  };
  onTestFinished(release);
  return release;
}

const waiting = { maxWaitTime: 50, minDelay: 0.05, maxDelay: 0.2 };

const available = (client: RDSClient, DBInstanceIdentifier = "main") =>
  waitUntilDBInstanceAvailable({ client, ...waiting }, { DBInstanceIdentifier });

test("an instance is a real PostgreSQL: made, filled, snapshotted, restored, deleted", {
  timeout: 60_000,
}, async () => {
  const drydock = await startTestDrydock();
  const rds = drydock.client(RDSClient);
  const wait = { client: rds, ...waiting };
  const made = await rds.send(new CreateDBInstanceCommand({ ...instance, ManageMasterUserPassword: true }));
  expect(made.DBInstance).toMatchObject({ DBInstanceStatus: "creating", EngineVersion: "18.4" });
  await available(rds);
  const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "main" }));
  const port = DBInstances?.[0]?.Endpoint?.Port;
  const secret = await drydock
    .client(SecretsManagerClient)
    .send(new GetSecretValueCommand({ SecretId: DBInstances?.[0]?.MasterUserSecret?.SecretArn }));
  const { password } = JSON.parse(secret.SecretString ?? "{}");
  await query(port, password, "CREATE TABLE rows (id int); INSERT INTO rows VALUES (42)");

  await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "main", DBSnapshotIdentifier: "before" }));
  await waitUntilDBSnapshotAvailable(wait, { DBSnapshotIdentifier: "before" });
  await query(port, password, "DELETE FROM rows");
  await rds.send(
    new RestoreDBInstanceFromDBSnapshotCommand({ DBInstanceIdentifier: "copy", DBSnapshotIdentifier: "before" }),
  );
  await available(rds, "copy");
  const copies = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "copy" }));
  expect(await query(copies.DBInstances?.[0]?.Endpoint?.Port, password, "SELECT * FROM rows")).toEqual([{ id: 42 }]);

  for (const DBInstanceIdentifier of ["main", "copy"]) {
    await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
    await waitUntilDBInstanceDeleted(wait, { DBInstanceIdentifier });
  }
  await expect(query(port, password, "SELECT 1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a server survives a restart of drydock with its rows", { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const first = await startTestDrydock({ directory, keep: true });
  const password = "long-enough-1";
  await first.client(RDSClient).send(new CreateDBInstanceCommand({ ...instance, MasterUserPassword: password }));
  await available(first.client(RDSClient));
  const describe = new DescribeDBInstancesCommand({ DBInstanceIdentifier: "main" });
  const port = (await first.client(RDSClient).send(describe)).DBInstances?.[0]?.Endpoint?.Port;
  await query(port, password, "CREATE TABLE rows AS SELECT 1 AS id");
  await first.close();
  const second = await startTestDrydock({ directory });
  const rds = second.client(RDSClient);
  await available(rds);
  await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "main", MasterUserPassword: "another-one-2" }));
  await available(rds);
  expect(await query(port, "another-one-2", "SELECT * FROM rows")).toEqual([{ id: 1 }]);
  await expect(query(port, password, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
});

test("what a killed drydock had begun is done by the next: a password, a restored instance, a snapshot, the last one", {
  timeout: 60_000,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  /** Writes down what a call does before it answers, as if drydock had been killed then. */
  const interrupt = (...changed: { from: string; changes: Partial<StoredInstance> }[]) => {
    const store = new Store(join(directory, "store"));
    const instances = store.collection<StoredInstance>("rds.instances");
    for (const { from, changes } of changed) {
      const stored = instances.get(from);
      if (stored) instances.put(changes.id ?? from, { ...stored, ...changes });
    }
    const snapshots = store.collection<StoredSnapshot>("rds.snapshots");
    const before = snapshots.get("before");
    if (before) snapshots.put("during", { ...before, id: "during", status: "creating" });
    store.close();
  };
  const portOf = async (rds: RDSClient, DBInstanceIdentifier: string) =>
    (await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }))).DBInstances?.[0]?.Endpoint?.Port;

  const first = await startTestDrydock({ directory, keep: true });
  let rds = first.client(RDSClient);
  await rds.send(new CreateDBInstanceCommand({ ...instance, MasterUserPassword: "long-enough-1" }));
  await available(rds);
  await query(await portOf(rds, "main"), "long-enough-1", "CREATE TABLE rows AS SELECT 42 AS id");
  await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "main", DBSnapshotIdentifier: "before" }));
  await waitUntilDBSnapshotAvailable({ client: rds, ...waiting }, { DBSnapshotIdentifier: "before" });
  await first.close();

  const masterPassword = new Vault(join(directory, "store")).seal("another-one-2");
  interrupt(
    { from: "main", changes: { id: "copy", status: "creating", source: "before", port: await freePort(0) } },
    { from: "main", changes: { status: "modifying", masterPassword } },
  );
  const second = await startTestDrydock({ directory, keep: true });
  rds = second.client(RDSClient);
  await Promise.all([available(rds), available(rds, "copy")]);
  expect(await query(await portOf(rds, "main"), "another-one-2", "SELECT * FROM rows")).toEqual([{ id: 42 }]);
  expect(await query(await portOf(rds, "copy"), "long-enough-1", "SELECT * FROM rows")).toEqual([{ id: 42 }]);
  await waitUntilDBSnapshotAvailable({ client: rds, ...waiting }, { DBSnapshotIdentifier: "during" });
  await second.close();

  interrupt({ from: "main", changes: { status: "deleting", finalSnapshot: "last" } });
  rds = (await startTestDrydock({ directory })).client(RDSClient);
  await waitUntilDBInstanceDeleted({ client: rds, ...waiting }, { DBInstanceIdentifier: "main" });
  await waitUntilDBSnapshotAvailable({ client: rds, ...waiting }, { DBSnapshotIdentifier: "last" });
});

test("a port that is taken while the server is made gives way to another", { timeout: 60_000 }, async () => {
  const drydock = await startTestDrydock();
  const rds = drydock.client(RDSClient);
  const Port = await freePort(0);
  await rds.send(new CreateDBInstanceCommand({ ...instance, Port, MasterUserPassword: "long-enough-1" }));
  await occupy(Port);
  await available(rds);
  const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "main" }));
  const port = DBInstances?.[0]?.Endpoint?.Port;
  expect(port).not.toBe(Port);
  expect(await query(port, "long-enough-1", "SELECT 1 AS id")).toEqual([{ id: 1 }]);
});

test("a server whose port is taken at a restart says so, and starts at the next", { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), "drydock-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const describe = new DescribeDBInstancesCommand({ DBInstanceIdentifier: "main" });
  const first = await startTestDrydock({ directory, keep: true });
  const rds = first.client(RDSClient);
  await rds.send(new CreateDBInstanceCommand({ ...instance, MasterUserPassword: "long-enough-1" }));
  await available(rds);
  const port = (await rds.send(describe)).DBInstances?.[0]?.Endpoint?.Port ?? 0;
  await first.close();

  const release = await occupy(port);
  const second = await startTestDrydock({ directory, keep: true });
  await expect(available(second.client(RDSClient))).rejects.toThrow('"state":"FAILURE"');
  expect((await second.client(RDSClient).send(describe)).DBInstances?.[0]?.StatusInfos?.[0]?.Message).toBe(
    `another process listens on port ${port} of 127.0.0.1`,
  );
  await second.close();
  await release();

  const third = await startTestDrydock({ directory });
  await expect
    .poll(async () => (await third.client(RDSClient).send(describe)).DBInstances?.[0]?.DBInstanceStatus, {
      timeout: 50_000,
    })
    .toBe("available");
});

test("what RDS refuses is refused in its words", async () => {
  const drydock = await startTestDrydock();
  const rds = drydock.client(RDSClient);
  const create = (more: object) => rds.send(new CreateDBInstanceCommand({ ...instance, ...more }));
  await expect(create({ MasterUserPassword: "short" })).rejects.toMatchObject({ name: "InvalidParameterValue" });
  await expect(create({ MasterUserPassword: "long-enough-1", Engine: "mysql" })).rejects.toMatchObject({
    name: "InvalidParameterValue",
  });
  await expect(create({ MasterUserPassword: "long-enough-1", EngineVersion: "9.6" })).rejects.toMatchObject({
    name: "InvalidParameterCombination",
  });
  await expect(rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "none" }))).rejects.toMatchObject({
    name: "DBInstanceNotFoundFault",
  });
  await drydock.client(EC2Client).send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  const { Subnets } = await drydock.client(EC2Client).send(new DescribeSubnetsCommand({}));
  const group = (SubnetIds: string[]) =>
    rds.send(new CreateDBSubnetGroupCommand({ DBSubnetGroupName: "g", DBSubnetGroupDescription: "d", SubnetIds }));
  const ids = (Subnets ?? []).map(({ SubnetId = "" }) => SubnetId);
  await expect(group(ids.slice(0, 1))).rejects.toMatchObject({ name: "DBSubnetGroupDoesNotCoverEnoughAZs" });
  expect((await group(ids)).DBSubnetGroup?.Subnets).toHaveLength(3);
});
