import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { type InvocationRecord, invocationsOf } from "./records.ts";
import { payload, scheduledTime } from "./targets/payload.ts";
import { queueUrl } from "./targets/sqs.ts";
import { invokeTarget } from "./targets/targets.ts";

const second = 1000;
const longestPause = 60 * second;

/**
 * Brings runs that have begun to their targets: each is on disk until its target has taken it or its retries are spent,
 * so that a crash loses none. `ended` hears of each that is over.
 */
export class Deliveries {
  private readonly region: Region;
  private readonly ended: (invocation: InvocationRecord) => void;
  private readonly timers = new Map<string, () => void>();
  private readonly running = new Set<Promise<void>>();
  private closed = false;

  constructor(region: Region, ended: (invocation: InvocationRecord) => void) {
    this.region = region;
    this.ended = ended;
    region.onClose(async () => {
      this.closed = true;
      for (const cancel of this.timers.values()) cancel();
      await Promise.all(this.running);
    });
  }

  /** Takes up what a former process had begun. */
  resume(): void {
    for (const invocation of invocationsOf(this.region).list()) this.arm(invocation);
  }

  begin(invocation: InvocationRecord): void {
    invocationsOf(this.region).put(invocation.id, invocation);
    this.arm(invocation);
  }

  /** Are there runs of this schedule under way? */
  has(schedule: string): boolean {
    return invocationsOf(this.region)
      .list()
      .some((invocation) => invocation.schedule === schedule);
  }

  private arm(invocation: InvocationRecord): void {
    const { clock } = this.region;
    const cancel = clock.after(Math.max(0, invocation.nextAttempt - clock.now()), () => {
      this.timers.delete(invocation.id);
      const attempt = this.attempt(invocation).finally(() => this.running.delete(attempt));
      this.running.add(attempt);
    });
    this.timers.set(invocation.id, cancel);
  }

  private async attempt(invocation: InvocationRecord): Promise<void> {
    if (this.closed) return;
    try {
      await invokeTarget(this.region, invocation);
    } catch (error) {
      const pause = this.pauseBeforeRetry(invocation, error);
      if (typeof pause === "number") {
        const nextAttempt = this.region.clock.now() + pause;
        const again = { ...invocation, attempts: invocation.attempts + 1, nextAttempt };
        invocationsOf(this.region).put(invocation.id, again);
        if (!this.closed) this.arm(again);
        return;
      }
      await this.giveUp(invocation, error, pause);
    }
    // Together: a schedule that is to go after its last run would stay for good where only the run is gone.
    this.region.store.transaction(() => {
      invocationsOf(this.region).delete(invocation.id);
      this.ended(invocation);
    });
  }

  /**
   * "Retry attempts with exponential backoff continue until either the maximum number of attempts is made or until the
   * duration of the MaximumEventAgeInSeconds is reached": the pause, or what was exhausted. What the target refuses for
   * good is not tried again.
   */
  private pauseBeforeRetry(
    { target, attempts, begun }: InvocationRecord,
    error: unknown,
  ): number | "MaximumRetryAttempts" | "MaximumEventAgeInSeconds" | "NotRetryable" {
    const { MaximumRetryAttempts = 185, MaximumEventAgeInSeconds = 86_400 } = target.RetryPolicy ?? {};
    if (!isRetryable(error)) return "NotRetryable";
    if (attempts >= MaximumRetryAttempts) return "MaximumRetryAttempts";
    const pause = Math.min(second * 2 ** attempts, longestPause);
    const age = this.region.clock.now() + pause - begun;
    return age > MaximumEventAgeInSeconds * second ? "MaximumEventAgeInSeconds" : pause;
  }

  /** https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html */
  private async giveUp(invocation: InvocationRecord, error: unknown, exhausted: string): Promise<void> {
    const { region } = this;
    const { code, message } = error instanceof AwsError ? error : { code: "InternalFailure", message: String(error) };
    region.log(`scheduler: ${invocation.scheduleArn} could not invoke ${invocation.target.Arn}: ${code}: ${message}`);
    const deadLetters = invocation.target.DeadLetterConfig?.Arn;
    if (deadLetters === undefined) return;
    const attributes = {
      ERROR_CODE: code,
      ERROR_MESSAGE: message,
      EXECUTION_ID: invocation.id,
      ...(exhausted !== "NotRetryable" && { EXHAUSTED_RETRY_CONDITION: exhausted }),
      IS_PAYLOAD_TRUNCATED: "false",
      RETRY_ATTEMPTS: String(invocation.attempts),
      SCHEDULED_TIME: scheduledTime(region, invocation),
      SCHEDULE_ARN: invocation.scheduleArn,
      TARGET_ARN: invocation.target.Arn ?? "",
    };
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
    );
    // SQS takes ten attributes, and no more than these are ever there.
    const MessageBody = payload(region, invocation);
    await region
      .call("sqs")
      .SendMessage({ QueueUrl: queueUrl(region, deadLetters), MessageBody, MessageAttributes })
      .catch((problem) => region.log(`scheduler: the dead-letter queue ${deadLetters} took nothing: ${problem}`));
  }
}

/** Throttling and faults of the service pass; a refusal stays one. */
function isRetryable(error: unknown): boolean {
  if (!(error instanceof AwsError)) return true;
  return (error.status ?? 400) >= 500 ? error.code !== "NotImplemented" : /Throttl|TooManyRequests/.test(error.code);
}
