import { existsSync } from "node:fs";
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import {
  adminRole,
  adopt,
  asAdmin,
  freePort,
  initialise,
  PortTaken,
  type PostgresOptions,
  start,
  stop,
  writeBackupLabel,
} from "../../runtime/postgres/server.ts";
import type { InstanceStatus, StoredInstance } from "./instance.ts";
import { deleteMasterSecret } from "./master-secret.ts";
import { serverParameters } from "./parameter-groups.ts";
import { putTags, rdsArn } from "./records.ts";
import { completeInterruptedSnapshots, takeFinalSnapshot } from "./snapshots.ts";

/** The instances and the servers behind them. Calls answer at once; what they start goes on in the background. */
export class Databases {
  readonly region: Region;
  readonly instances;
  /** What is being done to each instance; one thing follows the other. */
  private readonly work = new Map<string, Promise<void>>();

  constructor(region: Region) {
    this.region = region;
    this.instances = region.store.collection<StoredInstance>("rds.instances");
  }

  find(id: string): StoredInstance {
    const instance = this.instances.get(id.toLowerCase());
    if (!instance) throw new AwsError("DBInstanceNotFound", `DBInstance ${id.toLowerCase()} not found.`);
    return instance;
  }

  /** Throws InvalidDBInstanceState unless the instance is in one of the states. */
  requireStatus(instance: StoredInstance, ...allowed: InstanceStatus[]): void {
    if (allowed.includes(instance.status)) return;
    throw new AwsError("InvalidDBInstanceState", `Database instance is not in ${allowed.join(" or ")} state.`);
  }

  update(id: string, changes: Partial<StoredInstance>): StoredInstance {
    const instance = { ...this.find(id), ...changes };
    this.instances.put(instance.id, instance);
    return instance;
  }

  /** Starts servers again after drydock was stopped or killed, and finishes what was under way. */
  resume(): void {
    for (const instance of this.instances.list()) {
      if (instance.status === "stopped") continue;
      if (instance.status === "deleting") this.delete(instance.id);
      else if (instance.status === "creating" && instance.source !== undefined) this.restore(instance.id);
      else if (instance.status === "creating") this.create(instance.id);
      else if (instance.status === "stopping") this.stop(instance.id);
      else this.startAgain(instance);
    }
    completeInterruptedSnapshots(this);
  }

  /** What is being done to an instance has ended. */
  async settled(id: string): Promise<void> {
    await this.work.get(id);
  }

  /** Makes the cluster, its master user and its first database. What an interrupted attempt left is thrown away. */
  create(id: string): void {
    this.run(id, "available", async () => {
      const instance = this.find(id);
      const server = this.server(instance);
      await stop(server);
      await rm(server.directory, { recursive: true, force: true });
      await mkdir(server.directory, { recursive: true, mode: 0o700 });
      await initialise(server);
      await this.startOnFreePort(id);
      await this.createMasterUser(instance, this.server(this.find(id)));
    });
  }

  /** Starts a copy of the files of its snapshot under this instance's name. What an interrupted attempt left is thrown away. */
  restore(id: string): void {
    this.run(id, "available", async () => {
      const instance = this.find(id);
      const server = this.server(instance);
      await stop(server);
      await rm(server.directory, { recursive: true, force: true });
      await cp(this.snapshotDirectory(instance.source ?? ""), server.directory, {
        recursive: true,
        preserveTimestamps: true,
      });
      await adopt(server.directory);
      await this.startOnFreePort(id);
    });
  }

  start(id: string): void {
    this.run(id, "available", () => start(this.server(this.find(id))));
  }

  restart(id: string): void {
    this.run(id, "available", async () => {
      const server = this.server(this.find(id));
      await stop(server);
      await start(server);
    });
  }

  stop(id: string): void {
    this.run(id, "stopped", () => stop(this.server(this.find(id))));
  }

  /** Stops the server and removes its files, once the final snapshot that was asked for has been taken. */
  delete(id: string): void {
    this.run(id, undefined, async () => {
      const { region } = this;
      const instance = this.find(id);
      const server = this.server(instance);
      await stop(server);
      await takeFinalSnapshot(this, instance);
      if (instance.masterSecret) await deleteMasterSecret(region, instance.masterSecret.arn);
      await rm(server.directory, { recursive: true, force: true });
      region.store.transaction(() => {
        putTags(region, rdsArn(region, "db", id), undefined);
        this.instances.delete(id);
      });
    });
  }

