import { defineService } from "../../service.ts";
import { alarmOperations } from "./alarms/alarm-operations.ts";
import { tagOperations } from "./alarms/tags.ts";
import { constraints } from "./constraints.ts";
import { metricOperations } from "./metric-operations.ts";
import { queryOperations } from "./queries/query-operations.ts";
import { startRounds } from "./rounds.ts";

/**
 * Metrics of ECS, load balancers and queues are measured from the first use of this service on (measurements/), what
 * clients put is kept beside them, and alarms are evaluated over both, on the region's clock.
 * Gaps: composite alarms, anomaly detection, metric streams, dashboards; alarms invoke scaling policies only. Metrics are kept
 * for three days by the minute, three hours by the second. Of metric math there are arithmetic, comparisons, SUM, AVG, MIN,
 * MAX, ABS, CEIL, FLOOR, FILL, IF, PERIOD, DIFF, RATE and METRICS; of statistics the five simple ones and percentiles.
 */
export const monitoring = defineService({
  name: "monitoring",
  load: () => import("@aws-sdk/client-cloudwatch"),
  constraints,
  validationErrorCode: "ValidationError",
  operations: (region) => ({
    ...alarmOperations(region),
    ...tagOperations(region),
    ...metricOperations(region),
    ...queryOperations(region),
  }),
  start: startRounds,
});
