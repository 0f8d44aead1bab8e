// Applies what is new in migrations/, in the order of the files' names, each once and in a transaction of its own. Old and new
// version of the app run side by side on what this leaves behind, so a migration only adds; what a version no longer uses goes
// with a later one.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import pg from "pg";

/** Any number will do, as long as nothing else in this database locks the same one. */
const lock = 20_240_214;
const folder = new URL("migrations/", import.meta.url);

// Whoever has to wait for a lock this long, another migration's or a table's, gives up: behind a waiting ALTER TABLE all of
// the app would wait, too.
const database = new pg.Client({ connectionString: process.env.DATABASE_URL, lock_timeout: 30_000 });

try {
  await database.connect();
  await migrate();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await database.end(); // which gives the lock back
}

async function migrate() {
  await takeLock();
  await database.query(`
    CREATE TABLE IF NOT EXISTS migrations (
      name text PRIMARY KEY,
      checksum text NOT NULL,
      applied timestamptz NOT NULL DEFAULT now()
    )
  `);
  const { rows } = await database.query("SELECT name, checksum FROM migrations");
  const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  const migrations = await readMigrations();
  for (const { name, checksum } of migrations) {
    if (applied.has(name) && applied.get(name) !== checksum)
      throw new Error(`${name} is not what was applied: leave it as it was, and write a new migration.`);
  }
  const pending = migrations.filter(({ name }) => !applied.has(name));
  for (const migration of pending) await apply(migration);
  const known = new Set(migrations.map(({ name }) => name));
  const later = [...applied.keys()].filter((name) => !known.has(name));
  if (later.length > 0) console.log(`A later version has applied ${later.join(", ")}; that stays.`);
  if (pending.length === 0) console.log(`Nothing to do: ${migrations.length} migrations were applied before.`);
}

async function takeLock() {
  try {
    await database.query("SELECT pg_advisory_lock($1)", [lock]);
  } catch (error) {
    // https://www.postgresql.org/docs/current/errcodes-appendix.html: lock_not_available
    throw error.code === "55P03" ? new Error("Another migration is still running; nothing was changed.") : error;
  }
}

async function readMigrations() {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  const read = async (name) => {
    const sql = await readFile(new URL(name, folder), "utf8");
    return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
  };
  return Promise.all(names.map(read));
}

async function apply({ name, sql, checksum }) {
  await database.query("BEGIN");
  try {
    await database.query(sql);
    await database.query("INSERT INTO migrations (name, checksum) VALUES ($1, $2)", [name, checksum]);
    await database.query("COMMIT");
  } catch (error) {
    await database.query("ROLLBACK");
    throw new Error(`${name} failed and was taken back: ${error.message}${lineOf(sql, error.position)}`);
  }
  console.log(`Applied ${name}.`);
}

/** PostgreSQL counts characters, from 1 on. */
function lineOf(sql, position) {
  return position === undefined ? "" : ` (line ${sql.slice(0, position).split("\n").length})`;
}
