import { faultsOf } from "../../faults/fault-book.ts";
import type { Region } from "../../region.ts";
import { createProcessDriver } from "../../runtime/tasks/process/driver.ts";
import { createImagePull } from "../../runtime/tasks/process/pull.ts";
import { createTaskRunner, type ReportTask, type TaskRunner } from "../../runtime/tasks/runner.ts";
import { createSimulatedDriver } from "../../runtime/tasks/simulated/driver.ts";
import { createResolve } from "../../runtime/tasks/simulated/resolve.ts";
import { wallClock } from "../../scaled-clock.ts";
import { registryOf } from "../ecr/registry.ts";

/** Tasks as this region's runtime runs them. */
export function createRegionRunner(region: Region, report: ReportTask): TaskRunner {
  const { storage } = registryOf(region);
  const driver =
    region.runtime === "simulated"
      ? createSimulatedDriver({
          clock: region.clock,
          resolve: createResolve(region, storage),
          fateOf: (task) => faultsOf(region).fateOf(task),
        })
      : // However fast the region's time runs, processes take their own.
        createProcessDriver({ pull: createImagePull(region, storage), clock: wallClock(region.clock) });
  return createTaskRunner({ region, report, driver });
}
