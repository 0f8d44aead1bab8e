import type { Region } from "../../../region.ts";
import { type TaskRecord, taskIdOf, taskRecords } from "../../../runtime/tasks/record.ts";
import { livesOf } from "../../../runtime/tasks/runner.ts";
import { wallClock } from "../../../scaled-clock.ts";
import type { Measurement } from "./measurement.ts";

interface Sample {
  /** Milliseconds of the wall's time: a process works no faster because the region's time does. */
  at: number;
  cpuMilliseconds: number;
  cpuPercent: number | undefined;
  memoryPercent: number;
}

/** Processor time comes in hundredths of a second, so that a shorter stretch says too little. */
const shortestStretch = 1000;

/**
 * CPUUtilization and MemoryUtilization of services: what each task's processes use, of what its task definition gives it. One
 * value per task and minute, so that SampleCount is the number of tasks, as AWS's is.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
 *
 * Nothing keeps a process from using more than it was given: Fargate holds a task at 100 %, and so do these values.
 */
export class TaskMeasurements {
  private readonly region: Region;
  private samples = new Map<string, Sample>();

  constructor(region: Region) {
    this.region = region;
  }

  async take(): Promise<Measurement[]> {
    const tasks = taskRecords(this.region)
      .list()
      .filter(({ state }) => state.lastStatus === "RUNNING");
    const samples = new Map<string, Sample>();
    await Promise.all(
      tasks.map(async (task) => {
        const { taskArn } = task.spec;
        samples.set(taskArn, await this.sample(task, this.samples.get(taskArn)));
      }),
    );
    this.samples = samples;
    return [...groupByService(tasks)].flatMap(([, group]) => this.measure(group));
  }

  private async sample({ spec }: TaskRecord, before: Sample | undefined): Promise<Sample> {
    const at = wallClock(this.region.clock).now();
    if (before && at - before.at < shortestStretch) return before;
    const life = livesOf(this.region).get(taskIdOf(spec.taskArn));
    const used = await Promise.all(spec.containerDefinitions.map(({ name = "" }) => life?.usage(name)));
    const cpuMilliseconds = used.reduce((sum, usage) => sum + (usage?.cpuMilliseconds ?? 0), 0);
    const memoryBytes = used.reduce((sum, usage) => sum + (usage?.memoryBytes ?? 0), 0);
    const vcpus = Number(spec.cpu ?? 0) / 1024;
    const memory = Number(spec.memory ?? 0) * 1024 * 1024;
    return {
      at,
      cpuMilliseconds,
      cpuPercent: before && percent(cpuMilliseconds - before.cpuMilliseconds, (at - before.at) * vcpus),
      memoryPercent: percent(memoryBytes, memory),
    };
  }

  private measure(tasks: TaskRecord[]): Measurement[] {
    const [{ spec } = { spec: undefined }] = tasks;
    if (spec?.serviceName === undefined) return [];
    const dimensions = { ClusterName: clusterOf(spec.clusterArn), ServiceName: spec.serviceName };
    const samples = tasks.flatMap((task) => this.samples.get(task.spec.taskArn) ?? []);
    const measured = (name: string, values: number[]): Measurement[] =>
      values.length === 0
        ? []
        : [{ namespace: "AWS/ECS", name, unit: "Percent", dimensions, values: values.map((value) => [value, 1]) }];
    return [
      ...measured(
        "CPUUtilization",
        samples.flatMap(({ cpuPercent }) => cpuPercent ?? []),
      ),
      ...measured(
        "MemoryUtilization",
        samples.map(({ memoryPercent }) => memoryPercent),
      ),
      // What a backlog per task is computed with, as in AWS's own example of metric math for a scaling policy.
      {
        namespace: "ECS/ContainerInsights",
        name: "RunningTaskCount",
        unit: "Count",
        dimensions,
        values: [[tasks.length, 1]],
      },
    ];
  }
}

function groupByService(tasks: TaskRecord[]): Map<string, TaskRecord[]> {
  return Map.groupBy(tasks, ({ spec }) => `${spec.clusterArn} ${spec.serviceName ?? ""}`);
}

function clusterOf(clusterArn: string): string {
  return clusterArn.slice(clusterArn.lastIndexOf("/") + 1);
}

function percent(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, Math.max(0, (part / whole) * 100)) : 0;
}
