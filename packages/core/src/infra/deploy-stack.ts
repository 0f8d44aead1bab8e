import { randomUUID } from "node:crypto";
import type { Stack as DescribedStack } from "@aws-sdk/client-cloudformation";
import type { Aws } from "../aws/clients.ts";
import { isAwsError } from "../aws/errors.ts";
import { FardelError } from "../errors.ts";
import type { Emit } from "../events.ts";
import { type ChangeSet, createChangeSet } from "./change-set.ts";
import { deleteStack } from "./delete-stack.ts";
import { liftDeletionProtection } from "./deletion-protection.ts";
import { followStack, lastEventId } from "./follow-stack.ts";
import { describeStack, isUnchanged, type Stack, stackCondition, stackOutputs } from "./stack.ts";
import { stackFailure } from "./stack-failure.ts";
import type { Value } from "./templates/template.ts";

export interface DeployedStack {
  outcome: "unchanged" | "created" | "updated";
  outputs: Record<string, string>;
}

/**
 * Brings a stack to its wanted state through a change set, or leaves it when it is there already. `current` is what
 * `prepareStack` found of it. Throws a FardelError: `STACK_FAILED` when a resource fails (after CloudFormation's rollback),
 * `STACK_BUSY`, `STACK_STUCK`, `CHANGE_SET_FAILED`.
 */
export async function deployStack(
  aws: Aws,
  stack: Stack,
  current: DescribedStack | undefined,
  upload: (body: string) => Promise<string>,
  emit: Emit,
): Promise<DeployedStack> {
  const begin = performance.now();
  const finished = (outcome: DeployedStack["outcome"] | "failed") =>
    emit({ type: "stack.finished", stack: stack.name, outcome, durationMs: Math.round(performance.now() - begin) });
  try {
    const deployed = isUnchanged(stack, current)
      ? { outcome: "unchanged" as const, outputs: stackOutputs(current) }
      : await change(aws, stack, current, upload, emit);
    const isProtected = deployed.outcome === "unchanged" && current?.EnableTerminationProtection === true;
    if (stack.policy !== undefined && !isProtected) await protect(aws, stack.name, stack.policy);
    finished(deployed.outcome);
    return deployed;
  } catch (error) {
    finished("failed");
    throw error;
  }
}

async function change(
  aws: Aws,
  stack: Stack,
  current: DescribedStack | undefined,
  upload: (body: string) => Promise<string>,
  emit: Emit,
): Promise<DeployedStack> {
  const action = await clearTheWay(aws, stack, current, emit);
  const changeSet = await createChangeSet(aws, stack, action === "create" ? "CREATE" : "UPDATE", upload).catch(
    (error) => explainRefusal(aws, stack.name, error),
  );
  if (changeSet !== undefined) {
    emit({ type: "stack.started", stack: stack.name, action, changes: changeSet.changes.length });
    await executeChangeSet(aws, stack.name, action, changeSet, emit);
  }
  const described = await describeStack(aws, stack.name);
  return {
    outcome: changeSet === undefined ? "unchanged" : action === "create" ? "created" : "updated",
    outputs: described ? stackOutputs(described) : {},
  };
}

/** Makes sure a change set can be made, and says of which kind. */
async function clearTheWay(
  aws: Aws,
  stack: Stack,
  current: DescribedStack | undefined,
  emit: Emit,
): Promise<"create" | "update"> {
  switch (stackCondition(current)) {
    case "absent":
    case "empty":
      return "create";
    case "settled":
      return "update";
    case "never created":
      await removeRemains(aws, stack, current?.StackId ?? stack.name, emit);
      return "create";
    case "busy":
      throw stackBusy(stack.name, current?.StackStatus);
    case "stuck":
      throw stackStuck(stack, current?.StackStatus);
  }
}

/**
 * Stacks are looked at before the first of them changes, so that another operation may have begun on a later one. Then the change
 * set is refused with a ValidationError, as anything wrong with the call is: "Stack:… is in UPDATE_IN_PROGRESS state and can not be
 * updated."
 */
async function explainRefusal(aws: Aws, stack: string, error: unknown): Promise<never> {
  if (!isAwsError(error, "ValidationError")) throw error;
  const now = await describeStack(aws, stack);
  throw stackCondition(now) === "busy" ? stackBusy(stack, now?.StackStatus, error) : error;
}

/**
 * Deletes what a failed creation has left. Databases among it never came into use: what is known by this id has never been
 * complete, nor can it be any more, whatever somebody else has made under the stack's name since.
 */
async function removeRemains(aws: Aws, { name, policy }: Stack, stackId: string, emit: Emit): Promise<void> {
  if (policy !== undefined) await liftDeletionProtection(aws, stackId);
  await deleteStack(aws, name, emit, stackId);
}

/** Runs a change set to its end. Throws `STACK_FAILED`, or `STACK_BUSY` when another operation came first. */
export async function executeChangeSet(
  aws: Aws,
  stack: string,
  action: "create" | "update",
  changeSet: ChangeSet,
  emit: Emit,
): Promise<void> {
  const operation = {
    stack,
    stackId: changeSet.stackId,
    lastEventId: await lastEventId(aws, changeSet.stackId),
  };
  try {
    await aws.cloudFormation.executeChangeSet({
      ChangeSetName: changeSet.id,
      // Sent again because its answer was lost, it is the same execution for CloudFormation.
      ClientRequestToken: randomUUID(),
    });
  } catch (error) {
    // Someone else's operation began since the change set was made. On the wire its code is InvalidChangeSetStatus; the SDK
    // names it after the exception of its model.
    if (isAwsError(error, "InvalidChangeSetStatusException")) throw stackBusy(stack, undefined, error);
    throw error;
  }
  const finished = await followStack(aws, operation, emit);
  if (finished.status !== "CREATE_COMPLETE" && finished.status !== "UPDATE_COMPLETE") {
    throw stackFailure(stack, action, finished);
  }
}

async function protect(aws: Aws, name: string, policy: Value): Promise<void> {
  await Promise.all([
    aws.cloudFormation.updateTerminationProtection({ StackName: name, EnableTerminationProtection: true }),
    aws.cloudFormation.setStackPolicy({ StackName: name, StackPolicyBody: JSON.stringify(policy) }),
  ]);
}

function stackBusy(name: string, status: string | undefined, cause?: unknown): FardelError {
  return new FardelError("STACK_BUSY", `The stack ${name} is being changed by someone else.`, {
    where: `stack ${name}`,
    why: status ? `Its status is ${status}.` : "Another operation on it began at the same moment.",
    fix: "Wait until that operation has ended, then run the command again.",
    exitCode: 5,
    cause,
  });
}

function stackStuck({ name, policy }: Stack, status = "unknown"): FardelError {
  const fixes: Record<string, string> = {
    UPDATE_ROLLBACK_FAILED: `Find the failed resource with \`aws cloudformation describe-stack-events --stack-name ${name}\`, mend it, then run \`aws cloudformation continue-update-rollback --stack-name ${name}\`.`,
    DELETE_FAILED:
      policy === undefined
        ? "Finish deleting it first: `fardel down`."
        : "Finish deleting it first, and its databases with it: `fardel down --data`.",
  };
  return new FardelError("STACK_STUCK", `The stack ${name} can't be changed: an earlier operation failed halfway.`, {
    where: `stack ${name}`,
    why: `Its status is ${status}.`,
    fix: fixes[status] ?? "Bring it to an end in the CloudFormation console, then run the command again.",
  });
}
