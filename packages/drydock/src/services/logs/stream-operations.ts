import type { LogStream as DescribedStream } from "@aws-sdk/client-cloudwatch-logs";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { type LogGroup, LogStore, type LogStream } from "./log-store.ts";

// PutLogEvents: "The maximum batch size is 1,048,576 bytes, calculated as the sum of all event messages in UTF-8, plus 26
// bytes for each log event." "None of the log events can be more than 2 hours in the future" or older than 14 days.
const maximumBatchBytes = 1_048_576;
const eventOverheadBytes = 26;
const maximumEvents = 10_000;
const futureMilliseconds = 2 * 60 * 60 * 1000;
const pastMilliseconds = 14 * 24 * 60 * 60 * 1000;

export function streamOperations(region: Region): Operations<typeof import("@aws-sdk/client-cloudwatch-logs")> {
  const store = new LogStore(region);

  return {
    CreateLogStream: (input) => {
      if (!/^[^:*]{1,512}$/.test(input.logStreamName)) {
        const message = `1 validation error detected: Value '${input.logStreamName}' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*`;
        throw new AwsError("InvalidParameterException", message);
      }
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
      const now = region.clock.now();
      const oldest = now - Math.min(pastMilliseconds, (group.retentionDays ?? 14) * 24 * 60 * 60 * 1000);
      const tooNew = events.findIndex(({ timestamp }) => timestamp > now + futureMilliseconds);
      const firstKept = events.findIndex(({ timestamp }) => timestamp >= oldest);
      const tooOld = firstKept < 0 ? events.length : firstKept;
      const kept = events.slice(tooOld, tooNew < 0 ? undefined : tooNew);
      if (kept.length > 0) store.append(group, input.logStreamName, kept);
      const rejected = tooNew >= 0 || tooOld > 0;
      return {
        nextSequenceToken: String(now),
        ...(rejected && {
          rejectedLogEventsInfo: {
            ...(tooNew >= 0 && { tooNewLogEventStartIndex: tooNew }),
            ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
          },
        }),
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
  if (events.length === 0 || events.length > maximumEvents || events.some(({ message }) => message === "")) {
    const message = `A batch has 1 to ${maximumEvents} log events, and no message may be empty.`;
    throw new AwsError("InvalidParameterException", message);
  }
  if (events.some(({ timestamp }, index) => timestamp < (events[index - 1]?.timestamp ?? 0))) {
    const message = "Log events in a single PutLogEvents request must be in chronological order.";
    throw new AwsError("InvalidParameterException", message);
  }
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
