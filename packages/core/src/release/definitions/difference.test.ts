import type { ContainerDefinition, TaskDefinition } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import type { Service } from "../../config/app.ts";
import { context, digest, shop } from "../release.fixture.ts";
import { definitionDifferences } from "./difference.ts";
import { type TaskDefinitionInput, taskDefinition } from "./task-definitions.ts";

const web = shop.services.web as Service;
const wanted = taskDefinition(web, context);

/** As ECS gives a definition back: completed, with lists in an order of its own. */
function registered(input = wanted): TaskDefinition {
  return {
    ...input,
    taskDefinitionArn: "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-production-web:3",
    revision: 3,
    status: "ACTIVE",
    volumes: [],
    placementConstraints: [],
    compatibilities: ["EC2", "FARGATE"],
    requiresAttributes: [{ name: "com.amazonaws.ecs.capability.ecr-auth" }],
    registeredAt: new Date(),
    registeredBy: "arn:aws:iam::123456789012:role/deployer",
    enableFaultInjection: false,
    containerDefinitions: input.containerDefinitions.map((container) => ({
      ...container,
      cpu: 0,
      environment: [...(container.environment ?? [])].reverse(),
      secrets: [...(container.secrets ?? [])].reverse(),
      portMappings: container.portMappings?.map((mapping) => ({ ...mapping, hostPort: 8080 })),
      mountPoints: [],
      volumesFrom: [],
      systemControls: [],
      logConfiguration: { ...container.logConfiguration, secretOptions: [] } as typeof container.logConfiguration,
    })),
  };
}

test("what ECS completes a definition by is no difference", () => {
  expect(definitionDifferences(registered(), wanted)).toEqual([]);
});

test("differences are told by name", () => {
  const images = new Map([["web", `repository@${digest("b")}`]]);
  const changed = taskDefinition(
    { ...web, env: { LEVEL: "debug" }, memoryMiB: 1024, secrets: {} },
    { ...context, images },
  );
  expect(definitionDifferences(registered(), changed).map(({ path }) => path)).toEqual([
    "memory",
    "web.environment.LEVEL",
    "web.image",
    "web.secrets.DATABASE_URL",
    "web.secrets.STRIPE_KEY",
  ]);
  expect(definitionDifferences(registered(), changed)[1]).toEqual({
    path: "web.environment.LEVEL",
    before: undefined,
    after: "debug",
  });
});

test("without a definition before, everything is one", () => {
  const paths = definitionDifferences(undefined, wanted).map(({ path }) => path);
  expect(paths).toContain("family");
  expect(paths).toContain("web.image");
});

test("an empty command and a missing one differ from a command", () => {
  const commanded = taskDefinition({ ...web, command: ["node", "server.js"] }, context);
  expect(definitionDifferences(registered(), commanded)).toEqual([
    { path: "web.command", before: undefined, after: ["node", "server.js"] },
  ]);
  expect(definitionDifferences(registered(commanded), wanted)).toEqual([
    { path: "web.command", before: ["node", "server.js"], after: undefined },
  ]);
});

test("what a person may write in other words is no difference, what they change is", () => {
  const [own] = wanted.containerDefinitions;
  const written = (container: ContainerDefinition, size = {}): TaskDefinitionInput => ({
    ...wanted,
    ...size,
    containerDefinitions: [{ ...own, ...container }],
  });
  const before = registered(
    written(
      {
        healthCheck: { command: ["CMD", "true"], interval: 30, timeout: 5, retries: 3 },
        dependsOn: [
          { containerName: "b", condition: "START" },
          { containerName: "a", condition: "HEALTHY" },
        ],
        mountPoints: [{ sourceVolume: "scratch", containerPath: "/tmp", readOnly: false }],
      },
      { cpu: "512", memory: "1024" },
    ),
  );
  // What a registered definition has otherwise is in `registered`, which leaves mount points out.
  const [container] = before.containerDefinitions ?? [];
  const mounted: TaskDefinition = {
    ...before,
    containerDefinitions: [
      { ...container, mountPoints: [{ sourceVolume: "scratch", containerPath: "/tmp", readOnly: false }] },
    ],
  };
  const now = (more: ContainerDefinition = {}) =>
    written(
      {
        healthCheck: { command: ["CMD", "true"] },
        dependsOn: [
          { containerName: "a", condition: "HEALTHY" },
          { containerName: "b", condition: "START" },
        ],
        mountPoints: [{ sourceVolume: "scratch", containerPath: "/tmp" }],
        ...more,
      },
      { cpu: "0.5 vCPU", memory: "1 GB" },
    );
  expect(definitionDifferences(mounted, now())).toEqual([]);
  const changed = now({ healthCheck: { command: ["CMD", "true"], retries: 4 }, mountPoints: [] });
  expect(definitionDifferences(mounted, changed).map(({ path }) => path)).toEqual([
    "web.healthCheck.retries",
    "web.mountPoints./tmp.readOnly",
    "web.mountPoints./tmp.sourceVolume",
  ]);
});
