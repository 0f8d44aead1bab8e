import { FardelError } from "../../errors.ts";
import type { ServiceChange } from "../changes.ts";
import { ecsServiceName } from "../names.ts";
import type { Run } from "../run.ts";
import type { EndedRollout } from "./watch.ts";

/** What AWS refuses is a failed release, which goes back. Where nothing may be written any more, there is no way back. */
export function refusalIn(error: unknown, { signal }: Run): string {
  if (!(error instanceof FardelError) || signal.aborted) throw error;
  return error.why === undefined ? error.message : `${error.message}: ${error.why}`;
}

/** A rollout that ECS has refused: it has changed nothing. */
export function refusedRollout(
  run: Run,
  { name, action, current }: Pick<ServiceChange, "name" | "action" | "current">,
  taskDefinition: string,
  error: unknown,
  startedAt: number,
): EndedRollout {
  const reason = refusalIn(error, run);
  const durationMs = run.time.now() - startedAt;
  run.emit({ type: "rollout.finished", service: name, outcome: "failed", durationMs });
  return {
    rollout: {
      service: name,
      ecsName: ecsServiceName(run.descriptor.app, name),
      arn: current?.ecs.serviceArn ?? "",
      created: action === "create",
      returns: false,
      taskDefinition,
      deployment: "",
      known: new Set(),
      deploys: false,
      targetGroup: undefined,
      startedAt,
    },
    result: "failed",
    reason,
    targetReason: undefined,
    stopped: false,
    durationMs,
  };
}
