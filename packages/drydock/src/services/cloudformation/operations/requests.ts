import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { CreateStackInput, StackStatus } from "@aws-sdk/client-cloudformation";
import { regionalArn } from "../../../arn.ts";
import type { CloudFormation } from "../cloudformation.ts";
import type { Operation, StackRecord } from "../engine/records.ts";
import { validationError } from "../errors.ts";

/** How long an answer waits for its operation to end: the CLI looks for the first time at once and then after 30 s. */
const answerWithinMilliseconds = 250;

/** Lets a short operation end before its request is answered. */
export async function answerSoon({ engine }: CloudFormation, stackId: string): Promise<void> {
  const late = new AbortController();
  const patience = delay(answerWithinMilliseconds, undefined, { signal: late.signal }).catch(() => {});
  await Promise.race([engine.ended(stackId), patience]);
  late.abort();
}

/** @throws ValidationError for a name AWS wouldn't take */
export function checkName(member: "stackName" | "changeSetName", value: string): void {
  if (!/^[a-zA-Z][-a-zA-Z0-9]*$/.test(value))
    throw validationError(
      `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
    );
  if (value.length > 128)
    throw validationError(
      `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have length less than or equal to 128`,
    );
}

type Refusable = Pick<CreateStackInput, "NotificationARNs" | "RollbackConfiguration" | "RoleARN">;

/** @throws ValidationError for what drydock would otherwise have to pass over in silence */
export async function refuseUnsupported({ region }: CloudFormation, input: Refusable): Promise<void> {
  if (input.NotificationARNs && input.NotificationARNs.length > 0)
    throw validationError("drydock has no SNS: NotificationARNs is not supported");
  const { RollbackTriggers = [], MonitoringTimeInMinutes = 0 } = input.RollbackConfiguration ?? {};
  if (RollbackTriggers.length > 0 || MonitoringTimeInMinutes > 0)
    throw validationError("drydock does not watch rollback triggers: RollbackConfiguration is not supported");
  const role = input.RoleARN;
  if (role === undefined) return;
  await region
    .call("iam")
    .GetRole({ RoleName: role.split("/").at(-1) ?? "" })
    .catch(() => {
      throw validationError(`Role ${role} is invalid or cannot be assumed`);
    });
}

export function newStack({ region }: CloudFormation, name: string): StackRecord {
  return {
    id: regionalArn(region, "cloudformation", `stack/${name}/${randomUUID()}`),
    name,
    status: "CREATE_IN_PROGRESS",
    createdAt: new Date(region.clock.now()),
    terminationProtection: false,
    disableRollback: false,
    outputs: [],
    imports: [],
  };
}

export function newOperation(
  operation: Pick<Operation, "kind" | "phase"> & Partial<Operation>,
  clientRequestToken: string | undefined,
): Operation {
  return {
    id: randomUUID(),
    onFailure: "ROLLBACK",
    skip: [],
    ...operation,
    ...(clientRequestToken !== undefined && { clientRequestToken }),
  };
}

const updatable: StackStatus[] = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"];

/** @throws ValidationError "Stack:… is in … state and can not be updated." */
export function checkUpdatable(stack: StackRecord): void {
  if (!updatable.includes(stack.status))
    throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
}

/** True when the same request has been made before: it is answered again, not done again. */
export function isRepeated(stack: StackRecord, operation: string, token: string | undefined): boolean {
  return token !== undefined && stack.lastRequest === `${operation}:${token}`;
}

export function rememberRequest(stack: StackRecord, operation: string, token: string | undefined): void {
  if (token === undefined) delete stack.lastRequest;
  else stack.lastRequest = `${operation}:${token}`;
}

/** How lists are cut: a hundred at a time, and a token that was never given is refused. */
export function pageOf(token: string | undefined) {
  return { token, limit: 100, invalidTokenCode: "ValidationError" };
}
