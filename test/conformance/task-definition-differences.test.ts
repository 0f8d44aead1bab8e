import { ECS } from "@aws-sdk/client-ecs";
import type { Container, ContainerHealth, SecretSource, Service, Sidecar } from "@fardel/core";
import { definitionDifferences } from "@fardel/core/release/definitions/difference.ts";
import { taskDefinition } from "@fardel/core/release/definitions/task-definitions.ts";
import { context, digest, shop } from "@fardel/core/release/release.fixture.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { conformance } from "./targets.ts";

const { web } = shop.services;
if (web === undefined) throw new Error("the shop has a service named web");

/** Unless told otherwise, ECS may not have two of a name. */
const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/).filter((each) => each !== "PORT");
const text = fc.string({ maxLength: 12 });
const secret = fc.constantFrom<SecretSource>(
  { kind: "database", database: "main", field: "url" },
  { kind: "named", name: "stripe-key", secretName: "/shop/production/stripe-key", jsonKey: undefined },
  { kind: "named", name: "stripe-key", secretName: "/shop/production/stripe-key", jsonKey: "live" },
  { kind: "arn", arn: "arn:aws:ssm:eu-west-1:123456789012:parameter/level", jsonKey: undefined },
);
const command = fc.array(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 });
const image = fc.constantFrom({ kind: "build" as const, build: "web" });

const health: fc.Arbitrary<ContainerHealth> = fc.record({
  command,
  intervalSeconds: fc.integer({ min: 5, max: 300 }),
  timeoutSeconds: fc.integer({ min: 2, max: 60 }),
  retries: fc.integer({ min: 1, max: 10 }),
  startSeconds: fc.integer({ min: 0, max: 300 }),
});

/** A variable is there once only: what a secret has, `env` doesn't. */
const container = fc
  .record({ env: fc.dictionary(name, text, { maxKeys: 4 }), secrets: fc.dictionary(name, secret, { maxKeys: 3 }) })
  .map(
    ({ env, secrets }): Pick<Container, "env" | "secrets" | "spread"> => ({
      env: Object.fromEntries(Object.entries(env).filter(([key]) => !Object.hasOwn(secrets, key))),
      secrets,
      spread: undefined,
    }),
  );

const sidecar = fc
  .tuple(container, fc.option(command, { nil: undefined }), fc.boolean(), fc.option(health, { nil: undefined }), image)
  .map(
    ([common, own, essential, checked, from]): Sidecar => ({
      ...common,
      name: "agent",
      image: from,
      command: own,
      dependsOn: essential ? {} : { web: "START" },
      essential,
      health: checked,
    }),
  );

const patch = fc.record(
  {
    ephemeralStorage: fc.record({ sizeInGiB: fc.integer({ min: 21, max: 200 }) }),
    volumes: fc.constant([{ name: "scratch" }]),
    containerDefinitions: fc
      .record(
        {
          name: fc.constant("web"),
          readonlyRootFilesystem: fc.boolean(),
          user: fc.constantFrom("1000", "node"),
          workingDirectory: fc.constant("/srv"),
          linuxParameters: fc.record({ initProcessEnabled: fc.boolean() }),
          dockerLabels: fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), text, { maxKeys: 2 }),
          healthCheck: fc.constant({ command: ["CMD-SHELL", "true"] }),
          ulimits: fc.constant([{ name: "nofile", softLimit: 1024, hardLimit: 65_536 }]),
        },
        { requiredKeys: ["name"] },
      )
      .map((each) => [each]),
  },
  { requiredKeys: [] },
);

const service: fc.Arbitrary<Service> = fc
  .record({
    common: container,
    command: fc.option(command, { nil: undefined }),
    size: fc.constantFrom([256, 512], [256, 1024], [1024, 2048], [4096, 8192]),
    architecture: fc.constantFrom<Service["architecture"]>("amd64", "arm64"),
    port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
    containerHealth: fc.option(health, { nil: undefined }),
    stopSeconds: fc.integer({ min: 2, max: 120 }),
    agent: fc.option(sidecar, { nil: undefined }),
    patch: fc.option(patch, { nil: undefined }),
  })
  .map(
    ({ common, size: [cpuUnits = 256, memoryMiB = 512], agent, patch: added, ...rest }): Service => ({
      ...web,
      ...common,
      ...rest,
      route: undefined,
      cpuUnits,
      memoryMiB,
      sidecars: agent ? { agent } : {},
      taskDefinition: added ? { kind: "patch" as const, patch: added } : undefined,
    }),
  );

conformance((target) => {
  const ecs = target.client(ECS);
  const register = async (workload: Service, reference = digest("a")) => {
    const images = new Map([["web", `123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web@${reference}`]]);
    const wanted = taskDefinition(workload, { ...context, images });
    const { taskDefinition: registered } = await ecs.registerTaskDefinition(wanted);
    const arn = registered?.taskDefinitionArn;
    const { taskDefinition: described } = await ecs.describeTaskDefinition({ taskDefinition: arn });
    return { wanted, described };
  };

  test("a task definition that was just registered differs in nothing from what is wanted", async () => {
    await fc.assert(
      fc.asyncProperty(service, async (workload) => {
        const { wanted, described } = await register(workload);
        expect(definitionDifferences(described, wanted)).toEqual([]);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  test("whatever is changed differs, and nothing else", async () => {
    const { described } = await register({ ...web, env: { A: "1" }, stopSeconds: 30 });
    const { wanted } = await register({ ...web, env: { A: "2" }, stopSeconds: 31 }, digest("b"));
    expect(definitionDifferences(described, wanted).map(({ path }) => path)).toEqual([
      "web.environment.A",
      "web.image",
      "web.stopTimeout",
    ]);
  });
});
