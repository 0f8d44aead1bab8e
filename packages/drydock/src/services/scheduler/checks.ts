import type { CreateScheduleInput, Target } from "@aws-sdk/client-scheduler";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { isTimezone, parseExpression } from "./expression.ts";
import { targetKind } from "./targets/targets.ts";

const minute = 60_000;

/**
 * What AWS checks of a schedule beyond each member's own bounds.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
 * @throws AwsError ValidationException, NotImplemented for targets that drydock can't invoke
 */
export async function checkSchedule(
  region: Region,
  input: Partial<CreateScheduleInput> & { ScheduleExpression: string; Target: Target },
  isNew: boolean,
): Promise<void> {
  const { ScheduleExpression, ScheduleExpressionTimezone = "UTC", FlexibleTimeWindow, StartDate, EndDate } = input;
  if (!isTimezone(ScheduleExpressionTimezone)) {
    throw invalid(`Invalid Schedule Expression Timezone ${ScheduleExpressionTimezone}.`);
  }
  if (!parseExpression(ScheduleExpression, ScheduleExpressionTimezone)) {
    throw invalid(`Invalid Schedule Expression ${ScheduleExpression}.`);
  }
  checkWindow(FlexibleTimeWindow);
  const isRecurring = !ScheduleExpression.startsWith("at(");
  if (isRecurring && isNew && StartDate && StartDate.getTime() < region.clock.now() - 5 * minute) {
    throw invalid("The StartDate you specify cannot be earlier than 5 minutes ago.");
  }
  if (isRecurring && StartDate && EndDate && EndDate <= StartDate) {
    throw invalid("The EndDate you specify must be later than the StartDate.");
  }
  checkRetries(input.Target);
  checkTarget(input.Target);
  await checkRole(region, input.Target.RoleArn ?? "");
}

function checkWindow(window: CreateScheduleInput["FlexibleTimeWindow"]): void {
  const { Mode, MaximumWindowInMinutes: width } = window ?? {};
  if (Mode !== "OFF" && Mode !== "FLEXIBLE") throw invalid("FlexibleTimeWindow's Mode must be OFF or FLEXIBLE.");
  if ((Mode === "FLEXIBLE") !== (width !== undefined)) {
    throw invalid("MaximumWindowInMinutes is required with the mode FLEXIBLE, and only allowed there.");
  }
  if (width !== undefined && (width < 1 || width > 1440)) {
    throw invalid("MaximumWindowInMinutes must be between 1 and 1440.");
  }
}

function checkRetries({ RetryPolicy = {} }: Target): void {
  const { MaximumEventAgeInSeconds: age = 86_400, MaximumRetryAttempts: attempts = 185 } = RetryPolicy;
  if (age < 60 || age > 86_400) throw invalid("MaximumEventAgeInSeconds must be between 60 and 86400.");
  if (attempts < 0 || attempts > 185) throw invalid("MaximumRetryAttempts must be between 0 and 185.");
}

function checkTarget(target: Target): void {
  const { Arn = "", EcsParameters, SqsParameters, DeadLetterConfig } = target;
  const kind = targetKind(Arn);
  if (kind === undefined && /^arn:aws:[\w-]+:[^:]*:[^:]*:.+/.test(Arn)) {
    const message = `drydock invokes ECS clusters and SQS queues only, not ${Arn}.`;
    throw new AwsError("NotImplemented", message, { status: 501 });
  }
  if (kind === undefined) throw invalid(`Provided Arn is not in correct format: ${Arn}`);
  if ((kind === "ecs") !== (EcsParameters !== undefined)) {
    throw invalid("EcsParameters are required for a target that is an ECS cluster, and only allowed there.");
  }
  if (SqsParameters !== undefined && kind !== "sqs") {
    throw invalid("SqsParameters are only allowed for a target that is an SQS queue.");
  }
  if (kind === "sqs" && Arn.endsWith(".fifo") !== (SqsParameters?.MessageGroupId !== undefined)) {
    throw invalid("SqsParameters' MessageGroupId is required for a FIFO queue, and only allowed there.");
  }
  if (DeadLetterConfig?.Arn !== undefined && !/^arn:aws:sqs:[^:]+:\d{12}:[\w-]+$/.test(DeadLetterConfig.Arn)) {
    throw invalid("The dead-letter queue must be a standard SQS queue's ARN.");
  }
  checkInput(kind, target);
}

/** For an ECS target, Input holds the overrides of RunTask. */
function checkInput(kind: "ecs" | "sqs", { Input }: Target): void {
  if (kind !== "ecs" || Input === undefined) return;
  try {
    const overrides: unknown = JSON.parse(Input);
    if (typeof overrides === "object" && overrides !== null && !Array.isArray(overrides)) return;
  } catch {
    // Falls through to what is wrong in either case.
  }
  throw invalid("The Input of an ECS target must be well-formed JSON with the task's overrides.");
}

async function checkRole(region: Region, arn: string): Promise<void> {
  const RoleName = /^arn:aws:iam::\d{12}:role\/(?:.*\/)?([^/]+)$/.exec(arn)?.[1];
  if (RoleName === undefined) throw invalid(`Provided role ${arn} is not in correct format.`);
  const { Role } = await region
    .call("iam")
    .GetRole({ RoleName })
    .catch(() => ({ Role: undefined }));
  const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? "");
  if (Role?.Arn !== arn || !trust.includes("scheduler.amazonaws.com")) {
    throw invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.");
  }
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}
