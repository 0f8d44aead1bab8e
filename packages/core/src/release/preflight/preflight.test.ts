import { expect, test } from "vitest";
import type { Aws } from "../../aws/clients.ts";
import type { App, SecretSource, Service } from "../../config/app.ts";
import { FardelError } from "../../errors.ts";
import type { CurrentState } from "../current.ts";
import { descriptor, shop } from "../release.fixture.ts";
import { hurriedTime } from "../time.fixture.ts";
import { preflight } from "./preflight.ts";

const web = shop.services.web as Service;
const named = (name: string, jsonKey?: string): SecretSource => ({
  kind: "named",
  name,
  secretName: `/shop/production/${name}`,
  jsonKey,
});

function appWith(secrets: Record<string, SecretSource>): App {
  return { ...shop, services: { web: { ...web, secrets } }, tasks: {}, release: { ...shop.release, before: [] } };
}

const nothing: CurrentState = {
  services: new Map(),
  tasks: new Map(),
  rules: { listener: undefined, own: new Map(), foreign: new Set() },
  scaling: new Map(),
  schedules: new Map(),
  newest: undefined,
  serving: undefined,
};

const trusting = (Service: string) =>
  encodeURIComponent(
    JSON.stringify({ Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }] }),
  );

const refusing = (name: string) => () => Promise.reject(new FardelError(`AWS_${name}`, name));

const missing = () => {
  throw new FardelError("AWS_ResourceNotFoundException", "gone");
};

/** An environment in which all is well, with these secrets; a function stands for what AWS answers. */
function world(values: Record<string, string | (() => never)>, changes: object = {}) {
  const read: string[] = [];
  const answerFor = (id: string) => {
    const value = values[id] ?? missing;
    return typeof value === "function" ? value() : value;
  };
  const aws = {
    secretsManager: {
      describeSecret: async ({ SecretId = "" }) => {
        answerFor(SecretId);
        const ARN = SecretId.startsWith("arn:")
          ? SecretId
          : `arn:aws:secretsmanager:eu-west-1:1:secret:${SecretId}-AbCdEf`;
        return { ARN, VersionIdsToStages: { v1: ["AWSCURRENT"] } };
      },
      getSecretValue: async ({ SecretId = "" }) => {
        read.push(SecretId);
        return { SecretString: answerFor(SecretId) };
      },
    },
    logs: {
      describeLogGroups: async () => ({
        logGroups: Object.values(descriptor.logGroups).map((logGroupName) => ({ logGroupName })),
      }),
    },
    elbv2: {
      describeTargetGroups: async () => ({
        TargetGroups: [{ TargetGroupName: "web", VpcId: "vpc-1", TargetType: "ip" }],
      }),
      describeAccountLimits: async () => ({ Limits: [{ Name: "rules-per-application-load-balancer", Max: "100" }] }),
      describeLoadBalancers: async () => ({ LoadBalancers: [] }),
    },
    ecs: { describeClusters: async () => ({ clusters: [{ status: "ACTIVE", capacityProviders: ["FARGATE"] }] }) },
    ec2: {
      describeSubnets: async () => ({ Subnets: [{ VpcId: "vpc-1" }] }),
      describeSecurityGroups: async () => ({}),
    },
    iam: { getRole: async () => ({ Role: { AssumeRolePolicyDocument: trusting("ecs-tasks.amazonaws.com") } }) },
    ...changes,
  };
  return { aws: aws as unknown as Aws, read };
}

async function check(app: App, aws: Aws, current = nothing, environment = descriptor) {
  const names = new Set([...Object.keys(app.services), ...Object.keys(app.tasks)]);
  const run = { aws, descriptor: environment, time: hurriedTime() };
  return preflight(run, { app, names, bases: new Map(), current });
}

async function refusal(...args: Parameters<typeof check>): Promise<string> {
  const error = await check(...args).catch((error: FardelError) => error);
  if (!(error instanceof FardelError)) throw new Error("nothing was refused");
  return [error.message, error.where, error.why, error.fix].filter((part) => part !== undefined).join("\n");
}

