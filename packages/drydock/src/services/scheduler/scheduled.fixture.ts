import { IAM } from "@aws-sdk/client-iam";
import { type CreateScheduleCommandInput, Scheduler } from "@aws-sdk/client-scheduler";
import { SQS } from "@aws-sdk/client-sqs";
import { startTestDrydock } from "../../testing.ts";
import { VirtualClock } from "../ecs/world.fixture.ts";

export const minute = 60_000;

export const schedulerTrust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** A region at midnight of 2026-01-01, whose clock goes by hand, with a queue to be told of runs and a role for them. */
export async function startScheduled(options: Parameters<typeof startTestDrydock>[0] = {}) {
  const clock = (options.clock as VirtualClock | undefined) ?? new VirtualClock();
  const drydock = await startTestDrydock({ runtime: "simulated", ...options, clock });
  const scheduler = drydock.client(Scheduler);
  const sqs = drydock.client(SQS);
  const { QueueUrl = "" } = await sqs.createQueue({ QueueName: "runs" });
  const role = await makeRole(drydock.client(IAM));
  const target = { Arn: `arn:aws:sqs:${drydock.region}:${drydock.accountId}:runs`, RoleArn: role };
  return {
    drydock,
    clock,
    scheduler,
    sqs,
    role,
    target,
    queueUrl: QueueUrl,
    create: (ScheduleExpression: string, more: Partial<CreateScheduleCommandInput> = {}) =>
      scheduler.createSchedule({
        Name: "nightly",
        ScheduleExpression,
        FlexibleTimeWindow: { Mode: "OFF" },
        ...more,
        Target: { ...target, Input: "<aws.scheduler.scheduled-time>", ...more.Target },
      }),
    /** Lets time pass, then gives the bodies of the messages that came meanwhile. */
    async after(milliseconds: number, QueueUrl: string | undefined = undefined): Promise<string[]> {
      await clock.advance(milliseconds);
      return drain(sqs, QueueUrl ?? (await sqs.getQueueUrl({ QueueName: "runs" })).QueueUrl ?? "");
    },
  };
}

async function makeRole(iam: IAM): Promise<string> {
  const RoleName = "scheduler";
  const made = await iam
    .createRole({ RoleName, AssumeRolePolicyDocument: schedulerTrust })
    .catch(() => iam.getRole({ RoleName }));
  return made.Role?.Arn ?? "";
}

async function drain(sqs: SQS, QueueUrl: string): Promise<string[]> {
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
    if (Messages.length === 0) return bodies;
    bodies.push(...Messages.map(({ Body = "" }) => Body));
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.deleteMessageBatch({ QueueUrl, Entries });
  }
}
