import type { Region } from "../../region.ts";
import type { ReportTask, TaskRunner } from "../../runtime/tasks/runner.ts";
import { targetHealthChanges } from "../elasticloadbalancing/target-health-changes.ts";
import { ServiceControl } from "./control/service-control.ts";
import { Names, pathOf } from "./names.ts";
import { createProcessRunner } from "./process-runner.ts";
import { Records, serviceKey, taskKey } from "./records.ts";

/** What the operations and the control loops of ECS share. */
export interface Ecs {
  readonly region: Region;
  readonly names: Names;
  readonly records: Records;
  readonly runner: TaskRunner;
  readonly control: ServiceControl;
}

export type MakeTaskRunner = (region: Region, report: ReportTask) => TaskRunner;

/** "Stopped tasks appear in the returned results for at least one hour" (DescribeTasks). */
const stoppedTaskRetention = 3_600_000;

const opened = new WeakMap<Region, Ecs>();

/** The one ECS of a region. */
export function ecsOf(region: Region): Ecs {
  const known = opened.get(region);
  if (known) return known;
  const ecs = openEcs(region, createProcessRunner);
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
    if (state.lastStatus === "STOPPED") forgetStoppedTasks(ecs);
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
export function resumeEcs({ records, runner, control }: Ecs): void {
  runner.adopt();
  for (const { arn, service } of records.tasks.list()) {
    if (!service?.retirement?.signalled) continue;
    runner.stop(arn, { stopCode: "ServiceSchedulerInitiated", reason: service.retirement.reason });
  }
  for (const service of records.services.list()) control.wake(serviceKey(service));
}

function forgetStoppedTasks({ records, region }: Ecs): void {
  const oldest = region.clock.now() - stoppedTaskRetention;
  for (const task of records.tasks.list()) {
    if ((task.state.stoppedAt?.getTime() ?? Number.POSITIVE_INFINITY) >= oldest) continue;
    records.tasks.delete(taskKey(task));
    records.tags.delete(task.arn);
  }
}