  setMasterPassword(id: string): void {
    this.run(id, "available", async () => {
      const instance = this.find(id);
      const password = this.masterPassword(instance);
      await asAdmin(this.server(instance), "postgres", (client) =>
        client.query(`ALTER ROLE ${quoteName(instance.masterUsername)} PASSWORD ${quoteText(password)}`),
      );
    });
  }

  /** Copies the files of an instance, running or stopped, so that a server can start on the copy. */
  async copyFiles(id: string, target: string): Promise<void> {
    const instance = this.find(id);
    const server = this.server(instance);
    const copy = () => cp(server.directory, target, { recursive: true, preserveTimestamps: true });
    await rm(target, { recursive: true, force: true });
    if (instance.status === "stopped" || instance.status === "deleting") return copy();
    // https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP
    await asAdmin(server, "postgres", async (client) => {
      await client.query("SELECT pg_backup_start('drydock', true)");
      await copy();
      const { rows } = await client.query("SELECT labelfile FROM pg_backup_stop(false)");
      await cp(join(server.directory, "data", "pg_wal"), join(target, "data", "pg_wal"), { recursive: true });
      await rm(join(target, "data", "postmaster.pid"), { force: true });
      await writeBackupLabel(target, rows[0].labelfile);
    });
  }

  masterPassword(instance: StoredInstance): string {
    return this.region.vault.unseal(instance.masterPassword).toString();
  }

  snapshotDirectory(snapshot: string): string {
    return join(this.region.directory, "rds", "snapshots", snapshot);
  }

  /** Waits for what is under way, then stops every server; their instances stay as they are. */
  async close(): Promise<void> {
    await Promise.all(this.work.values());
    await Promise.all(this.instances.list().map((instance) => stop(this.server(instance))));
  }

  /** Also one whose start failed, as the reason, such as a taken port, may be gone; what never had files stays failed. */
  private startAgain(instance: StoredInstance): void {
    const server = this.server(instance);
    if (!existsSync(join(server.directory, "data", "PG_VERSION"))) return;
    const hadNewPassword = instance.status === "modifying";
    if (!hadNewPassword) this.update(instance.id, { status: "starting", failure: undefined });
    this.run(instance.id, hadNewPassword ? undefined : "available", () => start(server));
    if (hadNewPassword) this.setMasterPassword(instance.id);
  }

  /**
   * The first start of a server, whose endpoint nobody knows yet. Its port was free when the instance was asked for, which is no
   * promise: another drydock may have taken it since.
   */
  private async startOnFreePort(id: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await start(this.server(this.find(id)));
      } catch (error) {
        if (!(error instanceof PortTaken) || attempt === 5) throw error;
        this.update(id, { port: await freePort(0) });
      }
    }
  }

  private run(id: string, after: InstanceStatus | undefined, work: () => Promise<void>): void {
    const previous = this.work.get(id) ?? Promise.resolve();
    const next = previous
      .then(work)
      .then(() => {
        if (after) this.update(id, { status: after, failure: undefined });
      })
      .catch((error: Error) => {
        this.region.log(`rds: ${id}: ${error.message}`);
        if (this.instances.get(id)) this.update(id, { status: "failed", failure: error.message });
      })
      .finally(() => {
        if (this.work.get(id) === next) this.work.delete(id);
      });
    this.work.set(id, next);
  }

  private server(instance: StoredInstance): PostgresOptions {
    return {
      directory: join(this.region.directory, "rds", "instances", instance.id),
      version: instance.version,
      port: instance.port,
      adminPassword: this.region.vault.unseal(instance.adminPassword).toString(),
      parameters: serverParameters(this.region, instance.parameterGroup),
    };
  }

  /** The master user is no superuser on RDS either: it makes roles and databases, and owns the first one. */
  private async createMasterUser(instance: StoredInstance, server: PostgresOptions): Promise<void> {
    const master = quoteName(instance.masterUsername);
    await asAdmin(server, "postgres", async (client) => {
      const password = quoteText(this.masterPassword(instance));
      await client.query("CREATE ROLE rds_superuser NOLOGIN");
      await client.query("GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO rds_superuser WITH ADMIN OPTION");
      await client.query(`CREATE ROLE ${master} LOGIN CREATEDB CREATEROLE PASSWORD ${password}`);
      await client.query(`GRANT rds_superuser TO ${master}`);
      await client.query(`ALTER DATABASE postgres OWNER TO ${master}`);
      const name = instance.databaseName;
      if (name && name !== "postgres") await client.query(`CREATE DATABASE ${quoteName(name)} OWNER ${master}`);
    });
  }
}

/** Names that a master user can't have: "cannot be a reserved word for the chosen database engine". */
export const reservedUsernames = [adminRole, "rds_superuser", "postgres", "admin", "public"];

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
