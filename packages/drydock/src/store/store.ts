import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { deserialize, serialize } from "./json.ts";

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

/**
 * The region's state: SQLite in WAL mode, one file. What a transaction wrote survives kill -9 of the process
 * (synchronous = NORMAL: only a power cut could lose the last transactions, https://www.sqlite.org/wal.html).
 */
export class Store {
  /** For services whose data wants its own tables and indexes. */
  readonly database: DatabaseSync;
  private readonly statements: Record<"get" | "put" | "delete" | "list", StatementSync>;
  private depth = 0;

  /** Opens or makes the store in `directory`; without one it lives in memory. */
  constructor(directory?: string) {
    if (directory) mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.database = new DatabaseSync(directory ? join(directory, "region.sqlite") : ":memory:");
    this.database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS documents (
        collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (collection, key)
      ) WITHOUT ROWID;
    `);
    this.statements = {
      get: this.database.prepare("SELECT value FROM documents WHERE collection = ? AND key = ?"),
      put: this.database.prepare("INSERT OR REPLACE INTO documents (collection, key, value) VALUES (?, ?, ?)"),
      delete: this.database.prepare("DELETE FROM documents WHERE collection = ? AND key = ?"),
      list: this.database.prepare(
        "SELECT key, value FROM documents WHERE collection = ? AND substr(key, 1, length(?)) = ? ORDER BY key",
      ),
    };
  }

  /** Values are kept as JSON in which dates and bytes come back as such. `name` is `<service>.<kind>`. */
  collection<T>(name: string): Collection<T> {
    const { get, put, delete: remove, list } = this.statements;
    const entries = (prefix = ""): [string, T][] =>
      list.all(name, prefix, prefix).map((row) => [String(row.key), deserialize(String(row.value)) as T]);
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
      this.database.exec("ROLLBACK");
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
