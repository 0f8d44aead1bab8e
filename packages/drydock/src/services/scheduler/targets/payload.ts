import type { Region } from "../../../region.ts";
import { datesToWall } from "../../../scaled-clock.ts";
import type { InvocationRecord } from "../records.ts";

/**
 * What a target is given: its Input with the context attributes filled in, or the default notification.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
export function payload(region: Region, invocation: InvocationRecord): string {
  const { Input } = invocation.target;
  const scheduled = scheduledTime(region, invocation);
  if (Input === undefined) {
    return JSON.stringify({
      version: "0",
      id: invocation.id,
      "detail-type": "Scheduled Event",
      source: "aws.scheduler",
      account: region.accountId,
      time: scheduled,
      region: region.name,
      resources: [invocation.scheduleArn],
      detail: "{}",
    });
  }
  return Input.replaceAll("<aws.scheduler.schedule-arn>", () => invocation.scheduleArn)
    .replaceAll("<aws.scheduler.scheduled-time>", scheduled)
    .replaceAll("<aws.scheduler.execution-id>", invocation.id)
    .replaceAll("<aws.scheduler.attempt-number>", String(invocation.attempts + 1));
}

/** `2022-03-22T18:59:43Z` */
export function scheduledTime(region: Region, { scheduled }: InvocationRecord): string {
  return datesToWall(region.clock, new Date(scheduled))
    .toISOString()
    .replace(/\.\d+Z$/, "Z");
}
