import type { Constraints } from "../../protocols/constraints.ts";

const groupName = { minimum: 1, maximum: 512, pattern: "[\\.\\-_/#A-Za-z0-9]+" };
const streamName = { minimum: 1, maximum: 512, pattern: "[^:*]*" };
const pageSize = { minimum: 1, maximum: 50 };
const eventCount = { minimum: 1, maximum: 10_000 };

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html */
export const constraints: Constraints = {
  logGroupName: groupName,
  logGroupNamePrefix: groupName,
  logGroupNamePattern: { maximum: 512, pattern: "[\\.\\-_/#A-Za-z0-9]*" },
  logGroupIdentifier: { minimum: 1, maximum: 2048 },
  logGroupIdentifiers: { minimum: 1, maximum: 50 },
  logGroupClass: { values: ["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"] },
  logStreamName: streamName,
  logStreamNamePrefix: streamName,
  logStreamNames: { minimum: 1, maximum: 100 },
  logEvents: eventCount,
  orderBy: { values: ["LogStreamName", "LastEventTime"] },
  filterPattern: { maximum: 1024 },
  startTime: { minimum: 0 },
  endTime: { minimum: 0 },
  resourceArn: { minimum: 1, maximum: 1011 },
  tags: { minimum: 1, maximum: 50 },
  tagKeys: { maximum: 50 },
  limit: pageSize,
  "GetLogEvents.limit": eventCount,
  "FilterLogEvents.limit": eventCount,
};
