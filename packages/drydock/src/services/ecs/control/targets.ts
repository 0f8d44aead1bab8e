import type { Action } from "../../../runtime/scheduler/state.ts";
import type { Ecs } from "../ecs.ts";
import { type ServiceRecord, serviceKey } from "../records.ts";
import { addEvents } from "./events.ts";

type TargetAction = Extract<Action, { targetGroupArn: string }>;

/** Registers and deregisters targets, one call per target group. Answers whether the load balancer refused any. */
export async function moveTargets(ecs: Ecs, service: ServiceRecord, actions: Action[]): Promise<boolean> {
  const balancer = ecs.region.call("elasticloadbalancing");
  const moves = actions.filter((action): action is TargetAction => "targetGroupArn" in action);
  const groups = Map.groupBy(moves, ({ type, targetGroupArn }) => `${type} ${targetGroupArn}`);
  let refused = false;
  for (const [first, ...others] of groups.values()) {
    if (!first) continue;
    const Targets = [first, ...others].flatMap(({ task, port }) => {
      const record = ecs.records.tasks.get(`${service.clusterName}/${task}`);
      return record ? [{ Id: record.network.address, Port: port }] : [];
    });
    const input = { TargetGroupArn: first.targetGroupArn, Targets };
    try {
      if (first.type === "registerTarget") await balancer.RegisterTargets(input);
      else await balancer.DeregisterTargets(input);
    } catch (error) {
      refused = true;
      const reason = error instanceof Error ? error.message : String(error);
      const verb = first.type === "registerTarget" ? "register" : "deregister";
      addEvents(ecs, service, [
        `(service ${service.name}) failed to ${verb} targets in (target-group ${first.targetGroupArn}) with (error ${reason})`,
      ]);
      ecs.region.log(`ecs: service ${serviceKey(service)} failed to ${verb} targets: ${reason}`);
    }
  }
  return refused;
}
