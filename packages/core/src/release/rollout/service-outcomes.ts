import type { Carried } from "../carry-out.ts";
import type { Changes } from "../changes.ts";
import { cameToServe, type ServiceOutcome } from "../outcome.ts";

/** What has become of each service of a release that has ended. */
export function serviceOutcomes(
  changes: Changes,
  { rollouts, definitions, result, wentBack }: Carried,
): Record<string, ServiceOutcome> {
  const ended = new Map(rollouts.ended.map((each) => [each.rollout.service, each]));
  const services = changes.services.map(({ name, action, current }): [string, ServiceOutcome] => {
    const rollout = ended.get(name);
    const before = current?.definition?.taskDefinitionArn;
    const after = definitions.get(name)?.taskDefinition;
    const stays = cameToServe(result) || (!wentBack && rollout?.result === "serving");
    const superseded = rollout?.result === "superseded";
    const taskDefinition = superseded ? undefined : stays ? after : before;
    const served = rollout?.result === "serving" && !stays ? "rolled back" : rollout?.result;
    return [
      name,
      {
        change: action === "none" ? "unchanged" : action === "create" ? "created" : "updated",
        ...(served !== undefined && { result: served }),
        ...(taskDefinition !== undefined && { taskDefinition }),
        ...(rollout && { durationMs: rollout.durationMs }),
      },
    ];
  });
  const removed = cameToServe(result) ? changes.removed : [];
  return Object.fromEntries([
    ...services,
    ...removed.map(({ name }): [string, ServiceOutcome] => [name, { change: "removed" }]),
  ]);
}