test("finds the ARNs of named secrets, and reads a value only where a key of it is asked for", async () => {
  const { aws, read } = world({ "/shop/production/plain": "x", "/shop/production/json": '{"live":"y"}' });
  const { arns } = await check(appWith({ A: named("plain"), B: named("plain"), C: named("json", "live") }), aws);
  expect([...arns]).toEqual([
    ["/shop/production/plain", "arn:aws:secretsmanager:eu-west-1:1:secret:/shop/production/plain-AbCdEf"],
    ["/shop/production/json", "arn:aws:secretsmanager:eu-west-1:1:secret:/shop/production/json-AbCdEf"],
  ]);
  expect(read).toEqual(["/shop/production/json"]);
});

test("finds the keys of a JSON secret that is spread, and says what can't be spread", async () => {
  const spread = (name: string): App => {
    const app = appWith({});
    return { ...app, services: { web: { ...web, secrets: {}, spread: named(name) } } };
  };
  const { aws } = world({ "/shop/production/settings": '{"A":"hunter2","B":"x"}', "/shop/production/list": "[1]" });
  const { keys } = await check(spread("settings"), aws);
  expect([...keys]).toEqual([["/shop/production/settings", ["A", "B"]]]);
  expect(await refusal(spread("list"), aws)).toMatchInlineSnapshot(`
    "The secret /shop/production/list is to be spread, but is no JSON object.
    the manifest
    No service was changed.
    aws secretsmanager put-secret-value --secret-id /shop/production/list --secret-string '{"VARIABLE":"<value>"}'"
  `);
  expect(await refusal(spread("none"), aws)).toContain("needs the secret /shop/production/none, which doesn't exist");
});

test("B5: a secret that several need is one problem, and read once where it is spread", async () => {
  const spread = { secrets: {}, spread: named("settings") };
  const app = {
    ...appWith({}),
    services: { web: { ...web, ...spread }, worker: { ...(shop.services.worker as Service), ...spread } },
  };
  expect(await refusal(app, world({}).aws)).toMatchInlineSnapshot(`
    "Service web and service worker need the secret /shop/production/settings, which doesn't exist.
    the manifest
    No service was changed.
    aws secretsmanager create-secret --name /shop/production/settings --secret-string '{"VARIABLE":"<value>"}'"
  `);
  const { aws, read } = world({ "/shop/production/settings": '{"A":"hunter2"}' });
  expect([...(await check(app, aws)).keys]).toEqual([["/shop/production/settings", ["A"]]]);
  expect(read).toEqual(["/shop/production/settings"]);
});

test("one problem reads as a sentence", async () => {
  expect(await refusal(appWith({ KEY: named("stripe-key") }), world({}).aws)).toMatchInlineSnapshot(`
    "Service web needs the secret /shop/production/stripe-key, which doesn't exist.
    the manifest
    No service was changed.
    aws secretsmanager create-secret --name /shop/production/stripe-key --secret-string '<value>'"
  `);
});

test("in the embedded region, a command to copy begins with the way there", async () => {
  const app = { ...appWith({ A: named("a"), B: named("b") }), environment: "local" };
  expect(await refusal(app, world({}).aws)).toMatchInlineSnapshot(`
    "2 things stand in the way of a release of shop.
    local
    the manifest
      service web needs the secret /shop/production/a, which doesn't exist
      eval "$(fardel local env)"
      aws secretsmanager create-secret --name /shop/production/a --secret-string '<value>'

    the manifest
      service web needs the secret /shop/production/b, which doesn't exist
      eval "$(fardel local env)"
      aws secretsmanager create-secret --name /shop/production/b --secret-string '<value>'

    No service was changed."
  `);
});

