import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { compileFilterPattern } from "./filter-pattern.ts";
import { type LogEvent, LogStore } from "./log-store.ts";

interface Position {
  timestamp: number;
  id: number;
}

// "The maximum number of events to return. The default is 10,000 events."
const maximumEvents = 10_000;

export function eventOperations(region: Region): Operations<typeof import("@aws-sdk/client-cloudwatch-logs")> {
  const store = new LogStore(region);

  return {
    GetLogEvents: (input) => {
      const group = store.groupByNameOrArn(input.logGroupName, input.logGroupIdentifier);
      store.stream(group.name, input.logStreamName);
      const token = input.nextToken === undefined ? undefined : readToken(input.nextToken);
      const forward = token ? token.direction === "f" : (input.startFromHead ?? false);
      const found = store.events({
        group: group.name,
        streams: [input.logStreamName],
        ...(input.startTime !== undefined && { start: input.startTime }),
        ...(input.endTime !== undefined && { end: input.endTime }),
        ...(token && (forward ? { after: token.position } : { before: token.position })),
        limit: input.limit ?? maximumEvents,
        newestFirst: !forward,
      });
      const events = forward ? found : found.reverse();
      // "If you have reached the end of the stream, it returns the same token you passed in."
      const here = token?.position ?? { timestamp: input.startTime ?? 0, id: 0 };
      return {
        events: events.map(({ timestamp, ingestion, message }) => ({ timestamp, message, ingestionTime: ingestion })),
        nextForwardToken: writeToken("f", events.at(-1) ?? here),
        nextBackwardToken: writeToken("b", events[0] ?? here),
      };
    },

    FilterLogEvents: (input) => {
      const group = store.groupByNameOrArn(input.logGroupName, input.logGroupIdentifier);
      if (input.logStreamNames && input.logStreamNamePrefix !== undefined) {
        const message = "The parameters logStreamNames and logStreamNamePrefix are mutually exclusive.";
        throw new AwsError("InvalidParameterException", message);
      }
      for (const name of input.logStreamNames ?? []) store.stream(group.name, name);
      const passes = compileFilterPattern(input.filterPattern ?? "");
      const limit = input.limit ?? maximumEvents;
      const found: LogEvent[] = [];
      let after = input.nextToken === undefined ? undefined : readToken(input.nextToken).position;
      let exhausted = false;
      while (found.length < limit && !exhausted) {
        const batch = store.events({
          group: group.name,
          ...(input.logStreamNames && { streams: input.logStreamNames }),
          ...(input.logStreamNamePrefix !== undefined && { streamPrefix: input.logStreamNamePrefix }),
          ...(input.startTime !== undefined && { start: input.startTime }),
          // FilterLogEvents: "Events with a timestamp later than this time are not returned", so the end is included.
          ...(input.endTime !== undefined && { end: input.endTime + 1 }),
          ...(after && { after }),
          limit,
        });
        exhausted = batch.length < limit;
        for (const event of batch) {
          if (found.length === limit) break;
          after = event;
          if (passes(event.message)) found.push(event);
        }
      }
      return {
        events: found.map((event) => ({
          eventId: String(event.timestamp).padStart(20, "0") + String(event.id).padStart(36, "0"),
          logStreamName: event.stream,
          timestamp: event.timestamp,
          ingestionTime: event.ingestion,
          message: event.message,
        })),
        searchedLogStreams: [],
        ...(!exhausted && after && { nextToken: writeToken("f", after) }),
      };
    },
  };
}

function writeToken(direction: "f" | "b", { timestamp, id }: Position): string {
  return `${direction}/${timestamp}-${id}`;
}

function readToken(text: string): { direction: string; position: Position } {
  const parts = /^([fb])\/(\d+)-(\d+)$/.exec(text);
  if (!parts) throw new AwsError("InvalidParameterException", "The specified nextToken is invalid.");
  return { direction: parts[1] ?? "f", position: { timestamp: Number(parts[2]), id: Number(parts[3]) } };
}
