import { describe, expect, test } from "vitest";
import type { Service, Sidecar } from "../../config/app.ts";
import { context, digest, shop } from "../release.fixture.ts";
import type { BaseDefinition } from "./definition-merge.ts";
import { taskDefinition } from "./task-definitions.ts";

const { web, worker } = shop.services as Record<"web" | "worker", Service>;

test("a service's task definition, in full", () => {
  expect(taskDefinition(web, context)).toMatchInlineSnapshot(`
    {
      "containerDefinitions": [
        {
          "environment": [
            {
              "name": "PORT",
              "value": "8080",
            },
          ],
          "essential": true,
          "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
              "awslogs-group": "/fardel/shop/production/web",
              "awslogs-region": "eu-west-1",
              "awslogs-stream-prefix": "web",
            },
          },
          "name": "web",
          "portMappings": [
            {
              "containerPort": 8080,
              "protocol": "tcp",
            },
          ],
          "secrets": [
            {
              "name": "DATABASE_URL",
              "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:main-AbCdEf:url::",
            },
            {
              "name": "STRIPE_KEY",
              "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:/shop/production/stripe-key-GhIjKl",
            },
          ],
          "stopTimeout": 30,
        },
      ],
      "cpu": "256",
      "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
      "family": "shop-production-web",
      "memory": "512",
      "networkMode": "awsvpc",
      "requiresCompatibilities": [
        "FARGATE",
      ],
      "runtimePlatform": {
        "cpuArchitecture": "ARM64",
        "operatingSystemFamily": "LINUX",
      },
      "taskRoleArn": "arn:aws:iam::123456789012:role/task",
    }
  `);
});

test("a service without a port maps none and is told of none", () => {
  const [container] = taskDefinition(worker, context).containerDefinitions;
  expect(container).toMatchObject({ environment: [], secrets: [] });
  expect(container).not.toHaveProperty("portMappings");
});

test("references are filled in, and variables sorted", () => {
  const env = {
    URL: ["", { kind: "service" as const, name: "web", attribute: "url" as const }, "/api"],
    RELEASE: ["r", { kind: "release" as const }],
    COMMIT: [{ kind: "commit" as const }],
    PORT: "3000",
  };
  const [container] = taskDefinition({ ...web, env }, context).containerDefinitions;
  expect(container?.environment).toEqual([
    { name: "COMMIT", value: "abc123" },
    { name: "PORT", value: "3000" },
    { name: "RELEASE", value: "r7" },
    { name: "URL", value: "https://shop.example.com/api" },
  ]);
});

test("a key of a JSON secret is named behind its ARN", () => {
  const secrets = {
    KEY: {
      kind: "named" as const,
      name: "stripe-key",
      secretName: "/shop/production/stripe-key",
      jsonKey: "live",
    },
    PLAIN: { kind: "arn" as const, arn: "arn:aws:ssm:eu-west-1:1:parameter/a", jsonKey: undefined },
  };
  const [container] = taskDefinition({ ...web, secrets }, context).containerDefinitions;
  expect(container?.secrets).toEqual([
    {
      name: "KEY",
      valueFrom: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:/shop/production/stripe-key-GhIjKl:live::",
    },
    { name: "PLAIN", valueFrom: "arn:aws:ssm:eu-west-1:1:parameter/a" },
  ]);
});

const datadog: Sidecar = {
  name: "datadog",
  image: { kind: "registry", reference: "public.ecr.aws/datadog/agent:7" },
  command: undefined,
  env: { DD_SITE: "datadoghq.eu" },
  secrets: {},
  spread: undefined,
  dependsOn: {},
  essential: false,
  health: { command: ["agent", "health"], intervalSeconds: 30, timeoutSeconds: 5, retries: 3, startSeconds: 15 },
};
const agent = `public.ecr.aws/datadog/agent@${digest("d")}`;
const images = new Map([...context.images, ["public.ecr.aws/datadog/agent:7", agent]]);

describe("sidecars", () => {
  test("A5: stand behind the own container, with an image, variables, log and health check of their own", () => {
    const both = { ...web, sidecars: { datadog }, dependsOn: { datadog: "HEALTHY" as const } };
    const [first, second] = taskDefinition(both, { ...context, images }).containerDefinitions;
    expect(first).toMatchObject({
      name: "web",
      essential: true,
      dependsOn: [{ containerName: "datadog", condition: "HEALTHY" }],
    });
    expect(second).toEqual({
      name: "datadog",
      image: agent,
      essential: false,
      stopTimeout: 30,
      environment: [{ name: "DD_SITE", value: "datadoghq.eu" }],
      secrets: [],
      logConfiguration: first?.logConfiguration,
      healthCheck: { command: ["CMD", "agent", "health"], interval: 30, timeout: 5, retries: 3, startPeriod: 15 },
    });
  });
});

