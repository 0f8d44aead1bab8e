import type { DeploymentConfiguration } from "@aws-sdk/client-ecs";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { taskFaults } from "./faults.ts";
import {
  createService,
  describeTasks,
  loadBalancers,
  register,
  rollouts,
  service,
  shiftedLoadBalancers,
  update,
  weights,
  worldWithCluster,
} from "./scenario.fixture.ts";
import type { ImageBehaviour, World } from "./world.fixture.ts";

// Seconds on a machine that has time; a busy one needs more.
vi.setConfig({ testTimeout: 60_000 });

const behaviour: fc.Arbitrary<ImageBehaviour> = fc.oneof(
  fc.record({ starts: fc.nat(20_000) }),
  fc.record({ starts: fc.nat(20_000), failsToStart: fc.constant("CannotPullContainerError: not found") }),
  fc.record({ starts: fc.nat(20_000), exitsAfter: fc.nat(4_000) }),
  fc.record({ starts: fc.nat(20_000), target: fc.constant("unhealthy" as const) }),
);
const zone = fc.constantFrom("eu-west-1a", "eu-west-1b");
type Step = (world: World) => unknown;
const step: fc.Arbitrary<{ name: string; run: Step }> = fc.oneof(
  behaviour.map((how) => ({ name: `deploy ${JSON.stringify(how)}`, run: (world: World) => deploy(world, how) })),
  fc.integer({ min: 1, max: 5 }).map((desiredCount) => ({
    name: `scale to ${desiredCount}`,
    run: (world: World) => update(world, { desiredCount }),
  })),
  fc.boolean().map((survive) => ({
    name: `restart, tasks ${survive ? "stay" : "are gone"}`,
    run: (world: World) => world.restart(survive),
  })),
  zone.map((name) => ({ name: `lose ${name}`, run: ({ ecs }: World) => taskFaults(ecs).loseZone(name) })),
  zone.map((name) => ({ name: `regain ${name}`, run: ({ ecs }: World) => taskFaults(ecs).regainZone(name) })),
  fc.integer({ min: 1, max: 2 }).map((count) => ({
    name: `interrupt ${count}`,
    run: ({ ecs }: World) => taskFaults(ecs).interruptSpotTasks({ count }),
  })),
  fc.constant({ name: "stop the deployment", run: stopDeployment }),
);
const story = fc.array(fc.tuple(fc.nat(40_000), step), { maxLength: 8 });

const deploymentCircuitBreaker = { enable: true, rollback: true };

test.each<[string, DeploymentConfiguration]>([
  ["ROLLING", { deploymentCircuitBreaker }],
  ["BLUE_GREEN", { strategy: "BLUE_GREEN", bakeTimeInMinutes: 1, deploymentCircuitBreaker }],
  [
    "CANARY",
    {
      strategy: "CANARY",
      bakeTimeInMinutes: 0,
      canaryConfiguration: { canaryBakeTimeInMinutes: 1 },
      deploymentCircuitBreaker,
    },
  ],
])(
  "whatever happens, also to drydock itself, a service ends with its tasks in one target group and nothing else: %s",
  async (strategy, deploymentConfiguration) => {
    await fc.assert(
      fc.asyncProperty(story, async (story) => {
        const world = await worldWithCluster({ capacityProviders: ["FARGATE", "FARGATE_SPOT"] });
        await register(world, "web:0", {});
        await createService(world, {
          launchType: undefined,
          capacityProviderStrategy: [{ capacityProvider: "FARGATE_SPOT", weight: 1 }],
          loadBalancers: strategy === "ROLLING" ? loadBalancers(world) : shiftedLoadBalancers(world),
          deploymentConfiguration,
        });
        await world.clock.advance(20_000);
        for (const [after, { run }] of story) {
          await world.clock.advance(after);
          await run(world);
        }
        for (const name of ["eu-west-1a", "eu-west-1b"]) taskFaults(world.ecs).regainZone(name);
        await world.clock.advance(900_000);
        await expectRest(world);
      }),
      { numRuns: strategy === "ROLLING" ? 60 : 30 },
    );
  },
);

async function deploy(world: World, how: ImageBehaviour): Promise<void> {
  await register(world, `web:${world.images.size}`, how);
  await update(world, { taskDefinition: "web" });
}

async function stopDeployment(world: World): Promise<void> {
  const [newest] = await rollouts(world);
  const stoppable = newest?.status === "PENDING" || newest?.status === "IN_PROGRESS";
  if (!stoppable || newest.lifecycleStage === "CLEAN_UP") return;
  const { serviceDeploymentArn = "" } = newest;
  await world.call.StopServiceDeployment({ serviceDeploymentArn, stopType: "ROLLBACK" }, world.caller);
}

async function expectRest(world: World): Promise<void> {
  const described = await service(world);
  expect(described.deployments).toMatchObject([{ status: "PRIMARY", rolloutState: "COMPLETED" }]);
  expect(described).toMatchObject({ runningCount: described.desiredCount, pendingCount: 0 });
  const statuses = (await rollouts(world)).map(({ status = "" }) => status);
  expect(statuses.filter((status) => !["SUCCESSFUL", "ROLLBACK_SUCCESSFUL", "STOPPED"].includes(status))).toEqual([]);

  const tasks = await describeTasks(world);
  const alive = [...world.runner.states.values()].filter(({ lastStatus }) => lastStatus !== "STOPPED");
  expect(alive.map(({ taskArn }) => taskArn).sort()).toEqual(tasks.map(({ taskArn }) => taskArn).sort());
  const addresses = tasks.map(
    ({ attachments }) => attachments?.[0]?.details?.find(({ name }) => name === "privateIPv4Address")?.value,
  );
  const [first, alternate] = weights(world, world.productionRule);
  expect([first, alternate]).toContain(alternate === undefined ? undefined : 100);
  const [serving, other] =
    alternate === 100 ? [world.alternateTargets, world.targets] : [world.targets, world.alternateTargets];
  expect([...serving].sort()).toEqual(addresses.map((address) => [`${address}:8080`, "healthy"]).sort());
  expect([...other]).toEqual([]);
  const zones = Map.groupBy(tasks, ({ availabilityZone }) => availabilityZone);
  const crowds = ["eu-west-1a", "eu-west-1b"].map((name) => zones.get(name)?.length ?? 0);
  expect(Math.max(...crowds) - Math.min(...crowds)).toBeLessThanOrEqual(1);
}
