import { expect, test } from "vitest";
import type { Service } from "../config/app.ts";
import { context, shop } from "./release.fixture.ts";
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
