import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { datesToWall } from "../../scaled-clock.ts";
import type { Route } from "../../service.ts";
import { credentialsPrefix, metadataPrefix } from "./environment.ts";
import { containerMetadata, taskMetadata } from "./metadata.ts";
import { type TaskRecord, taskRecords } from "./record.ts";
import { livesOf } from "./runner.ts";

/** The endpoints a task finds in its environment: task metadata version 4 and the credentials of its role. */
export function taskRoutes(region: Region): Route[] {
  return [
    {
      prefix: metadataPrefix,
      handle: async (request, response) => {
        const [runtimeId = "", ...path] = pathBelow(request, metadataPrefix);
        const value = await metadata(region, runtimeId, path.join("/"));
        if (value === undefined) send(response, 404, { message: "no such container, or it has stopped" });
        else send(response, 200, datesToWall(region.clock, value));
      },
    },
    {
      prefix: credentialsPrefix,
      handle: async (request, response) => {
        const [taskId = ""] = pathBelow(request, credentialsPrefix);
        const record = taskRecords(region).get(taskId);
        if (!record?.spec.taskRoleArn || !hasToken(request, record)) {
          send(response, 401, { code: "InvalidCredentials", message: "the authorization token is not that of a task" });
          return;
        }
        await sendCredentials(region, taskId, record.spec.taskRoleArn, response);
      },
    },
  ];
}

async function metadata(region: Region, runtimeId: string, path: string): Promise<unknown> {
  const taskId = runtimeId.slice(0, runtimeId.lastIndexOf("-"));
  const record = taskRecords(region).get(taskId);
  const name = Object.entries(record?.containers ?? {}).find(([, container]) => container.runtimeId === runtimeId)?.[0];
  if (!record || name === undefined) return undefined;
  const usage = (container: string) => livesOf(region).get(taskId)?.usage(container);
  const statistics = async (container: string) => {
    const used = await usage(container);
    return used && dockerStatistics(record.containers[container]?.runtimeId ?? "", container, used, region.clock.now());
  };
  switch (path) {
    case "":
      return containerMetadata(record, name);
    case "task":
      return taskMetadata(record, { tags: false });
    case "taskWithTags":
      return taskMetadata(record, { tags: true });
    case "stats":
      return statistics(name);
    case "task/stats": {
      const all = Object.entries(record.containers).map(async ([container, { runtimeId: id }]) => [
        id,
        (await statistics(container)) ?? null,
      ]);
      return Object.fromEntries(await Promise.all(all));
    }
    default:
      return undefined;
  }
}

/** The part of Docker's statistics that holds for a group of processes. https://docs.docker.com/reference/api/engine/ */
function dockerStatistics(
  id: string,
  name: string,
  used: { memoryBytes: number; cpuMilliseconds: number },
  now: number,
): Record<string, unknown> {
  return {
    read: new Date(now),
    id,
    name,
    cpu_stats: { cpu_usage: { total_usage: used.cpuMilliseconds * 1e6 } },
    memory_stats: { usage: used.memoryBytes },
  };
}

/** As the SDKs' container credentials provider reads it. */
async function sendCredentials(
  region: Region,
  taskId: string,
  roleArn: string,
  response: ServerResponse,
): Promise<void> {
  try {
    const session = await region.call("sts").AssumeRole({ RoleArn: roleArn, RoleSessionName: taskId });
    const { Credentials } = datesToWall(region.clock, session);
    send(response, 200, {
      RoleArn: roleArn,
      AccessKeyId: Credentials?.AccessKeyId,
      SecretAccessKey: Credentials?.SecretAccessKey,
      Token: Credentials?.SessionToken,
      Expiration: Credentials?.Expiration,
    });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    send(response, 400, { code: error.code, message: error.message });
  }
}

function hasToken(request: IncomingMessage, record: TaskRecord): boolean {
  const given = Buffer.from(request.headers.authorization ?? "");
  const expected = Buffer.from(record.credentialsToken);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function pathBelow(request: IncomingMessage, prefix: string): string[] {
  const { pathname } = new URL(request.url ?? "/", "http://drydock");
  return pathname.slice(prefix.length).split("/").filter(Boolean);
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}
