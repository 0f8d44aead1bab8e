import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { type Clock, systemClock } from "../../clock.ts";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { Store } from "../../store/store.ts";
import type { TaskSpec } from "./task.ts";

export interface TestRegion extends Region {
  /** Messages by `group:stream`. */
  readonly logged: Map<string, string[]>;
  readonly logGroups: Set<string>;
  readonly secrets: Map<string, string>;
  readonly parameters: Map<string, string>;
  readonly calls: unknown[];
  readonly ownLog: string[];
}

interface AnyInput {
  logGroupName: string;
  logStreamName: string;
  logEvents: { message: string }[];
  SecretId: string;
  Names: string[];
  RoleArn: string;
  RoleSessionName: string;
}

/** A region of which only the store is real; logs, secrets and parameters are maps. */
export function makeTestRegion(options: {
  directory: string;
  clock?: Clock;
  store?: Store;
  /** Called with every message before it counts as logged. */
  onMessage?: (message: string) => void;
}): TestRegion {
  const logged = new Map<string, string[]>();
  const logGroups = new Set(["/app"]);
  const secrets = new Map<string, string>();
  const parameters = new Map<string, string>();
  const calls: unknown[] = [];
  const ownLog: string[] = [];
  const notFound = (message: string) => {
    throw new AwsError("ResourceNotFoundException", message);
  };
  const services: Record<string, Record<string, (input: AnyInput) => unknown>> = {
    logs: {
      CreateLogGroup: ({ logGroupName }) => logGroups.add(logGroupName),
      CreateLogStream: ({ logGroupName, logStreamName }) =>
        logGroups.has(logGroupName)
          ? logged.set(`${logGroupName}:${logStreamName}`, logged.get(`${logGroupName}:${logStreamName}`) ?? [])
          : notFound("The specified log group does not exist."),
      PutLogEvents: ({ logGroupName, logStreamName, logEvents }) => {
        calls.push(logEvents);
        const messages = logEvents.map(({ message }) => message);
        for (const message of messages) options.onMessage?.(message);
        logged.get(`${logGroupName}:${logStreamName}`)?.push(...messages);
      },
    },
    secretsmanager: {
      GetSecretValue: (input) => {
        calls.push(input);
        return secrets.has(input.SecretId)
          ? { SecretString: secrets.get(input.SecretId) }
          : notFound("Secrets Manager can't find the specified secret.");
      },
    },
    ssm: {
      GetParameters: ({ Names }) => ({
        Parameters: Names.filter((Name) => parameters.has(Name)).map((Name) => ({ Name, Value: parameters.get(Name) })),
      }),
    },
    sts: {
      AssumeRole: ({ RoleArn, RoleSessionName }) => ({
        Credentials: {
          AccessKeyId: `ASIA-${RoleArn}`,
          SecretAccessKey: "secret",
          SessionToken: RoleSessionName,
          Expiration: new Date("2030-01-01T00:00:00Z"),
        },
      }),
    },
  };
  return {
    name: "eu-west-1",
    accountId: "111122223333",
    endpoint: new URL("http://127.0.0.1:4566/"),
    directory: options.directory,
    store: options.store ?? new Store(),
    clock: options.clock ?? systemClock,
    log: (message) => void ownLog.push(message),
    call: ((service: string) =>
      new Proxy(
        {},
        { get: (_, operation) => async (input: AnyInput) => services[service]?.[String(operation)]?.(input) },
      )) as Region["call"],
    onClose: () => {},
    logged,
    logGroups,
    secrets,
    parameters,
    calls,
    ownLog,
  } satisfies Omit<TestRegion, "vault"> as never;
}

export const taskId = "0123456789abcdef0123456789abcdef";

/** A task of the given containers, which log to /app. */
export function taskSpec(containerDefinitions: ContainerDefinition[], more: Partial<TaskSpec> = {}): TaskSpec {
  return {
    taskArn: `arn:aws:ecs:eu-west-1:111122223333:task/main/${taskId}`,
    clusterArn: "arn:aws:ecs:eu-west-1:111122223333:cluster/main",
    family: "app",
    revision: 1,
    containerDefinitions: containerDefinitions.map((definition) => ({
      image: "app:1",
      logConfiguration: {
        logDriver: "awslogs",
        options: { "awslogs-group": "/app", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "app" },
      },
      ...definition,
    })),
    imageDigests: {},
    runtimePlatform: { cpuArchitecture: process.arch === "arm64" ? "ARM64" : "X86_64" },
    network: {
      address: "10.0.0.7",
      attachmentId: "eni-attach-1",
      subnetId: "subnet-1",
      availabilityZone: "eu-west-1a",
    },
    launchType: "FARGATE",
    tags: [],
    createdAt: 0,
    ...more,
  };
}
