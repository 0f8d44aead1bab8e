import { setTimeout as sleep } from "node:timers/promises";
import type { StackEvent } from "@aws-sdk/client-cloudformation";
import type { Aws } from "../aws/clients.ts";
import type { Emit } from "../events.ts";

/** An operation on a stack that is under way. */
export interface StackOperation {
  stack: string;
  stackId: string;
  /** Newest event from before the operation began; undefined takes all. */
  lastEventId: string | undefined;
}

export interface FinishedOperation {
  /** The stack's final status, such as `UPDATE_ROLLBACK_COMPLETE`. */
  status: string;
  /** Of this operation, oldest first. */
  events: StackEvent[];
}

/** Id of the newest event of a stack, to tell the events of the next operation from earlier ones. */
export async function lastEventId(aws: Aws, stackId: string): Promise<string | undefined> {
  const { StackEvents } = await aws.cloudFormation.describeStackEvents({ StackName: stackId });
  return StackEvents?.[0]?.EventId;
}

/** Reports each resource as it changes until the stack itself has come to an end. */
export async function followStack(aws: Aws, operation: StackOperation, emit: Emit): Promise<FinishedOperation> {
  const events: StackEvent[] = [];
  const begin = performance.now();
  while (true) {
    const news = await eventsAfter(aws, operation.stackId, events.at(-1)?.EventId ?? operation.lastEventId);
    events.push(...news);
    for (const event of news) report(operation.stack, event, emit);
    const end = news.findLast((event) => isStackItself(event) && !event.ResourceStatus?.endsWith("_IN_PROGRESS"));
    if (end?.ResourceStatus) return { status: end.ResourceStatus, events };
    await sleep(pollDelay(performance.now() - begin));
  }
}

/** A tenth of the time waited so far: quick where all is quick, and at most 2 s where AWS needs minutes. In ms. */
export function pollDelay(waited: number): number {
  return Math.min(Math.max(waited / 10, 50), 2_000);
}

/** Events newer than `eventId`, oldest first. */
async function eventsAfter(aws: Aws, stackId: string, eventId: string | undefined): Promise<StackEvent[]> {
  const newestFirst: StackEvent[] = [];
  for await (const page of aws.cloudFormation.paginateDescribeStackEvents({ StackName: stackId })) {
    for (const event of page.StackEvents ?? []) {
      if (event.EventId === eventId) return newestFirst.reverse();
      newestFirst.push(event);
    }
  }
  return newestFirst.reverse();
}

/** Cleaning up after an update is `UPDATE_COMPLETE_CLEANUP_IN_PROGRESS`: the stack is done only after it. */
function isStackItself(event: StackEvent): boolean {
  return event.PhysicalResourceId !== undefined && event.PhysicalResourceId === event.StackId;
}

function report(stack: string, event: StackEvent, emit: Emit): void {
  if (isStackItself(event)) return;
  emit({
    type: "stack.resource",
    stack,
    logicalId: event.LogicalResourceId ?? "",
    resourceType: event.ResourceType ?? "",
    status: event.ResourceStatus ?? "",
    ...(event.ResourceStatusReason && { reason: event.ResourceStatusReason }),
  });
}
