import type { Region } from "../../../region.ts";
import { identity, metricStoreOf } from "../metric-store.ts";
import { statisticSetOf } from "../statistics.ts";
import { takeLoadBalancers } from "./load-balancers.ts";
import type { Measurement } from "./measurement.ts";
import { takeQueues } from "./queues.ts";
import { TaskMeasurements } from "./tasks.ts";

/** Asks the region's services what they have done, and keeps it as metrics. */
export class Measurements {
  private readonly region: Region;
  private readonly tasks: TaskMeasurements;

  constructor(region: Region) {
    this.region = region;
    this.tasks = new TaskMeasurements(region);
    // What was counted before anybody wanted to know belongs to no minute.
    takeLoadBalancers(region);
  }

  /** Takes what is measured now for what happened in the minute that began at `minuteStart` (ms). */
  async take(minuteStart: number): Promise<void> {
    const taken = [
      ...takeLoadBalancers(this.region),
      ...(await this.tasks.take()),
      ...(hasQueues(this.region) ? await takeQueues(this.region) : []),
    ];
    metricStoreOf(this.region).put(
      taken.map(({ namespace, name, unit, dimensions, values }: Measurement) => ({
        metric: identity(
          namespace,
          name,
          Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        ),
        at: minuteStart,
        unit,
        resolution: "minute" as const,
        set: statisticSetOf(values),
      })),
    );
  }
}

/** Without them SQS isn't loaded only to be asked. */
function hasQueues({ store }: Region): boolean {
  return store.collection("sqs.queues").list().length > 0;
}
