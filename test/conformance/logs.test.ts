import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { expect, test } from "vitest";
import { conformance, pages, refusals, refused } from "./targets.ts";

const reference = (page: string) =>
  `https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_${page}.html`;
const hour = 60 * 60 * 1000;
const day = 24 * hour;

conformance((target) => {
  const logs = target.client(CloudWatchLogs);
  const group = async (logGroupName: string, more = {}) => {
    await logs.createLogGroup({ logGroupName, ...more });
    return logGroupName;
  };
  const stream = async (logGroupName: string, logStreamName = "s") => {
    await logs.createLogStream({ logGroupName, logStreamName });
    return { logGroupName, logStreamName };
  };
  const now = Date.now();
  const event = (message: string, age = 0) => ({ timestamp: now - age, message });
  const found = async (logGroupNamePrefix: string) => (await logs.describeLogGroups({ logGroupNamePrefix })).logGroups;

  test("CreateLogGroup, DescribeLogGroups, DeleteLogGroup", async () => {
    for (const name of ["/groups/b", "/groups/a", "/other"]) await group(name);
    const groups = await found("/groups/");
    const arn = `arn:aws:logs:${target.region}:${target.accountId}:log-group:/groups/a`;
    expect(groups?.map(({ logGroupName }) => logGroupName)).toEqual(["/groups/a", "/groups/b"]);
    expect(groups?.[0]).toMatchObject({ arn: `${arn}:*`, logGroupArn: arn, metricFilterCount: 0, storedBytes: 0 });
    await target.motoDiffers(reference("LogGroup"), () => expect(groups?.[0]?.logGroupClass).toBe("STANDARD"));
    const paged = await pages(
      (nextToken) => logs.describeLogGroups({ logGroupNamePrefix: "/groups/", limit: 1, nextToken }),
      ({ logGroups, nextToken }) => [logGroups, nextToken],
    );
    expect(paged.map((page) => page.map(({ logGroupName }) => logGroupName))).toEqual([["/groups/a"], ["/groups/b"]]);
    const byPattern = await logs.describeLogGroups({ logGroupNamePattern: "ROUPS/b" });
    await target.motoDiffers(reference("DescribeLogGroups"), () =>
      expect(byPattern.logGroups?.map(({ logGroupName }) => logGroupName)).toEqual(["/groups/b"]),
    );
    await logs.deleteLogGroup({ logGroupName: "/groups/a" });
    expect(await found("/groups/")).toHaveLength(1);
    await refused(logs.deleteLogGroup({ logGroupName: "/groups/a" }), "ResourceNotFoundException");
  });

  test("PutRetentionPolicy, DeleteRetentionPolicy", async () => {
    const logGroupName = await group("/retention");
    await logs.putRetentionPolicy({ logGroupName, retentionInDays: 30 });
    expect((await found(logGroupName))?.[0]?.retentionInDays).toBe(30);
    await logs.deleteRetentionPolicy({ logGroupName });
    expect((await found(logGroupName))?.[0]?.retentionInDays).toBeUndefined();
  });

  test("PutLogGroupDeletionProtection keeps a group until it is taken off", async () => {
    const logGroupName = await group("/protected");
    await target.motoDiffers(reference("PutLogGroupDeletionProtection"), async () => {
      const protect = (deletionProtectionEnabled: boolean) =>
        logs.putLogGroupDeletionProtection({ logGroupIdentifier: logGroupName, deletionProtectionEnabled });
      await protect(true);
      await refused(logs.deleteLogGroup({ logGroupName }), "ValidationException");
      await protect(false);
      await logs.deleteLogGroup({ logGroupName });
    });
  });

  test("tags, by ARN and by the older calls by name", async () => {
    const logGroupName = await group("/tags", { tags: { a: "1" } });
    const resourceArn = (await found(logGroupName))?.[0]?.logGroupArn ?? "";
    await logs.tagResource({ resourceArn, tags: { a: "2", b: "3" } });
    expect((await logs.listTagsForResource({ resourceArn })).tags).toEqual({ a: "2", b: "3" });
    await logs.untagResource({ resourceArn, tagKeys: ["b", "none"] });
    await logs.tagLogGroup({ logGroupName, tags: { c: "4" } });
    await logs.untagLogGroup({ logGroupName, tags: ["a"] });
    expect((await logs.listTagsLogGroup({ logGroupName })).tags).toEqual({ c: "4" });
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, ""]));
    await target.motoDiffers(reference("TagResource"), () =>
      refused(logs.tagResource({ resourceArn, tags }), "TooManyTagsException"),
    );
  });

  test("CreateLogStream, DescribeLogStreams in both orders, DeleteLogStream", async () => {
    const logGroupName = await group("/streams");
    for (const name of ["b", "a", "c"]) await stream(logGroupName, name);
    await logs.putLogEvents({ logGroupName, logStreamName: "b", logEvents: [event("new")] });
    await logs.putLogEvents({ logGroupName, logStreamName: "a", logEvents: [event("old", hour), event("older", 0)] });
    await logs.putLogEvents({ logGroupName, logStreamName: "c", logEvents: [event("oldest", 2 * hour)] });
    const names = async (more: object) =>
      (await logs.describeLogStreams({ logGroupName, ...more })).logStreams?.map((each) => each.logStreamName);
    expect(await names({})).toEqual(["a", "b", "c"]);
    expect(await names({ logStreamNamePrefix: "b" })).toEqual(["b"]);
    expect((await names({ orderBy: "LastEventTime", descending: true }))?.at(-1)).toBe("c");
    const paged = await pages(
      (nextToken) => logs.describeLogStreams({ logGroupName, limit: 2, nextToken }),
      ({ logStreams, nextToken }) => [logStreams, nextToken],
    );
    expect(paged.map((page) => page.length)).toEqual([2, 1]);
    const [first] = paged.flat();
    await target.motoDiffers(reference("LogStream"), () =>
      expect(first).toMatchObject({ firstEventTimestamp: now - hour, lastEventTimestamp: now, storedBytes: 0 }),
    );
    expect(first?.arn).toContain(":log-group:/streams:log-stream:a");
    await logs.deleteLogStream({ logGroupName, logStreamName: "a" });
    expect(await names({})).toEqual(["b", "c"]);
    await refused(logs.deleteLogStream({ logGroupName, logStreamName: "a" }), "ResourceNotFoundException");
  });

  test("GetLogEvents goes both ways by its tokens and ends where they stay the same", async () => {
    const here = await stream(await group("/get"));
    await logs.putLogEvents({ ...here, logEvents: [event("1", 3), event("2", 2), event("3", 1)] });
    const head = await logs.getLogEvents({ ...here, startFromHead: true, limit: 2 });
    expect(head.events?.map(({ message }) => message)).toEqual(["1", "2"]);
    const next = await logs.getLogEvents({ ...here, startFromHead: true, nextToken: head.nextForwardToken });
    expect(next.events?.map(({ message }) => message)).toEqual(["3"]);
    const end = await logs.getLogEvents({ ...here, startFromHead: true, nextToken: next.nextForwardToken });
    expect(end).toMatchObject({ events: [], nextForwardToken: next.nextForwardToken });
    const tail = await logs.getLogEvents({ ...here, limit: 2 });
    expect(tail.events?.map(({ message }) => message)).toEqual(["2", "3"]);
    const before = await logs.getLogEvents({ ...here, nextToken: tail.nextBackwardToken });
    expect(before.events?.map(({ message }) => message)).toEqual(["1"]);
    const window = await logs.getLogEvents({ ...here, startTime: now - 2, endTime: now - 1, startFromHead: true });
    // "Events with a timestamp equal to or later than this time are not included."
    await target.motoDiffers(reference("GetLogEvents"), () => expect(window.events).toHaveLength(1));
    expect(window.events?.[0]).toMatchObject({ timestamp: now - 2, ingestionTime: expect.any(Number) });
  });

  test("FilterLogEvents: patterns, streams, times, pages", async () => {
    const logGroupName = await group("/filter");
    await stream(logGroupName, "web/1");
    await stream(logGroupName, "job/1");
    const put = (logStreamName: string, logEvents: { timestamp: number; message: string }[]) =>
      logs.putLogEvents({ logGroupName, logStreamName, logEvents });
    await put("web/1", [event("GET / 200", 4), event("ERROR one two", 3), event("ERROR two", 1)]);
    await put("job/1", [event("started", 2)]);
    const messages = async (more: object) =>
      (await logs.filterLogEvents({ logGroupName, ...more })).events?.map(({ message }) => message);
    await target.motoDiffers(reference("FilterLogEvents"), async () =>
      expect(await messages({})).toEqual(["GET / 200", "ERROR one two", "started", "ERROR two"]),
    );
    expect(await messages({ filterPattern: "ERROR" })).toEqual(["ERROR one two", "ERROR two"]);
    expect(await messages({ filterPattern: "ERROR one" })).toEqual(["ERROR one two"]);
    expect(await messages({ filterPattern: '"one two"' })).toEqual(["ERROR one two"]);
    await target.motoDiffers(reference("FilterLogEvents"), async () =>
      expect(await messages({ logStreamNamePrefix: "job" })).toEqual(["started"]),
    );
    expect(await messages({ logStreamNames: ["job/1"] })).toEqual(["started"]);
    expect((await messages({ startTime: now - 3, endTime: now - 2 }))?.sort()).toEqual(["ERROR one two", "started"]);
    await target.motoDiffers(
      "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html",
      async () => {
        expect(await messages({ filterPattern: "ERROR -one" })).toEqual(["ERROR two"]);
        expect(await messages({ filterPattern: "?started ?GET" })).toEqual(["GET / 200", "started"]);
        expect(await messages({ filterPattern: "%T.*200%" })).toEqual(["GET / 200"]);
      },
    );
    const paged = await pages(
      (nextToken) => logs.filterLogEvents({ logGroupName, limit: 3, nextToken }),
      ({ events, nextToken }) => [events, nextToken],
    );
    expect(paged.flat().map(({ message }) => message)).toHaveLength(4);
    expect(new Set(paged.flat().map(({ eventId }) => eventId)).size).toBe(4);
  });

  test("PutLogEvents says which events are too old, too new or expired, and keeps the rest", async () => {
    const here = await stream(await group("/rejected"));
    const put = (...logEvents: { timestamp: number; message: string }[]) => logs.putLogEvents({ ...here, logEvents });
    const { rejectedLogEventsInfo } = await put(event("old", 15 * day), event("older", 14.5 * day));
    expect(rejectedLogEventsInfo?.tooOldLogEventEndIndex).toBeDefined();
    // "The index of the last log event that is too old. This field is exclusive."
    await target.motoDiffers(reference("RejectedLogEventsInfo"), () =>
      expect(rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 2 }),
    );
    expect((await put(event("fine"), event("future", -3 * hour))).rejectedLogEventsInfo).toEqual({
      tooNewLogEventStartIndex: 1,
    });
    await target.motoDiffers(reference("RejectedLogEventsInfo"), async () => {
      await logs.putRetentionPolicy({ logGroupName: "/rejected", retentionInDays: 3 });
      expect((await put(event("expired", 3.5 * day), event("kept", 2.9 * day))).rejectedLogEventsInfo).toEqual({
        expiredLogEventEndIndex: 1,
      });
    });
    const { events } = await logs.getLogEvents({ ...here, startFromHead: true });
    expect(events?.map(({ message }) => message)).toContain("fine");
    expect(events?.map(({ message }) => message)).not.toContain("future");
  });

  const here = { logGroupName: "/refused", logStreamName: "s" };
  const put =
    (...logEvents: { timestamp: number; message: string }[]) =>
    async () => {
      await group("/refused")
        .then(() => stream("/refused"))
        .catch(() => undefined);
      return logs.putLogEvents({ ...here, logEvents });
    };
  const missing = { logGroupName: "/none", logStreamName: "s" };
  refusals(target, [
    [
      "a group's name with a space",
      () => group("with space"),
      "InvalidParameterException",
      reference("CreateLogGroup"),
    ],
    ["a group that is there", () => group("/twice").then(() => group("/twice")), "ResourceAlreadyExistsException"],
    ["a stream that is there", () => stream("/twice").then(() => stream("/twice")), "ResourceAlreadyExistsException"],
    [
      "a stream's name with a colon",
      () => stream("/twice", "a:b"),
      "InvalidParameterException",
      reference("CreateLogStream"),
    ],
    ["a stream in no group", () => stream("/none"), "ResourceNotFoundException"],
    [
      "31 days of retention",
      () => logs.putRetentionPolicy({ logGroupName: "/twice", retentionInDays: 31 }),
      "InvalidParameterException",
      reference("PutRetentionPolicy"),
    ],
    [
      "retention of no group",
      () => logs.putRetentionPolicy({ logGroupName: "/none", retentionInDays: 1 }),
      "ResourceNotFoundException",
    ],
    [
      "no retention of no group",
      () => logs.deleteRetentionPolicy({ logGroupName: "/none" }),
      "ResourceNotFoundException",
    ],
    [
      "events to no group",
      () => logs.putLogEvents({ ...missing, logEvents: [event("x")] }),
      "ResourceNotFoundException",
    ],
    [
      "events to no stream",
      () => logs.putLogEvents({ ...here, logStreamName: "none", logEvents: [event("x")] }),
      "ResourceNotFoundException",
    ],
    ["events out of order", put(event("b"), event("a", 1)), "InvalidParameterException"],
    [
      "events more than a day apart",
      put(event("a", 25 * hour), event("b")),
      "InvalidParameterException",
      reference("PutLogEvents"),
    ],
    ["an empty message", put(event("")), "InvalidParameterException", reference("PutLogEvents")],
    ["no events", put(), "InvalidParameterException", reference("PutLogEvents")],
    [
      "more than 1 MiB of events",
      put(...Array.from({ length: 5 }, () => event("x".repeat(210_000)))),
      "InvalidParameterException",
      reference("PutLogEvents"),
    ],
    ["streams of no group", () => logs.describeLogStreams({ logGroupName: "/none" }), "ResourceNotFoundException"],
    [
      "51 streams on a page",
      () => logs.describeLogStreams({ logGroupName: "/twice", limit: 51 }),
      "InvalidParameterException",
    ],
    ["51 groups on a page", () => logs.describeLogGroups({ limit: 51 }), "InvalidParameterException"],
    [
      "an order by time within a prefix",
      () => logs.describeLogStreams({ logGroupName: "/twice", orderBy: "LastEventTime", logStreamNamePrefix: "a" }),
      "InvalidParameterException",
    ],
    ["10,001 events at once", () => logs.getLogEvents({ ...here, limit: 10_001 }), "InvalidParameterException"],
    [
      "the events of no stream",
      () => logs.getLogEvents({ ...here, logStreamName: "none" }),
      "ResourceNotFoundException",
    ],
    ["a token it never gave", () => logs.getLogEvents({ ...here, nextToken: "nonsense" }), "InvalidParameterException"],
    ["to search no group", () => logs.filterLogEvents({ logGroupName: "/none" }), "ResourceNotFoundException"],
    [
      "streams by name and by prefix",
      () => logs.filterLogEvents({ logGroupName: "/twice", logStreamNames: ["s"], logStreamNamePrefix: "s" }),
      "InvalidParameterException",
      reference("FilterLogEvents"),
    ],
    [
      "tags of no group",
      () =>
        logs.listTagsForResource({ resourceArn: `arn:aws:logs:${target.region}:${target.accountId}:log-group:/none` }),
      "ResourceNotFoundException",
      reference("ListTagsForResource"),
    ],
  ]);
});
