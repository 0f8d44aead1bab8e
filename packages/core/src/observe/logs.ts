import { FardelError } from "../errors.ts";
import type { EnvironmentDescriptor } from "../infra/descriptor.ts";
import { lastPart, shortTaskId } from "../release/names.ts";
import type { Surroundings } from "../release/request.ts";
import { sleep, systemTime } from "../release/time.ts";

export interface LogRequest extends Surroundings {
  /** Services and tasks; unless given, all. */
  workloads?: readonly string[];
  /** Milliseconds since 1970; unless given, the last ten minutes. */
  since?: number;
  /** CloudWatch Logs filter pattern. */
  filter?: string;
  /** Only lines of the task whose id ends, or begins, like this. */
  task?: string;
  /** Go on with new lines until the signal is aborted. */
  follow: boolean;
  signal?: AbortSignal;
}

export interface LogLine {
  /** Milliseconds since 1970. */
  at: number;
  /** Service or task. */
  workload: string;
  /** Its container that wrote the line: the service's or task's own one has the same name, a sidecar its own. */
  container: string;
  /** Last eight characters of the task's ARN. */
  task: string;
  message: string;
}

/**
 * Log lines of services and tasks, merged by time. Following gives each line once, in the order CloudWatch Logs has taken
 * them in.
 *
 * @throws FardelError `LOGS_UNKNOWN` for a service or task that has no log group.
 */
export async function* readLogs(request: LogRequest): AsyncGenerator<LogLine, void> {
  const { aws, descriptor, follow, signal, time = systemTime } = request;
  const groups = groupsOf(descriptor, request.workloads);
  const since = request.since ?? time.now() - tenMinutes;
  const cursors = groups.map(([workload, group]): Cursor => ({ workload, group, from: since, seen: new Map() }));
  const local = aws.target.endpoint !== undefined;
  for (;;) {
    const pages = await Promise.all(cursors.map((cursor) => readNew(request, cursor)));
    yield* pages.flat().sort((a, b) => a.at - b.at);
    if (!follow || signal?.aborted) return;
    try {
      await sleep(time, pollMs(local), signal);
    } catch {
      // The signal was aborted: that is how following ends.
      return;
    }
  }
}

const tenMinutes = 10 * 60_000;
const pollMs = (local: boolean) => (local ? 300 : 2000);
/** A line may be taken in this long after later ones; lines before that are not looked for again. */
const latestArrivalMs = 60_000;

interface Cursor {
  workload: string;
  group: string;
  /** Where to read from, milliseconds since 1970. */
  from: number;
  /** Time of each line given since `from`, by its id. */
  seen: Map<string, number>;
}

function groupsOf({ logGroups, app, environment }: EnvironmentDescriptor, names: readonly string[] | undefined) {
  const unknown = names?.find((name) => logGroups[name] === undefined);
  if (unknown !== undefined) {
    throw new FardelError("LOGS_UNKNOWN", `${app} has no service or task ${unknown} in ${environment}.`, {
      fix: `There is ${Object.keys(logGroups).join(", ")}.`,
      exitCode: 2,
    });
  }
  return Object.entries(logGroups).filter(([name]) => names === undefined || names.includes(name));
}

async function readNew({ aws, filter, task }: LogRequest, cursor: Cursor): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  let token: string | undefined;
  do {
    const { events = [], nextToken } = await aws.logs.filterLogEvents({
      logGroupName: cursor.group,
      startTime: cursor.from,
      ...(filter !== undefined && { filterPattern: filter }),
      ...(token && { nextToken: token }),
    });
    for (const { eventId = "", timestamp: at = 0, logStreamName = "", message = "" } of events) {
      if (cursor.seen.has(eventId) || !isOfTask(logStreamName, task)) continue;
      cursor.seen.set(eventId, at);
      const { workload } = cursor;
      lines.push({
        at,
        workload,
        container: containerOf(logStreamName) ?? workload,
        task: shortTaskId(logStreamName),
        message,
      });
    }
    token = nextToken;
  } while (token);
  // By the clock of the lines themselves: this machine's may be ahead of it, and would ask for what is still to come.
  cursor.from = [...cursor.seen.values()].reduce((from, at) => Math.max(from, at - latestArrivalMs), cursor.from);
  for (const [id, at] of cursor.seen) if (at < cursor.from) cursor.seen.delete(id);
  return lines;
}

/** Streams are named `<workload>/<container>/<task id>`: awslogs puts the container between its prefix and the id. */
function containerOf(stream: string): string | undefined {
  return stream.split("/").at(-2);
}

function isOfTask(stream: string, task: string | undefined): boolean {
  const id = lastPart(stream);
  return task === undefined || id.startsWith(task) || id.endsWith(task);
}
