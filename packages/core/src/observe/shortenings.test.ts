import { expect, test } from "vitest";
import type { Phase } from "../release/records/phases.ts";
import { type ReleasedConfiguration, releasedConfiguration } from "../release/records/record.ts";
import { shop } from "../release/release.fixture.ts";
import { shortenings } from "./shortenings.ts";

const part = (
  within: string,
  of: string,
  name: string,
  startMs: number,
  durationMs: number,
  bytes?: number,
): Phase => ({
  name,
  within,
  of,
  startMs,
  durationMs,
  ...(bytes !== undefined && { bytes }),
});

const configuration = releasedConfiguration(shop);

/** The keys that are named for a release with these phases, changed settings of web and worker included. */
function advised(phases: Phase[], changed: Partial<ReleasedConfiguration> = {}, durationMs = 100_000) {
  return shortenings(phases, { ...configuration, ...changed }, durationMs);
}

function web(health: object, settings: object = {}): ReleasedConfiguration["services"] {
  const { web: service, ...others } = configuration.services;
  if (service?.route === undefined) throw new Error("the shop's web has a route");
  const route = { ...service.route, health: { ...service.route.health, ...health } };
  return { ...others, web: { ...service, route, ...settings } };
}

test("a release that is as short as it gets is told nothing", () => {
  const phases = [part("rollouts", "web", "start", 0, 9000), part("rollouts", "web", "health", 9000, 4000)];
  expect(advised(phases, { services: web({ intervalSeconds: 5, drainSeconds: 10 }) })).toEqual([]);
});

test("ECS's defaults are told by what they cost, the dearest first", () => {
  const services = web({ intervalSeconds: 30, drainSeconds: 300 });
  const phases = [part("rollouts", "web", "health", 0, 28_000), part("rollouts", "web", "drain", 28_000, 305_000)];
  expect(advised(phases, { services }, 340_000)).toMatchObject([
    { key: "services.web.health.drain", takesMs: 305_000, savesMs: 290_000 },
    { key: "services.web.health.interval", takesMs: 28_000, savesMs: 25_000 },
  ]);
});

test("a service without any health check waits 40 s", () => {
  const [found] = advised([part("rollouts", "worker", "health", 0, 41_000)]);
  expect(found).toEqual({
    of: "worker",
    key: "services.worker.health",
    why: "It has no health check, so that ECS counts its tasks as healthy only after they have run for 40 s.",
    fix: "Add one: health: { command: […] }.",
    takesMs: 41_000,
    savesMs: 35_000,
  });
});

test("tasks that are killed because they don't end are told apart from a long drain", () => {
  const services = web({ drainSeconds: 10 }, { stopSeconds: 30 });
  const keys = (drained: number) =>
    advised([part("rollouts", "web", "drain", 0, drained)], { services }).map(({ key }) => key);
  expect(keys(40_500)).toEqual(["services.web.stop"]);
  expect(keys(12_000)).toEqual([]);
});

test("builds, pushes, starts and tasks that take long are told with their sizes", () => {
  const phases = [
    part("images", "web", "build", 0, 20_000, 850_000_000),
    part("images", "web", "push", 20_000, 9000, 410_000_000),
    part("before-tasks", "migrate", "task", 29_000, 12_000),
    part("rollouts", "web", "start", 41_000, 30_000),
  ];
  expect(advised(phases).map(({ of, key, why }) => [of, key, why])).toEqual([
    [
      "web",
      undefined,
      "Its tasks take long to start: Fargate keeps no images, so each task pulls the whole of it (850 MB).",
    ],
    ["web", "images.web", "Building the image takes long."],
    ["migrate", "tasks.migrate", "Every service waits for it."],
    ["web", "images.web", "Pushing the image takes long. 410 MB were sent."],
  ]);
});

test("waves cost what the shorter ones take", () => {
  const release = { ...configuration.release, waves: [["worker"], ["web"]] };
  const phases = [part("rollouts", "worker", "start", 0, 10_000), part("rollouts", "web", "start", 12_000, 14_000)];
  expect(advised(phases, { release })).toMatchObject([{ key: "release.order", takesMs: 24_000, savesMs: 10_000 }]);
});