test("all problems are told at once", async () => {
  const { aws } = world({ "/shop/production/json": '{"test":"hunter2"}', "/shop/production/text": "hunter2" });
  const app = appWith({
    KEY: named("stripe-key"),
    LIVE: named("json", "live"),
    OTHER: named("text", "live"),
    URL: { kind: "database", database: "other", field: "url" },
  });
  const environment = { ...descriptor, logGroups: {}, targetGroups: {} };
  const told = await refusal(app, aws, nothing, environment);
  expect(told).toMatchInlineSnapshot(`
    "6 things stand in the way of a release of shop.
    production
    the manifest
      service web needs the secret /shop/production/stripe-key, which doesn't exist
      aws secretsmanager create-secret --name /shop/production/stripe-key --secret-string '<value>'

    the manifest
      service web needs the key live of the secret /shop/production/json, which has only test
      Add live to its JSON (\`aws secretsmanager put-secret-value\`), or correct the name after #.

    the manifest
      service web needs the key live of the secret /shop/production/text, which is no JSON
      Store it as '{"live":"<value>"}', or take #live out.

    the manifest
      service web needs URL from a database that production doesn't have yet
      Run \`fardel up production\`, which makes it.

    the manifest
      service web has no log group in production yet
      Run \`fardel up production\`, which makes it.

    the manifest
      service web has a route, but no target group in production yet
      Run \`fardel up production\`, which makes it.

    No service was changed."
  `);
  expect(told).not.toContain("hunter2");
});

test("who may not look at a secret isn't stopped: ECS's own role may", async () => {
  const { aws } = world({
    "/shop/production/key": () => {
      throw new FardelError("AWS_AccessDeniedException", "no");
    },
  });
  const { arns } = await check(appWith({ KEY: named("key") }), aws);
  expect([...arns.values()]).toEqual(["arn:aws:secretsmanager:eu-west-1:123456789012:secret:/shop/production/key"]);
});

test("a service of somebody else is never touched", async () => {
  const ecs = { serviceName: "shop-web", status: "ACTIVE" };
  const services = new Map([["web", { ecs, definition: undefined, ours: false }]]);
  expect(await refusal(appWith({}), world({}).aws, { ...nothing, services })).toMatchInlineSnapshot(`
    "There is a service shop-web in cluster prod that fardel hasn't made for this app.
    the manifest
    No service was changed.
    Rename the service in the manifest, use another cluster, or delete that service."
  `);
});

test("who may look at nothing isn't stopped for it", async () => {
  const denied = {
    iam: { getRole: refusing("AccessDenied") },
    ec2: {
      describeSubnets: refusing("UnauthorizedOperation"),
      describeSecurityGroups: refusing("UnauthorizedOperation"),
    },
  };
  const { aws } = world({}, denied);
  await expect(check(appWith({}), aws)).resolves.toMatchObject({ problems: [] });
});

test("roles are looked at: whether they are there, and whether ECS may give them to tasks", async () => {
  const getRole = async ({ RoleName = "" }) =>
    RoleName === "task"
      ? refusing("NoSuchEntityException")()
      : { Role: { AssumeRolePolicyDocument: trusting("ec2.amazonaws.com") } };
  expect(await refusal(appWith({}), world({}, { iam: { getRole } }).aws)).toMatchInlineSnapshot(`
    "2 things stand in the way of a release of shop.
    production
    the manifest
      the role execution can't be assumed by ECS's tasks
      Run \`fardel up production\`, which makes it.

    the manifest
      the role task doesn't exist
      Run \`fardel up production\`, which makes it.

    No service was changed."
  `);
});

test("the network is looked at, and whether the load balancer reaches tasks in it", async () => {
  const group = {
    TargetGroupName: "web",
    TargetType: "instance",
    Protocol: "TCP",
    VpcId: "vpc-2",
    HealthCheckPort: "9000",
    LoadBalancerArns: ["arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/other/1"],
  };
  const changes = {
    elbv2: {
      describeTargetGroups: async () => ({ TargetGroups: [group] }),
      describeAccountLimits: async () => ({ Limits: [{ Name: "rules-per-application-load-balancer", Max: "2" }] }),
    },
    ec2: {
      describeSubnets: async () => ({ Subnets: [{ VpcId: "vpc-1" }] }),
      describeSecurityGroups: refusing("InvalidGroup.NotFound"),
    },
  };
  const rules = { listener: "listener", own: new Map(), foreign: new Set([1, 2]) };
  expect(await refusal(appWith({}), world({}, changes).aws, { ...nothing, rules })).toMatchInlineSnapshot(`
    "7 things stand in the way of a release of shop.
    production
    the manifest
      a security group of sg-1 is gone
      Run \`fardel up production\`, which makes it.

    the manifest
      the target group web takes targets of type instance, not ip
      Correct it where it is made, or name another in the description of the environment.

    the manifest
      the target group web speaks TCP, not HTTP
      Correct it where it is made, or name another in the description of the environment.

    the manifest
      the target group web checks the health of port 9000, and the service listens on 8080
      Correct it where it is made, or name another in the description of the environment.

    the manifest
      the target group web is in vpc-2, and the tasks in vpc-1
      Correct it where it is made, or name another in the description of the environment.

    the manifest
      the target group web belongs to another load balancer (other)
      Correct it where it is made, or name another in the description of the environment.

    the manifest
      the load balancer would have 3 rules, and may have 2
      Have the quota "Rules per Application Load Balancer" raised (Service Quotas), or take routes out.

    No service was changed."
  `);
});

