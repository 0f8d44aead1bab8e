import { AwsError } from "../../../errors.ts";
import { faultsOf } from "../../../faults/fault-book.ts";
import type { Target } from "../../../runtime/scheduler/state.ts";
import type { Ecs } from "../ecs.ts";
import { type ServiceRecord, serviceKey } from "../records.ts";
import { addFailureEvent } from "./events.ts";

type Health = Pick<Target, "state" | "description">;

/** What the load balancer says about a service's targets at one moment. */
export interface TargetHealth {
  /** `unused` for a target that isn't registered. */
  of(targetGroupArn: string, address: string, port: number): Health;
  /** A target group isn't there; its targets are `unused`, so that tasks can still be stopped. */
  missing: boolean;
}

export async function readTargetHealth(ecs: Ecs, service: ServiceRecord): Promise<TargetHealth> {
  const key = serviceKey(service);
  const tasks = ecs.records.serviceTasks(service);
  const groups = new Set(tasks.flatMap((task) => (task.service?.targets ?? []).map((target) => target.targetGroupArn)));
  const known = new Map<string, Health>();
  let missing = false;
  for (const arn of groups) {
    ecs.control.watchTargetGroup(arn, key);
    try {
      const { TargetHealthDescriptions = [] } = await ecs.region
        .call("elasticloadbalancing")
        .DescribeTargetHealth({ TargetGroupArn: arn });
      for (const { Target, TargetHealth } of TargetHealthDescriptions) {
        known.set(`${arn} ${Target?.Id}:${Target?.Port}`, {
          state: stateOf(ecs, TargetHealth?.State),
          ...(TargetHealth?.Description ? { description: TargetHealth.Description } : {}),
        });
      }
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      missing = true;
      const message = `failed to describe target health on target-group ${arn} with (error ${error.message})`;
      addFailureEvent(ecs, service, `(service ${service.name}) ${message}`);
    }
  }
  return {
    missing,
    of: (arn, address, port) => known.get(`${arn} ${address}:${port}`) ?? { state: "unused" },
  };
}

/** A registered target whose group no load balancer uses is `unused` too: for ECS it waits for its first check. */
function stateOf({ region }: Ecs, state: string | undefined): Target["state"] {
  if (state === "draining" && faultsOf(region).stopsEarly) return "unused";
  return state === "healthy" || state === "unhealthy" || state === "draining" ? state : "initial";
}
