import type { RegistryStorage } from "@fardel/oci";
import type { Region } from "../../../region.ts";
import { createTaskRunner, type ReportTask, type TaskRunner } from "../runner.ts";
import { createProcessDriver } from "./driver.ts";
import { createImagePull } from "./pull.ts";

/** A task runner whose containers are processes of this machine, their images those of `registry` first of all. */
export function createProcessRunner(region: Region, registry: RegistryStorage, report: ReportTask): TaskRunner {
  const driver = createProcessDriver({ clock: region.clock, pull: createImagePull(region, registry) });
  return createTaskRunner({ region, driver, report });
}
