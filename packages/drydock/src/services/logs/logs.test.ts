import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, test } from "vitest";
import { startTestDrydock } from "../../testing.ts";
import { compileFilterPattern } from "./filter-pattern.ts";

const logGroupName = "/fardel/shop";
const now = Date.now();

async function clientWithStreams(...names: string[]) {
  const client = (await startTestDrydock()).client(CloudWatchLogsClient);
  await client.send(new CreateLogGroupCommand({ logGroupName, tags: { a: "b" } }));
  for (const logStreamName of names) await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  return client;
}

const put = (logStreamName: string, ...messages: string[]) =>
  new PutLogEventsCommand({
    logGroupName,
    logStreamName,
    logEvents: messages.map((message, index) => ({ timestamp: now + index, message })),
  });

test("events come back in the order they were written, page by page in both directions", async () => {
  const client = await clientWithStreams("web/1");
  await client.send(put("web/1", "a", "b", "c", "d", "e"));
  const read = (more: object) =>
    client.send(new GetLogEventsCommand({ logGroupName, logStreamName: "web/1", limit: 2, ...more }));
  const texts = (page: { events?: { message?: string }[] }) => page.events?.map(({ message }) => message);
  const first = await read({ startFromHead: true });
  expect(texts(first)).toEqual(["a", "b"]);
  const second = await read({ nextToken: first.nextForwardToken });
  expect(texts(second)).toEqual(["c", "d"]);
  expect(texts(await read({ nextToken: second.nextBackwardToken }))).toEqual(["a", "b"]);
  const last = await read({ nextToken: second.nextForwardToken });
  const end = await read({ nextToken: last.nextForwardToken });
  expect(end.events).toEqual([]);
  expect(end.nextForwardToken).toBe(last.nextForwardToken);
  expect(texts(await read({}))).toEqual(["d", "e"]);
});

test("a filter reads all streams of a group by time, with a pattern, in pages", async () => {
  const client = await clientWithStreams("web/1", "worker/1");
  await client.send(put("web/1", "GET / 200", "GET /x 500"));
  await client.send(put("worker/1", "wrote row", "failed 500"));
  const found = await client.send(new FilterLogEventsCommand({ logGroupName, filterPattern: "500 -GET" }));
  expect(found.events?.map(({ message, logStreamName }) => [logStreamName, message])).toEqual([
    ["worker/1", "failed 500"],
  ]);
  const pages: (string | undefined)[] = [];
  for await (const page of paginateFilterLogEvents({ client, pageSize: 3 }, { logGroupName, startTime: now })) {
    pages.push(...(page.events ?? []).map(({ message }) => message));
  }
  expect(pages).toEqual(["GET / 200", "wrote row", "GET /x 500", "failed 500"]);
});

test("events too old or too new are rejected, and said so", async () => {
  const client = await clientWithStreams("s");
  const day = 24 * 60 * 60 * 1000;
  const answer = await client.send(
    new PutLogEventsCommand({
      logGroupName,
      logStreamName: "s",
      logEvents: [
        { timestamp: now - 20 * day, message: "old" },
        { timestamp: now, message: "kept" },
        { timestamp: now + day, message: "new" },
      ],
    }),
  );
  expect(answer.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 });
  const { events } = await client.send(new FilterLogEventsCommand({ logGroupName }));
  expect(events?.map(({ message }) => message)).toEqual(["kept"]);
});

test("groups and streams are listed, and go with what is in them", async () => {
  const client = await clientWithStreams("b", "a");
  await client.send(put("b", "x"));
  await client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 14 }));
  const groups = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/fardel" }));
  expect(groups.logGroups?.[0]).toMatchObject({ logGroupName, retentionInDays: 14 });
  const streams = await client.send(
    new DescribeLogStreamsCommand({ logGroupName, orderBy: "LastEventTime", descending: true }),
  );
  expect(streams.logStreams?.map(({ logStreamName }) => logStreamName)).toEqual(["b", "a"]);
  await client.send(new DeleteLogGroupCommand({ logGroupName }));
  await expect(client.send(new FilterLogEventsCommand({ logGroupName }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
});

describe("filter patterns", () => {
  test.each([
    ["", "anything", true],
    ["ERROR", "an ERROR here", true],
    ["ERROR", "an error here", false],
    ['"a phrase"', "this is a phrase", true],
    ["a -b", "a b", false],
    ["?x ?y", "only y", true],
    ["?x ?y", "neither", false],
    ["%5\\d\\d%", "GET 503", true],
  ])("%j against %j is %s", (pattern, message, expected) => {
    expect(compileFilterPattern(pattern)(message)).toBe(expected);
  });
});
