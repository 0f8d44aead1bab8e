import type { LogStream as DescribedStream } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import { wallClock } from "../../scaled-clock.ts";
import type { Operations } from "../../service.ts";
import { type LogGroup, LogStore, type LogStream } from "./log-store.ts";

// PutLogEvents: "The maximum batch size is 1,048,576 bytes, calculated as the sum of all event messages in UTF-8, plus 26
// bytes for each log event." "None of the log events can be more than 2 hours in the future" or older than 14 days.
const maximumBatchBytes = 1_048_576;
const eventOverheadBytes = 26;
const dayMilliseconds = 24 * 60 * 60 * 1000;
const futureMilliseconds = 2 * 60 * 60 * 1000;
const pastMilliseconds = 14 * dayMilliseconds;

export function streamOperations(region: Region): Operations<typeof import("@aws-sdk/client-cloudwatch-logs")> {
  const store = new LogStore(region);

  return {
    CreateLogStream: (input) => {
      store.createStream(input.logGroupName, input.logStreamName);
      return {};
    },

    DeleteLogStream: (input) => {
      store.group(input.logGroupName);
      store.deleteStream(input.logGroupName, input.logStreamName);
      return {};
    },

    DescribeLogStreams: (input) => {
      const group = store.groupByNameOrArn(input.logGroupName, input.logGroupIdentifier);
      const byTime = input.orderBy === "LastEventTime";
      if (byTime && input.logStreamNamePrefix !== undefined) {
        throw new AwsError("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.");
      }
      const key = (stream: LogStream) =>
        byTime ? `${String(stream.lastEvent ?? 0).padStart(16, "0")} ${stream.name}` : stream.name;
      const streams = store.streams(group.name, input.logStreamNamePrefix);
      // Descending pages count down from the end: the key's order is turned around by taking its complement.
      const ordered = [...streams].sort((a, b) => (key(a) < key(b) ? -1 : 1));
      if (input.descending) ordered.reverse();
      const place = new Map(ordered.map((stream, index) => [stream.name, String(index).padStart(9, "0")]));
      const page = paginate(ordered, ({ name }) => place.get(name) ?? "", {
        token: input.nextToken,
        limit: input.limit ?? 50,
        invalidTokenCode: "InvalidParameterException",
      });
      return { logStreams: page.items.map((stream) => describe(group, stream)), nextToken: page.nextToken };
    },

    PutLogEvents: (input) => {
      const group = store.group(input.logGroupName);
      store.stream(group.name, input.logStreamName);
      const events = input.logEvents.map(({ timestamp = 0, message = "" }) => ({ timestamp, message }));
      checkBatch(events);
      const now = wallClock(region.clock).now();
      // Events are in order of time: those before an index are too old, those from one on are too new.
      const olderThan = (limit: number) => events.filter(({ timestamp }) => timestamp < now - limit).length;
      const tooOld = olderThan(pastMilliseconds);
      const expired = group.retentionDays === undefined ? 0 : olderThan(group.retentionDays * dayMilliseconds);
      const tooNew = events.findIndex(({ timestamp }) => timestamp > now + futureMilliseconds);
      checkSpan(events.slice(tooOld, tooNew < 0 ? undefined : tooNew));
      const kept = events.slice(Math.max(tooOld, expired), tooNew < 0 ? undefined : tooNew);
      if (kept.length > 0) store.append(group, input.logStreamName, kept);
      const rejected = {
        ...(tooNew >= 0 && { tooNewLogEventStartIndex: tooNew }),
        ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
        ...(expired > tooOld && { expiredLogEventEndIndex: expired }),
      };
      return {
        nextSequenceToken: String(now),
        ...(Object.keys(rejected).length > 0 && { rejectedLogEventsInfo: rejected }),
      };
    },
  };
}

function checkBatch(events: { timestamp: number; message: string }[]): void {
  const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + eventOverheadBytes, 0);
  if (bytes > maximumBatchBytes) {
    throw new AwsError(
      "InvalidParameterException",
      `Upload too large: ${bytes} bytes exceeds limit of ${maximumBatchBytes}`,
    );
  }
  const empty = events.findIndex(({ message }) => message === "");
  if (empty >= 0) {
    const message = `1 validation error detected: Value '' at 'logEvents.${empty + 1}.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1`;
    throw new AwsError("InvalidParameterException", message);
  }
  if (events.some(({ timestamp }, index) => timestamp < (events[index - 1]?.timestamp ?? 0))) {
    const message = "Log events in a single PutLogEvents request must be in chronological order.";
    throw new AwsError("InvalidParameterException", message);
  }
}

/** "For valid events (within 14 days in the past to 2 hours in future), the time span in a single batch cannot exceed 24 hours." */
function checkSpan(events: { timestamp: number }[]): void {
  if ((events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0) <= dayMilliseconds) return;
  const message = "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.";
  throw new AwsError("InvalidParameterException", message);
}

function describe(group: LogGroup, stream: LogStream): DescribedStream {
  return {
    logStreamName: stream.name,
    arn: `${group.arn}:log-stream:${stream.name}`,
    creationTime: stream.created,
    firstEventTimestamp: stream.firstEvent,
    lastEventTimestamp: stream.lastEvent,
    lastIngestionTime: stream.lastIngestion,
    storedBytes: 0,
    uploadSequenceToken: String(stream.lastIngestion ?? stream.created),
  };
}
