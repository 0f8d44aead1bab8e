import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { ApplicationAutoScaling } from "@aws-sdk/client-application-auto-scaling";
import type { CloudFormation } from "@aws-sdk/client-cloudformation";
import type { CloudWatch } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import type { EC2 } from "@aws-sdk/client-ec2";
import type { ECR } from "@aws-sdk/client-ecr";
import type { ECS } from "@aws-sdk/client-ecs";
import type { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { IAM } from "@aws-sdk/client-iam";
import type { RDS } from "@aws-sdk/client-rds";
import type { S3 } from "@aws-sdk/client-s3";
import type { Scheduler } from "@aws-sdk/client-scheduler";
import type { SecretsManager } from "@aws-sdk/client-secrets-manager";
import type { SSM } from "@aws-sdk/client-ssm";
import type { STS } from "@aws-sdk/client-sts";
import { CallCounter } from "./calls.ts";
import { guardEndpoint } from "./endpoint-guard.ts";
import { wrapAwsError } from "./errors.ts";
import { type AwsTarget, checkTarget, localEnvironment } from "./target.ts";

/** A client's operations and paginators, without what only concerns the client itself. */
type Operations<Client> = Omit<Client, "send" | "destroy" | "config" | "initConfig" | "middlewareStack">;

/** AWS as fardel sees it: one property per service, each loaded at its first call; failures are FardelErrors. */
export interface Aws {
  readonly target: AwsTarget;
  /** What has been asked of AWS through these clients. */
  readonly calls: CallCounter;
  readonly applicationAutoScaling: Operations<ApplicationAutoScaling>;
  readonly cloudFormation: Operations<CloudFormation>;
  readonly cloudWatch: Operations<CloudWatch>;
  readonly ec2: Operations<EC2>;
  readonly ecr: Operations<ECR>;
  readonly ecs: Operations<ECS>;
  readonly elbv2: Operations<ElasticLoadBalancingV2>;
  readonly iam: Operations<IAM>;
  readonly logs: Operations<CloudWatchLogs>;
  readonly rds: Operations<RDS>;
  readonly s3: Operations<S3>;
  readonly scheduler: Operations<Scheduler>;
  readonly secretsManager: Operations<SecretsManager>;
  readonly ssm: Operations<SSM>;
  readonly sts: Operations<STS>;
}

/** Full jitter, doubling from 100 ms (500 ms when throttled) up to 20 s: about a minute at most for one call. */
const maxAttempts = 8;
/** A connection that has died without a word (a laptop that slept, a NAT that forgot it) would be waited for for ever. */
const socketTimeout = 30_000;

/**
 * The clients of one target. Nothing is loaded or sent yet: `await aws.ecs.describeServices({…})` loads the ECS client,
 * `for await (const page of aws.ecs.paginateListServices({…}))` likewise. Calls are repeated by the SDK's standard
 * strategy on throttling, 5xx and lost connections only. Throws a FardelError when the target could be the wrong place.
 */
export function connectAws(target: AwsTarget, variables: NodeJS.ProcessEnv = process.env): Aws {
  checkTarget(target, variables);
  const configuration = clientConfiguration(target);
  const calls = new CallCounter();
  const client = <Client extends SdkClient>(service: string, load: () => Promise<Client>) =>
    lazyClient(target, service, async () => counting(await load(), service, calls));
  return {
    target,
    calls,
    applicationAutoScaling: client("Application Auto Scaling", async () => {
      const { ApplicationAutoScaling } = await import("@aws-sdk/client-application-auto-scaling");
      return new ApplicationAutoScaling(configuration);
    }),
    cloudFormation: client("CloudFormation", async () => {
      const { CloudFormation } = await import("@aws-sdk/client-cloudformation");
      return new CloudFormation(configuration);
    }),
    cloudWatch: client("CloudWatch", async () => {
      const { CloudWatch } = await import("@aws-sdk/client-cloudwatch");
      return new CloudWatch(configuration);
    }),
    ec2: client("EC2", async () => new (await import("@aws-sdk/client-ec2")).EC2(configuration)),
    ecr: client("ECR", async () => new (await import("@aws-sdk/client-ecr")).ECR(configuration)),
    ecs: client("ECS", async () => new (await import("@aws-sdk/client-ecs")).ECS(configuration)),
    elbv2: client("ELBv2", async () => {
      const { ElasticLoadBalancingV2 } = await import("@aws-sdk/client-elastic-load-balancing-v2");
      return new ElasticLoadBalancingV2(configuration);
    }),
    iam: client("IAM", async () => new (await import("@aws-sdk/client-iam")).IAM(configuration)),
    logs: client("CloudWatch Logs", async () => {
      const { CloudWatchLogs } = await import("@aws-sdk/client-cloudwatch-logs");
      return new CloudWatchLogs(configuration);
    }),
    rds: client("RDS", async () => new (await import("@aws-sdk/client-rds")).RDS(configuration)),
    s3: client("S3", async () => {
      const { S3 } = await import("@aws-sdk/client-s3");
      // A bucket's own host name (bucket.127.0.0.1) can't be resolved for an address, so a path names it there.
      return new S3({ ...configuration, forcePathStyle: target.endpoint !== undefined });
    }),
    scheduler: client("EventBridge Scheduler", async () => {
      const { Scheduler } = await import("@aws-sdk/client-scheduler");
      return new Scheduler(configuration);
    }),
    secretsManager: client("Secrets Manager", async () => {
      const { SecretsManager } = await import("@aws-sdk/client-secrets-manager");
      return new SecretsManager(configuration);
    }),
    ssm: client("SSM", async () => new (await import("@aws-sdk/client-ssm")).SSM(configuration)),
    sts: client("STS", async () => new (await import("@aws-sdk/client-sts")).STS(configuration)),
  };
}

function clientConfiguration(target: AwsTarget) {
  const credentials =
    target.credentials ??
    // The embedded region accepts any; the shell's real keys have no business there.
    (target.environment === localEnvironment ? { accessKeyId: "local", secretAccessKey: "local" } : undefined);
  return {
    region: target.region,
    maxAttempts,
    retryMode: "standard",
    requestHandler: {
      httpAgent: new HttpAgent({ keepAlive: true, maxSockets: 50 }),
      httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: 50 }),
      connectionTimeout: 5_000,
      socketTimeout,
    },
    ...(target.endpoint !== undefined && { endpoint: target.endpoint }),
    ...(credentials && { credentials }),
  };
}