test("a strategy that shifts traffic needs what an environment of rolling services may lack", async () => {
  const shifting = (strategy: "rolling" | "blue-green"): App => {
    const app = appWith({});
    return {
      ...app,
      services: { web: { ...web, spread: undefined, secrets: {}, rollout: { ...web.rollout, strategy } } },
    };
  };
  const { infrastructure: _, ...roles } = descriptor.roles;
  const { loadBalancer } = descriptor;
  const before = {
    ...descriptor,
    roles,
    alternateTargetGroups: {},
    ...(loadBalancer && { loadBalancer: { ...loadBalancer, listeners: { http: loadBalancer.listeners.http } } }),
  };
  const { aws } = world({});
  expect(await refusal(shifting("blue-green"), aws, nothing, before)).toMatchInlineSnapshot(`
    "Service web is rolled out blue-green, and production doesn't have what that needs yet: a second target group, a test listener, a role for ECS to shift traffic as.
    the manifest
    No service was changed.
    Run \`fardel up production\`, which makes it."
  `);
  expect(await refusal(shifting("blue-green"), aws, nothing, { ...before, roles: descriptor.roles })).toContain(
    "doesn't have what that needs yet: a second target group, a test listener.",
  );
  await expect(check(shifting("blue-green"), aws)).resolves.toMatchObject({ problems: [] });
  await expect(check(shifting("rolling"), aws, nothing, before)).resolves.toMatchObject({ problems: [] });
});

test("where a new revision is to be tried, the port is open", async () => {
  const app = appWith({});
  const rollout = { ...web.rollout, strategy: "canary" as const, approve: "manual" as const };
  const gated: App = { ...app, services: { web: { ...web, spread: undefined, secrets: {}, rollout } } };
  const opening = (IpPermissions: object[]) => {
    const { aws } = world({});
    Object.assign(aws.elbv2, {
      describeLoadBalancers: async () => ({ LoadBalancers: [{ SecurityGroups: ["sg-2"] }] }),
    });
    Object.assign(aws.ec2, { describeSecurityGroups: async () => ({ SecurityGroups: [{ IpPermissions }] }) });
    return aws;
  };
  const http = { IpProtocol: "tcp", FromPort: 80, ToPort: 80 };
  expect(await refusal(gated, opening([http]))).toMatchInlineSnapshot(`
    "Port 9000 of the load balancer, where web is to be tried first, is open to nobody.
    the manifest
    No service was changed.
    Run \`fardel up production\`, which opens it."
  `);
  const open = [[{ IpProtocol: "tcp", FromPort: 8000, ToPort: 9000 }], [http, { IpProtocol: "-1" }]];
  for (const permissions of open)
    await expect(check(gated, opening(permissions))).resolves.toMatchObject({ problems: [] });
});

