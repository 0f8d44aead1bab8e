import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { deserialize, serialize } from "./json.ts";
import { storageProblem } from "./storage-problem.ts";

/** Documents of one kind, by key. Everything put is on disk when `put` returns (or when the transaction around it ends). */
export interface Collection<T> {
  get(key: string): T | undefined;
  put(key: string, value: T): void;
  /** True when there was something to delete. */
  delete(key: string): boolean;
  /** Values in key order; with a prefix, only those whose key starts with it. */
  list(prefix?: string): T[];
  entries(prefix?: string): [key: string, value: T][];
}

/** No text goes on with this noncharacter, so that what starts with a prefix is one range of the index. */
const greatest = "\u{10ffff}";

/** Of what is on disk; goes up when an older drydock couldn't read it. Until there was a number it was 0. */
const stateVersion = 1;

/**
 * The region's state: SQLite in WAL mode, one file. What a transaction wrote survives kill -9 of the process
 * (synchronous = NORMAL: only a power cut could lose the last transactions, https://www.sqlite.org/wal.html).
 */
export class Store {
  /** For services whose data wants its own tables and indexes. */
  readonly database: DatabaseSync;
  private readonly statements: Record<"get" | "put" | "delete" | "list", StatementSync>;
  private depth = 0;

  /**
   * Opens or makes the store in `directory`; without one it lives in memory. Throws when the directory can't be written,
   * when its state is a later version's, and when it is damaged.
   */
  constructor(directory?: string) {
    this.database = directory === undefined ? openDatabase(":memory:") : openFile(directory);
    this.statements = {
      get: this.database.prepare("SELECT value FROM documents WHERE collection = ? AND key = ?"),
      put: this.database.prepare("INSERT OR REPLACE INTO documents (collection, key, value) VALUES (?, ?, ?)"),
      delete: this.database.prepare("DELETE FROM documents WHERE collection = ? AND key = ?"),
      list: this.database.prepare(
        "SELECT key, value FROM documents WHERE collection = ? AND key >= ? AND key < ? ORDER BY key",
      ),
    };
  }

  /** Values are kept as JSON in which dates and bytes come back as such. `name` is `<service>.<kind>`. */
  collection<T>(name: string): Collection<T> {
    const { get, put, delete: remove, list } = this.statements;
    const entries = (prefix = ""): [string, T][] =>
      list
        .all(name, prefix, `${prefix}${greatest}`)
        .map((row) => [String(row.key), deserialize(String(row.value)) as T]);
    return {
      get: (key) => {
        const row = get.get(name, key);
        return row && (deserialize(String(row.value)) as T);
      },
      put: (key, value) => void put.run(name, key, serialize(value)),
      delete: (key) => Number(remove.run(name, key).changes) > 0,
      list: (prefix) => entries(prefix).map(([, value]) => value),
      entries,
    };
  }

  /** Runs `work` so that all of its writes are kept or none. Nested calls join the outer one. `work` must not await. */
  transaction<R>(work: () => R): R {
    if (this.depth > 0) return work();
    this.database.exec("BEGIN IMMEDIATE");
    this.depth++;
    try {
      const result = work();
      this.database.exec("COMMIT");
      return result;
    } catch (error) {
      // A full disk has made SQLite take the transaction back by itself: https://www.sqlite.org/lang_transaction.html
      if (this.database.isTransaction) this.database.exec("ROLLBACK");
      throw error;
    } finally {
      this.depth--;
    }
  }

  /** The next number of a named sequence, from 1; never given twice, also after a restart. */
  next(sequence: string): number {
    const sequences = this.collection<number>("store.sequences");
    const value = (sequences.get(sequence) ?? 0) + 1;
    sequences.put(sequence, value);
    return value;
  }

  close(): void {
    this.database.close();
  }
}

function openFile(directory: string): DatabaseSync {
  const path = join(directory, "region.sqlite");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return openDatabase(path);
  } catch (error) {
    const why = storageProblem(error);
    if (why === undefined) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the state in ${path} can't be used: ${why} (${reason})`, { cause: error });
  }
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
    if (version > stateVersion) {
      throw new Error(
        `the state in ${path} was written by a later fardel: its version is ${version}, and this one knows ${stateVersion}`,
      );
    }
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS documents (
        collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (collection, key)
      ) WITHOUT ROWID;
    `);
    if (version !== stateVersion) database.exec(`PRAGMA user_version = ${stateVersion}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
