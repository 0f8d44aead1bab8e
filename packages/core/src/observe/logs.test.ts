import { expect, test } from "vitest";
import type { Aws } from "../aws/clients.ts";
import { descriptor } from "../release/release.fixture.ts";
import { hurriedTime } from "../release/time.fixture.ts";
import { type LogLine, type LogRequest, readLogs } from "./logs.ts";

const start = Date.UTC(2026, 0, 1);

interface Event {
  group: string;
  id: string;
  at: number;
  message: string;
  /** The round of looks in which CloudWatch Logs has taken it in. */
  round: number;
  container?: string;
}

/** CloudWatch Logs that gives one event a page. */
function world(events: Event[]) {
  const rounds = new Map<string, number>();
  const asked: { startTime?: number; filterPattern?: string }[] = [];
  const aws = {
    target: { endpoint: "http://127.0.0.1:1" },
    logs: {
      async filterLogEvents(input: { logGroupName: string; startTime: number; nextToken?: string }) {
        const { logGroupName, startTime, nextToken } = input;
        asked.push(input);
        const round = (rounds.get(logGroupName) ?? 0) + (nextToken === undefined ? 1 : 0);
        rounds.set(logGroupName, round);
        const found = events.filter(
          (each) => each.group === logGroupName && each.round <= round && each.at >= startTime,
        );
        const at = Number(nextToken ?? 0);
        return {
          events: found.slice(at, at + 1).map((event) => ({
            eventId: event.id,
            timestamp: event.at,
            logStreamName: `web/${event.container ?? "web"}/0123456789abcdef${event.id}`,
            message: event.message,
          })),
          ...(at + 1 < found.length && { nextToken: String(at + 1) }),
        };
      },
    },
  };
  return { aws: aws as unknown as Aws, asked };
}

async function collect(
  events: Event[],
  request: Partial<LogRequest>,
  enough = Number.POSITIVE_INFINITY,
  time = hurriedTime(start),
) {
  const { aws, asked } = world(events);
  const stop = new AbortController();
  const lines: LogLine[] = [];
  for await (const line of readLogs({ aws, descriptor, time, follow: false, signal: stop.signal, ...request })) {
    lines.push(line);
    if (lines.length === enough) stop.abort();
  }
  return { lines, asked };
}

const web = descriptor.logGroups.web ?? "";
const worker = descriptor.logGroups.worker ?? "";
const events: Event[] = [
  { group: web, id: "a", at: start - 3000, message: "one", round: 1 },
  { group: worker, id: "b", at: start - 2000, message: "two", round: 1 },
  { group: web, id: "c", at: start - 1000, message: "three", round: 1 },
  { group: web, id: "d", at: start, message: "four", round: 2 },
  { group: web, id: "e", at: start - 500, message: "late", round: 3 },
];

test("lines of all services and tasks are merged by time", async () => {
  const { lines } = await collect(events, {});
  expect(lines.map(({ workload, message }) => `${workload} ${message}`)).toEqual([
    "web one",
    "worker two",
    "web three",
  ]);
  expect(lines[0]).toEqual({ at: start - 3000, workload: "web", container: "web", task: "9abcdefa", message: "one" });
});

test("a sidecar's lines tell its name, and one task's lines can be told from the others'", async () => {
  const agent: Event = { group: web, id: "f", at: start, message: "agent", round: 1, container: "datadog" };
  const { lines } = await collect([...events, agent], { workloads: ["web"], task: "abcdeff" });
  expect(lines.map(({ workload, container, task, message }) => [workload, container, task, message])).toEqual([
    ["web", "datadog", "9abcdeff", "agent"],
  ]);
});

test("only what is asked for is read", async () => {
  const { lines, asked } = await collect(events, { workloads: ["web"], since: start - 1000, filter: "ERROR" });
  expect(lines.map(({ message }) => message)).toEqual(["three"]);
  expect(asked).toMatchObject([{ startTime: start - 1000, filterPattern: "ERROR" }]);
  await expect(collect(events, { workloads: ["wbe"] })).rejects.toMatchObject({
    message: "shop has no service or task wbe in production.",
    fix: "There is web, worker, migrate.",
  });
});

test("following gives each line once, also one that CloudWatch Logs takes in late, and ends when told to", async () => {
  const { lines } = await collect(events, { workloads: ["web"], follow: true }, 4);
  expect(lines.map(({ message }) => message)).toEqual(["one", "three", "four", "late"]);
});

test("following goes on by the clock of the lines, also where this machine's is minutes ahead", async () => {
  const ahead = hurriedTime(start + 5 * 60_000);
  const { lines } = await collect(events, { workloads: ["web"], follow: true }, 4, ahead);
  expect(lines.map(({ message }) => message)).toEqual(["one", "three", "four", "late"]);
});
