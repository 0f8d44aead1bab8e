import type { Aws } from "../../aws/clients.ts";
import { isAwsError } from "../../aws/errors.ts";
import type { EnvironmentDescriptor } from "../../infra/descriptor.ts";
import { lastPart } from "../names.ts";

/** Where a container of a task writes to: `<workload>/<container>/<task id>`, as awslogs composes it. */
export interface LogStream {
  logGroupName: string;
  logStreamName: string;
}

/** Of the workload's own container, unless told. Undefined for a workload that the descriptor has no log group for. */
export function logStreamOf(
  descriptor: EnvironmentDescriptor,
  workload: string,
  taskArn: string,
  container = workload,
): LogStream | undefined {
  const logGroupName = descriptor.logGroups[workload];
  return logGroupName === undefined
    ? undefined
    : { logGroupName, logStreamName: `${workload}/${container}/${lastPart(taskArn)}` };
}

/** The last lines of a task, oldest first; none when it never wrote. */
export async function lastLines(aws: Aws, stream: LogStream | undefined, limit: number): Promise<string[]> {
  if (stream === undefined) return [];
  const { events } = await page(aws, { ...stream, limit, startFromHead: false });
  return events;
}

/** Lines that have come since the last page; its token is where the next one begins. */
export async function nextLines(
  aws: Aws,
  stream: LogStream,
  token: string | undefined,
): Promise<{ events: string[]; token: string | undefined }> {
  return page(aws, { ...stream, startFromHead: true, ...(token !== undefined && { nextToken: token }) });
}

async function page(aws: Aws, request: Parameters<Aws["logs"]["getLogEvents"]>[0]) {
  try {
    const { events = [], nextForwardToken } = await aws.logs.getLogEvents(request);
    return { events: events.map(({ message = "" }) => message), token: nextForwardToken };
  } catch (error) {
    // The stream is made with the first container start.
    if (isAwsError(error, "ResourceNotFoundException")) return { events: [], token: undefined };
    throw error;
  }
}
