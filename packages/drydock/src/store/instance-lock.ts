import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Makes this process the only region on a state directory, for as long as it lives. The lock is SQLite's own file lock,
 * so the operating system gives it back even after kill -9. Throws when another process holds it.
 */
export function lockDirectory(directory: string): () => void {
  const lock = new DatabaseSync(join(directory, "drydock.lock"));
  try {
    lock.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw new Error(`another drydock is running on ${directory}`, { cause: error });
  }
  return () => lock.close();
}
