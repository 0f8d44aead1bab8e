import type { Dependencies } from "../template/dependencies.ts";

/**
 * Does the work of each id once all it depends on is done, everything else at the same time.
 * @param work a failed one keeps those that need it from starting
 * @param stopped asked before each start; true keeps anything more from starting
 * @returns the ids that failed, in the order they did; ends when nothing runs any more
 */
export async function runInOrder(
  dependencies: Dependencies,
  work: (id: string) => Promise<void>,
  stopped: () => boolean = () => false,
): Promise<string[]> {
  const done = new Set<string>();
  const failed: string[] = [];
  const running = new Map<string, Promise<void>>();
  const waiting = new Set(dependencies.keys());
  const startReady = () => {
    if (stopped()) return;
    for (const id of waiting) {
      if (![...(dependencies.get(id) ?? [])].every((needed) => done.has(needed))) continue;
      waiting.delete(id);
      const result = work(id).then(
        () => void done.add(id),
        () => void failed.push(id),
      );
      running.set(
        id,
        result.then(() => void running.delete(id)),
      );
    }
  };
  startReady();
  while (running.size > 0) {
    await Promise.race(running.values());
    startReady();
  }
  return failed;
}
