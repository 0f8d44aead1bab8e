import { events } from "../../../runtime/scheduler/messages.ts";
import type { Action } from "../../../runtime/scheduler/state.ts";
import type { Ecs } from "../ecs.ts";
import type { ServiceRecord } from "../records.ts";
import { addEvents, addFailureEvent } from "./events.ts";

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
      const done = first.type === "registerTarget" ? events.registered : events.deregistered;
      addEvents(ecs, service, [done(service.name, Targets.length, first.targetGroupArn)]);
    } catch (error) {
      refused = true;
      const verb = first.type === "registerTarget" ? "register" : "deregister";
      const reason = error instanceof Error ? error.message : String(error);
      const message = `failed to ${verb} targets in (target-group ${first.targetGroupArn}) with (error ${reason})`;
      addFailureEvent(ecs, service, `(service ${service.name}) ${message}`);
    }
  }
  return refused;
}
