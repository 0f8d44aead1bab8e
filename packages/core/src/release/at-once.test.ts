import type { UpdateServiceRequest } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import type { Aws } from "../aws/clients.ts";
import type { Rollout } from "../config/app.ts";
import { FardelError } from "../errors.ts";
import { atOnce, restoreGates } from "./at-once.ts";
import type { Changes, ServiceChange } from "./changes.ts";
import { descriptor, shop } from "./release.fixture.ts";
import { isGated } from "./rollout/deployment-settings.ts";
import { serviceSettings } from "./rollout/service-settings.ts";
import { runWith } from "./rollout/watch.fixture.ts";

function changeOf(name: string, rollout: Partial<Rollout>, action: ServiceChange["action"] = "update"): ServiceChange {
  const { web } = shop.services;
  if (web === undefined) throw new Error("the shop has no web");
  const service = { ...web, name, rollout: { ...web.rollout, ...rollout } };
  const definition = { kind: "registered", arn: `${name}:1`, image: name } as const;
  const settings = serviceSettings(service, descriptor);
  return { name, service, action, definition, settings, desiredCount: undefined, differences: [], current: undefined };
}

const changesOf = (...services: ServiceChange[]): Changes => ({
  services,
  tasks: [],
  rules: [],
  removed: [],
  scaling: [],
  schedules: [],
});

/** ECS as far as it is told of services' settings. */
function ecsThat(answer: () => void) {
  const updates: UpdateServiceRequest[] = [];
  const updateService = async (request: UpdateServiceRequest) => {
    updates.push(request);
    answer();
    return {};
  };
  return { updates, ...runWith({ target: {}, ecs: { updateService } } as unknown as Aws) };
}

const gated = changeOf("web", { strategy: "canary", approve: "manual", bakeSeconds: 1800 });

test("what is brought back waits for nobody, takes all requests at once, and doesn't bake", () => {
  const [change] = atOnce(changesOf(gated)).services;
  expect(change?.settings.deploymentConfiguration).toMatchObject({
    strategy: "BLUE_GREEN",
    bakeTimeInMinutes: 0,
    lifecycleHooks: [],
  });
  const { rollout } = change?.service ?? gated.service;
  expect(isGated(rollout)).toBe(false);
  expect(rollout.bakeSeconds).toBe(0);
});

test("a check isn't asked either, also after a rolling update", () => {
  const checked = changeOf("web", { check: { kind: "path", path: "/smoke" }, bakeSeconds: 60 });
  const [change] = atOnce(changesOf(checked)).services;
  expect(change?.service.rollout).toMatchObject({ check: undefined, bakeSeconds: 0 });
});

test("the next rollout goes as the manifest says: ECS is told of those that differ, and of nothing else", async () => {
  const { updates, run } = ecsThat(() => {});
  await restoreGates(
    run,
    changesOf(gated, changeOf("worker", {}), changeOf("api", { strategy: "blue-green" }, "none")),
  );
  const { deploymentConfiguration } = gated.settings;
  expect(updates).toEqual([{ cluster: "prod", service: "shop-web", deploymentConfiguration }]);
});

test("a release that serves doesn't fail for that", async () => {
  const { events, run } = ecsThat(() => {
    throw new FardelError("AWS_ClientException", "ECS UpdateService failed");
  });
  await restoreGates(run, changesOf(gated));
  expect(events).toEqual([
    { type: "release.notice", message: "How services are rolled out wasn't restored: ECS UpdateService failed." },
  ]);
});
