import type { Aws } from "../aws/clients.ts";
import { FardelError } from "../errors.ts";
import type { Emit } from "../events.ts";
import { followStack, lastEventId } from "./follow-stack.ts";
import { describeStack, stackCondition } from "./stack.ts";
import { stackFailure } from "./stack-failure.ts";

/**
 * Deletes a stack and waits until it is gone; none is fine. `id` where only that very stack is meant, not another that has
 * its name by now. Throws `STACK_FAILED`, or `STACK_BUSY` while it changes.
 */
export async function deleteStack(aws: Aws, name: string, emit: Emit, id = name): Promise<void> {
  const begin = performance.now();
  const described = await describeStack(aws, id);
  const condition = stackCondition(described);
  if (condition === "absent" || described?.StackId === undefined) return;
  if (condition === "busy") {
    throw new FardelError("STACK_BUSY", `The stack ${name} can't be deleted while it is being changed.`, {
      where: `stack ${name}`,
      why: `Its status is ${described.StackStatus}.`,
      fix: "Wait until that operation has ended, then run the command again.",
      exitCode: 5,
    });
  }
  // A stack that is only a change set under review holds nothing, and ends without further events.
  if (condition === "empty") {
    await aws.cloudFormation.deleteStack({ StackName: described.StackId });
    return;
  }
  const finished = (outcome: "deleted" | "failed") =>
    emit({ type: "stack.finished", stack: name, outcome, durationMs: Math.round(performance.now() - begin) });
  try {
    await deleteAndFollow(aws, name, described.StackId, emit);
    finished("deleted");
  } catch (error) {
    finished("failed");
    throw error;
  }
}

async function deleteAndFollow(aws: Aws, name: string, stackId: string, emit: Emit): Promise<void> {
  const [eventId, changes] = await Promise.all([lastEventId(aws, stackId), countResources(aws, stackId)]);
  emit({ type: "stack.started", stack: name, action: "delete", changes });
  await aws.cloudFormation.deleteStack({ StackName: stackId });
  // By id, because a deleted stack is no longer found by its name.
  const finished = await followStack(aws, { stack: name, stackId, lastEventId: eventId }, emit);
  if (finished.status !== "DELETE_COMPLETE") throw stackFailure(name, "delete", finished);
}

async function countResources(aws: Aws, stackId: string): Promise<number> {
  let count = 0;
  for await (const page of aws.cloudFormation.paginateListStackResources({ StackName: stackId })) {
    count += page.StackResourceSummaries?.length ?? 0;
  }
  return count;
}