test("B5: every key of a spread secret is a variable, unless it is written by name", () => {
  const spread = {
    kind: "arn",
    arn: "arn:aws:secretsmanager:eu-west-1:1:secret:settings-AbCdEf",
    jsonKey: undefined,
  } as const;
  const env = { LOG_LEVEL: "info" };
  const secretKeys = new Map([[spread.arn, ["API_URL", "LOG_LEVEL", "PORT", "STRIPE_KEY"]]]);
  const [container] = taskDefinition({ ...web, env, spread }, { ...context, secretKeys }).containerDefinitions;
  expect(container?.secrets?.map(({ name, valueFrom }) => [name, valueFrom?.endsWith(`:${name}::`)])).toEqual([
    ["API_URL", true],
    ["DATABASE_URL", false],
    ["STRIPE_KEY", false],
  ]);
});

describe("A5: a task definition from a file", () => {
  const base: BaseDefinition = {
    definition: {
      cpu: "1024",
      memory: "2048",
      taskRoleArn: "arn:aws:iam::123456789012:role/managr",
      ephemeralStorage: { sizeInGiB: 40 },
      containerDefinitions: [
        { name: "datadog", image: "datadog/agent:7", essential: false },
        {
          name: "web",
          image: "managr:old",
          command: ["serve"],
          stopTimeout: 90,
          ulimits: [{ name: "nofile", softLimit: 4096, hardLimit: 8192 }],
          environment: [
            { name: "DD_SERVICE", value: "managr" },
            { name: "PORT", value: "1" },
            { name: "STRIPE_KEY", value: "in clear" },
          ],
        },
      ],
    },
    written: { cpu: false, memory: false, stop: false, essential: ["web"] },
    builds: true,
  };
  const bases = new Map([["web", base]]);

  test("A4: keeps what fardel doesn't say, and changes the image", () => {
    const { containerDefinitions, ...definition } = taskDefinition(web, { ...context, bases });
    expect(definition).toMatchObject({
      family: "shop-production-web",
      cpu: "1024",
      memory: "2048",
      taskRoleArn: "arn:aws:iam::123456789012:role/managr",
      executionRoleArn: context.descriptor.roles.execution,
      ephemeralStorage: { sizeInGiB: 40 },
      runtimePlatform: { cpuArchitecture: "ARM64" },
    });
    const [own, other] = containerDefinitions;
    expect(own).toMatchObject({ name: "web", image: context.images.get("web"), command: ["serve"], stopTimeout: 90 });
    expect(own?.ulimits).toEqual([{ name: "nofile", softLimit: 4096, hardLimit: 8192 }]);
    expect(own?.environment).toEqual([
      { name: "PORT", value: "8080" },
      { name: "DD_SERVICE", value: "managr" },
    ]);
    expect(own?.secrets?.map(({ name }) => name)).toEqual(["DATABASE_URL", "STRIPE_KEY"]);
    expect(other).toEqual({ name: "datadog", image: "datadog/agent:7", essential: false });
  });

  test("gives way to what the manifest says in so many words", () => {
    const written = { cpu: true, memory: true, stop: true, essential: ["web"] };
    const insisted = new Map([["web", { ...base, written }]]);
    const { cpu, memory, containerDefinitions } = taskDefinition(web, { ...context, bases: insisted });
    expect([cpu, memory, containerDefinitions[0]?.stopTimeout]).toEqual(["256", "512", 30]);
  });

  test("A5: says whether its sidecars are essential, unless the manifest does", () => {
    const sidecars = { datadog: { ...datadog, essential: true } };
    const essentials = (essential: string[]) => {
      const told = new Map([["web", { ...base, written: { ...base.written, essential } }]]);
      const { containerDefinitions } = taskDefinition({ ...web, sidecars }, { ...context, images, bases: told });
      return containerDefinitions.map((each) => [each.name, each.essential]);
    };
    expect(essentials(["web"])).toEqual([
      ["web", true],
      ["datadog", false],
    ]);
    expect(essentials(["web", "datadog"])).toEqual([
      ["web", true],
      ["datadog", true],
    ]);
  });
});

test("what the manifest adds is merged over: containers and variables by name, null takes out", () => {
  const patch = {
    ephemeralStorage: { sizeInGiB: 50 },
    runtimePlatform: { cpuArchitecture: "X86_64" },
    containerDefinitions: [
      {
        name: "web",
        environment: [
          { name: "PORT", value: "9090" },
          { name: "MORE", value: "1" },
        ],
        stopTimeout: null,
      },
      { name: "proxy", image: "envoy:1" },
    ],
  };
  const patched = taskDefinition({ ...web, taskDefinition: { kind: "patch", patch } }, context);
  expect(patched).toMatchObject({
    cpu: "256",
    ephemeralStorage: { sizeInGiB: 50 },
    runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: "X86_64" },
  });
  const [own, proxy] = patched.containerDefinitions;
  expect(own?.environment).toEqual([
    { name: "PORT", value: "9090" },
    { name: "MORE", value: "1" },
  ]);
  expect(own).not.toHaveProperty("stopTimeout");
  expect(proxy).toEqual({ name: "proxy", image: "envoy:1" });
});
