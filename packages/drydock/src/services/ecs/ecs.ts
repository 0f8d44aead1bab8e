import type { Region } from "../../region.ts";
import type { ReportTask, TaskRunner } from "../../runtime/tasks/runner.ts";
import { ScaledClock } from "../../scaled-clock.ts";
import { targetHealthChanges } from "../elasticloadbalancing/target-health-changes.ts";
import { ServiceControl } from "./control/service-control.ts";
import { keepHouse } from "./housekeeping.ts";
import { Names, pathOf } from "./names.ts";
import { Records, serviceKey } from "./records.ts";
import { createRegionRunner } from "./region-runner.ts";

/** What the operations and the control loops of ECS share. */
export interface Ecs {
  readonly region: Region;
  readonly names: Names;
  readonly records: Records;
  readonly runner: TaskRunner;
  readonly control: ServiceControl;
}

export type MakeTaskRunner = (region: Region, report: ReportTask) => TaskRunner;

const opened = new WeakMap<Region, Ecs>();

/** The one ECS of a region. */
export function ecsOf(region: Region): Ecs {
  const known = opened.get(region);
  if (known) return known;
  const ecs = openEcs(region, createRegionRunner);
  targetHealthChanges(region, ({ targetGroupArn }) => ecs.control.wakeTargetGroup(targetGroupArn));
  opened.set(region, ecs);
  return ecs;
}

/** ECS over a region and a runner; nothing happens before `resumeEcs`. */
export function openEcs(region: Region, makeRunner: MakeTaskRunner): Ecs {
  const records = new Records(region);
  const report: ReportTask = (state) => {
    const key = pathOf(state.taskArn);
    const task = records.tasks.get(key);
    if (!task) return;
    records.tasks.put(key, { ...task, state, version: task.version + 1 });
    if (task.service) ecs.control.wake(serviceKey({ clusterName: task.clusterName, name: task.service.name }));
  };
  const runner = makeRunner(region, report);
  const ecs: Ecs = { region, names: new Names(region), records, runner, control: new ServiceControl(() => ecs) };
  region.onClose(async () => {
    await ecs.control.close();
    await runner.close();
  });
  return ecs;
}

/**
 * Takes up what the store holds: tasks first, then services. A stop that was decided but not asked for when drydock died
 * is asked for again; a second stop changes nothing.
 */
export function resumeEcs(ecs: Ecs): void {
  const { records, runner, region } = ecs;
  runner.adopt();
  for (const { arn, service } of records.tasks.list()) {
    if (!service?.retirement?.signalled) continue;
    runner.stop(arn, { stopCode: "ServiceSchedulerInitiated", reason: service.retirement.reason });
  }
  wakeServices(ecs);
  if (region.clock instanceof ScaledClock) region.clock.onScale(() => wakeServices(ecs));
  region.onClose(keepHouse(ecs));
}

/** For what concerns all of them: a lost zone, another pace of time. */
export function wakeServices({ records, control }: Ecs): void {
  for (const service of records.services.list()) control.wake(serviceKey(service));
}
