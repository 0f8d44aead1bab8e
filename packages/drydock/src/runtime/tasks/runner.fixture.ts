import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Clock } from "../../clock.ts";
import type { Region } from "../../region.ts";
import type { Store } from "../../store/store.ts";
import type { PulledImage } from "./driver.ts";
import { temporaryDirectory } from "./process/driver.fixture.ts";
import { createProcessDriver } from "./process/driver.ts";
import { makeTestRegion, type TestRegion, taskId } from "./region.fixture.ts";
import { createTaskRunner, type TaskRunner } from "./runner.ts";
import type { TaskState } from "./task.ts";

/** A test region in a temporary directory. */
export function testRegion(options: { clock?: Clock; directory?: string; store?: Store } = {}): TestRegion {
  return makeTestRegion({ ...options, directory: options.directory ?? temporaryDirectory() });
}

export interface TestRunner extends TaskRunner {
  readonly region: TestRegion;
  /** Every report, oldest first. */
  readonly reports: TaskState[];
  /** Resolves with the first report, past or future, for which it is true. */
  reported(condition: (state: TaskState) => boolean): Promise<TaskState>;
}

/** A runner with the process driver; `images` by reference. Whatever still runs is stopped when the test ends. */
export function testRunner(images: Record<string, PulledImage>, region = testRegion()): TestRunner {
  const reports: TaskState[] = [];
  let listeners: ((state: TaskState) => void)[] = [];
  const driver = createProcessDriver({
    clock: region.clock,
    pull: async (reference) => {
      const image = images[reference];
      if (!image) throw new Error(`${reference}: not found`);
      return image;
    },
  });
  const runner = createTaskRunner({
    region,
    driver,
    report: (state) => {
      reports.push(structuredClone(state));
      for (const listener of listeners) listener(state);
    },
  });
  onTestFinished(() => runner.close());
  return {
    ...runner,
    region,
    reports,
    reported: (condition) =>
      new Promise((resolve) => {
        const known = reports.find(condition);
        if (known) return resolve(known);
        const listener = (state: TaskState) => {
          if (!condition(state)) return;
          listeners = listeners.filter((other) => other !== listener);
          resolve(structuredClone(state));
        };
        listeners.push(listener);
      }),
  };
}

/** Where a container of the test's task has its files. */
export function containerDirectory(region: Region, name: string): string {
  return join(region.directory, "tasks", taskId, name);
}
