import type { Region } from "../../region.ts";
import { createProcessDriver } from "../../runtime/tasks/process/driver.ts";
import { createImagePull } from "../../runtime/tasks/process/pull.ts";
import { createTaskRunner, type ReportTask, type TaskRunner } from "../../runtime/tasks/runner.ts";
import { wallClock } from "../../scaled-clock.ts";
import { registryOf } from "../ecr/registry.ts";

/** Tasks as processes of this machine. */
export function createProcessRunner(region: Region, report: ReportTask): TaskRunner {
  const pull = createImagePull(region, registryOf(region).storage);
  return createTaskRunner({ region, report, driver: createProcessDriver({ pull, clock: wallClock(region.clock) }) });
}