/** As far as counting needs to know a client. */
interface SdkClient {
  middlewareStack: {
    // biome-ignore lint/suspicious/noExplicitAny: each client has types of its own for the same thing
    add(middleware: any, options: { step: "deserialize"; name: string }): void;
  };
}

/** A step after the one that repeats calls, so that it sees each of them. */
function counting<Client extends SdkClient>(client: Client, service: string, calls: CallCounter): Client {
  type Next = (request: unknown) => Promise<unknown>;
  const count =
    (next: Next, { commandName = "" }: { commandName?: string }) =>
    (request: unknown) => {
      calls.add(service, commandName.replace(/Command$/, ""));
      return next(request);
    };
  client.middlewareStack.add(count, { step: "deserialize", name: "fardelCallCounter" });
  return client;
}

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * Stands in for a client until its first call, and is where every AWS error becomes a FardelError. `service` is the name
 * people know it by.
 */
export function lazyClient<Client extends object>(
  target: AwsTarget,
  service: string,
  load: () => Promise<Client>,
): Operations<Client> {
  let loading: Promise<Client> | undefined;
  const method = async (name: string): Promise<AnyFunction> => {
    loading ??= load().then((client) => guardEndpoint(target, client));
    const client = await loading;
    const found = (client as Record<string, unknown>)[name];
    if (typeof found !== "function") throw new TypeError(`The ${service} client has no operation ${name}`);
    return found.bind(client) as AnyFunction;
  };
  const call = async (name: string, args: unknown[]): Promise<unknown> => {
    try {
      return await (await method(name))(...args);
    } catch (error) {
      throw wrapAwsError(error, { target, service, operation: pascalCase(name), input: args[0] });
    }
  };
  const paginate = async function* (name: string, args: unknown[]): AsyncGenerator<unknown, void> {
    try {
      yield* (await method(name))(...args) as AsyncIterable<unknown>;
    } catch (error) {
      throw wrapAwsError(error, { target, service, operation: name.replace(/^paginate/, ""), input: args[0] });
    }
  };
  return new Proxy({} as Operations<Client>, {
    get(_, name) {
      // A promise resolving to a client would otherwise take `then` for an operation.
      if (typeof name !== "string" || name === "then") return undefined;
      return (...args: unknown[]) => (name.startsWith("paginate") ? paginate(name, args) : call(name, args));
    },
  });
}

function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
