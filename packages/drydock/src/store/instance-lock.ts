import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { storageProblem } from "./storage-problem.ts";

const momentMs = 500;
/** Begins the message of who finds the directory taken. */
export const lockedByAnother = "another drydock is running on";

/**
 * Makes this process the only region on a state directory, for as long as it lives. The lock is SQLite's own file lock,
 * so the operating system gives it back even after kill -9. Throws when another process holds it, and when the directory
 * can't be written.
 */
export function lockDirectory(directory: string): () => void {
  let lock: DatabaseSync | undefined;
  try {
    // Of two that begin at the same moment each could find the other in its way, and neither start: one has to wait a little.
    lock = new DatabaseSync(join(directory, "drydock.lock"), { timeout: momentMs });
    lock.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
  } catch (error) {
    lock?.close();
    if (isBusy(error)) throw new Error(`${lockedByAnother} ${directory}`, { cause: error });
    const why = storageProblem(error) ?? (error as Error).message;
    throw new Error(`the state directory ${directory} can't be written: ${why}`, { cause: error });
  }
  return () => lock.close();
}

/** SQLITE_BUSY: https://www.sqlite.org/rescode.html#busy */
function isBusy(error: unknown): boolean {
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === 5;
}
