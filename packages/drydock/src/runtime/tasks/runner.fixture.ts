import { join } from "node:path";
import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../clock.ts";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { Store } from "../../store/store.ts";
import type { PulledImage } from "./driver.ts";
import { temporaryDirectory } from "./process/driver.fixture.ts";
import { createProcessDriver } from "./process/driver.ts";
import { createTaskRunner, type TaskRunner } from "./runner.ts";
import type { TaskSpec, TaskState } from "./task.ts";

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
export function testRegion(options: { clock?: Clock; directory?: string; store?: Store } = {}): TestRegion {
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
    directory: options.directory ?? temporaryDirectory(),
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

export interface TestRunner extends TaskRunner {
  readonly region: TestRegion;
  /** Every report, oldest first. */
  readonly reports: TaskState[];
  /** Resolves with the first report, past or future, for which it is true. */
  reported(condition: (state: TaskState) => boolean): Promise<TaskState>;
}

/** A runner with the process driver; `images` by reference. Whatever still runs is stopped when the test ends. */
export function testRunner(images: Record<string, PulledImage>, region = testRegion()): TestRunner {
  const reports: TaskState[] = [];
  let listeners: ((state: TaskState) => void)[] = [];
  const driver = createProcessDriver({
    clock: region.clock,
    pull: async (reference) => {
      const image = images[reference];
      if (!image) throw new Error(`${reference}: not found`);
      return image;
    },
  });
  const runner = createTaskRunner({
    region,
    driver,
    report: (state) => {
      reports.push(structuredClone(state));
      for (const listener of listeners) listener(state);
    },
  });
  onTestFinished(() => runner.close());
  return {
    ...runner,
    region,
    reports,
    reported: (condition) =>
      new Promise((resolve) => {
        const known = reports.find(condition);
        if (known) return resolve(known);
        const listener = (state: TaskState) => {
          if (!condition(state)) return;
          listeners = listeners.filter((other) => other !== listener);
          resolve(structuredClone(state));
        };
        listeners.push(listener);
      }),
  };
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

/** Where a container of the test's task has its files. */
export function containerDirectory(region: Region, name: string): string {
  return join(region.directory, "tasks", taskId, name);
}
