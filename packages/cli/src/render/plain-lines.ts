import type { FardelEvent } from "@fardel/core/events.ts";
import { shortType } from "./frame.ts";
import { waitingFor } from "./gate-text.ts";
import { count, formatBytes, formatDuration } from "./quantities.ts";
import { stageText, tasksText } from "./rollout-text.ts";
import { tame } from "./text.ts";

/** What an event says where nothing can be written over: a line, or nothing when it only moves something on. */
export function plainLine(event: FardelEvent): string | undefined {
  switch (event.type) {
    case "stack.started":
      return `stack ${event.stack}: ${event.action}, ${count(event.changes, "change")}`;
    case "stack.resource":
      return event.status.endsWith("_FAILED")
        ? `stack ${event.stack}: ${event.logicalId} (${shortType(event.resourceType)}) ${event.status}: ${event.reason ?? ""}`
        : undefined;
    case "stack.finished":
      return event.outcome === "unchanged"
        ? undefined
        : `stack ${event.stack}: ${event.outcome} in ${formatDuration(event.durationMs)}`;
    case "image.started":
      return undefined;
    case "image.progress":
      return `image ${event.image}: ${tame(event.message)}`;
    case "image.built":
      return `image ${event.image}: ${formatBytes(event.sizeBytes)}, ${event.cached ? "built before" : `built in ${formatDuration(event.durationMs)}`}`;
    case "image.pushed":
      return event.sentBytes === 0
        ? undefined
        : `image ${event.image}: sent ${formatBytes(event.sentBytes)} in ${formatDuration(event.durationMs)}`;
    case "image.tagged":
      return `image ${event.image}: tagged ${event.tags.join(", ")}`;
    case "release.notice":
      return event.message;
    case "release.started":
      return `release ${event.release} to ${event.environment}${originOf(event)}`;
    case "task.started":
      return `task ${event.task}: started`;
    case "task.log":
      return `task ${event.task} | ${tame(event.line)}`;
    case "task.finished":
      return `task ${event.task}: exit code ${event.exitCode} after ${formatDuration(event.durationMs)}`;
    case "rollout.started":
      return `${event.service}: ${rolloutActions[event.action]} ${event.revision}`;
    case "rollout.progress":
      return `${event.service}: ${rolloutCounts(event)}`;
    case "rollout.waiting":
      return `${event.service}: ${waitingFor(event)}`;
    case "rollout.checked":
      return `${event.service}: ${event.failure === undefined ? "check passed" : `check failed: ${tame(event.failure)}`}`;
    case "rollout.finished":
      return `${event.service}: ${event.outcome} after ${formatDuration(event.durationMs)}`;
    case "rollout.baking":
      return `${event.service}: serves, and bakes until ${event.until}`;
    case "rollout.baked":
      return `${event.service}: ${event.outcome} after ${formatDuration(event.durationMs)} of bake`;
    case "service.removed":
      return `${event.service}: removed`;
    case "rule.changed":
      return `${event.service}: listener rule ${event.action}d for ${event.conditions}`;
    case "scaling.changed": {
      const bounds = event.min === undefined ? "" : ` between ${event.min} and ${event.max} tasks`;
      return event.action === "delete" ? `${event.service}: no longer scales` : `${event.service}: scales${bounds}`;
    }
    case "schedule.changed":
      return `task ${event.task}: ${event.schedule === undefined ? "no longer scheduled" : `scheduled for ${event.schedule}`}`;
    default:
      return undefined;
  }
}

/** A sentence's end that tells what a release that isn't of something new is of. */
function originOf({ rollbackTo, redeploys }: { rollbackTo?: number; redeploys?: number }): string {
  if (rollbackTo !== undefined) return `, back to what release ${rollbackTo} ran`;
  return redeploys === undefined ? "" : `, the tasks of release ${redeploys} anew`;
}

const rolloutActions = {
  create: "creating with",
  update: "rolling out",
  scale: "scaling",
  return: "returning to",
};

function rolloutCounts(event: Extract<FardelEvent, { type: "rollout.progress" }>): string {
  const { pending, failed, oldRunning, message } = event;
  const parts = [
    tasksText(event),
    failed > 0 && `${failed} failed`,
    pending > 0 && `${pending} starting`,
    oldRunning > 0 && `${oldRunning} old left`,
    stageText(event),
    message && tame(message),
  ];
  return parts.filter(Boolean).join(", ");
}