test("alarms that are to send rollouts back are there", async () => {
  const app = appWith({});
  const baking = (alarms: string[]): App => {
    const rollout = { ...web.rollout, alarms, bakeSeconds: 300 };
    return { ...app, services: { web: { ...web, spread: undefined, secrets: {}, rollout } } };
  };
  const describeAlarms = async () => ({
    MetricAlarms: [{ AlarmName: "5xx" }],
    CompositeAlarms: [{ AlarmName: "all" }],
  });
  const { aws } = world({}, { cloudWatch: { describeAlarms } });
  await expect(check(baking(["5xx", "all"]), aws)).resolves.toMatchObject({ problems: [] });
  expect(await refusal(baking(["5xx", "4xx"]), aws)).toMatchInlineSnapshot(`
    "The alarm 4xx, which is to stop rollouts of web, doesn't exist.
    the manifest
    No service was changed.
    Create it in CloudWatch, or correct its name."
  `);
  const denied = world({}, { cloudWatch: { describeAlarms: refusing("AccessDenied") } });
  expect(await refusal(baking(["5xx"]), denied.aws)).toMatchInlineSnapshot(`
    "These credentials may not look at the alarms that web is to bake under.
    the manifest
    No service was changed.
    Allow them cloudwatch:DescribeAlarms."
  `);
});

test("what a service runs in already is there", async () => {
  const { subnets, securityGroups } = descriptor.network;
  const networkConfiguration = { awsvpcConfiguration: { subnets, securityGroups } };
  const running = (runningCount: number) => {
    const ecs = { serviceName: "shop-worker", status: "ACTIVE", runningCount, networkConfiguration };
    return { ...nothing, services: new Map([["worker", { ecs, definition: undefined, ours: true }]]) };
  };
  const gone = { describeSubnets: refusing("InvalidSubnetID.NotFound"), describeSecurityGroups: async () => ({}) };
  const { aws } = world({}, { ec2: gone });
  await expect(check(appWith({}), aws, running(1))).resolves.toMatchObject({ problems: [] });
  expect(await refusal(appWith({}), aws, running(0))).toContain("A subnet of subnet-b, subnet-a is gone.");
});

test("Spot needs a cluster that has it", async () => {
  const app = appWith({});
  const spot = { ...app, services: { web: { ...web, spread: undefined, secrets: {}, spotPercent: 100 } } };
  expect(await refusal(spot, world({}).aws)).toMatchInlineSnapshot(`
    "The cluster prod has no Fargate Spot, which web asks for.
    the manifest
    No service was changed.
    aws ecs put-cluster-capacity-providers --cluster prod --capacity-providers FARGATE FARGATE_SPOT --default-capacity-provider-strategy capacityProvider=FARGATE"
  `);
});

test("a task definition merged with a patch is one that Fargate and ECS take, for the processor of its image", async () => {
  const patch = {
    cpu: "256",
    memory: "8192",
    runtimePlatform: { cpuArchitecture: web.architecture === "arm64" ? "X86_64" : "ARM64" },
    containerDefinitions: [
      ...Array.from({ length: 10 }, (_, at) => ({ name: `sidecar-${at}` })),
      { name: "web", environment: [{ name: "LONG", value: "x".repeat(65_536) }] },
      {
        name: "agent",
        logConfiguration: {
          logDriver: "awslogs",
          options: { "awslogs-group": "/agent", "awslogs-region": "eu-west-1" },
        },
      },
    ],
  };
  const app = appWith({});
  const patched = { ...web, spread: undefined, secrets: {}, taskDefinition: { kind: "patch" as const, patch } };
  expect(await refusal({ ...app, services: { web: patched } }, world({}).aws)).toMatchInlineSnapshot(`
    "5 things stand in the way of a release of shop.
    production
    the manifest
      the image web is built for arm64, and the task definition of web asks for amd64
      Set images.web.platform to linux/amd64, or take runtimePlatform out of the task definition.

    the manifest
      a container of web writes to the log group /agent, which doesn't exist
      aws logs create-log-group --log-group-name /agent

    the manifest
      the task definition shop-production-web has cpu 256 with memory 8192, which is no pair of Fargate's
      Take cpu 256 with 2048, or cpu 1024 with 8192.

    the manifest
      the task definition shop-production-web has 12 containers, and ECS takes 10
      Give some of its sidecars a service of their own.

    the manifest
      the task definition shop-production-web is 66 KB large, and ECS takes 64 KB
      Put long values into a secret or a file of the image: variables and names of secrets take most of it.

    No service was changed."
  `);
});
