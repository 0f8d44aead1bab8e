import type { Service as EcsService } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import type { Scale, Service } from "../../config/app.ts";
import { descriptor, shop } from "../release.fixture.ts";
import {
  changedCount,
  serviceSettings,
  settingsDifferences,
  withRules,
  withSecondTargetGroup,
} from "./service-settings.ts";

const { web, worker } = shop.services as Record<"web" | "worker", Service>;

const scale = (min: number, max = min): Scale => ({ ...web.scale, min, max });

test("the settings of a routed service", () => {
  expect(serviceSettings(web, descriptor)).toEqual({
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: ["subnet-b", "subnet-a"],
        securityGroups: ["sg-1"],
        assignPublicIp: "DISABLED",
      },
    },
    deploymentConfiguration: {
      strategy: "ROLLING",
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      alarms: { alarmNames: [], enable: false, rollback: false },
      lifecycleHooks: [],
      earlySuccessCriteria: { enable: false },
    },
    loadBalancers: [{ targetGroupArn: descriptor.targetGroups.web, containerName: "web", containerPort: 8080 }],
    capacityProviderStrategy: [],
    healthCheckGracePeriodSeconds: 30,
    propagateTags: "TASK_DEFINITION",
    enableECSManagedTags: true,
    enableExecuteCommand: false,
  });
});

test("a service without a route has no load balancer and no grace period, which ECS would refuse", () => {
  const settings = serviceSettings(worker, descriptor);
  expect(settings.loadBalancers).toEqual([]);
  expect(settings).not.toHaveProperty("healthCheckGracePeriodSeconds");
});

/** As DescribeServices shows a service with these settings. */
function described(service: Service): EcsService {
  const settings = serviceSettings(service, descriptor);
  return {
    healthCheckGracePeriodSeconds: 0,
    ...settings,
    networkConfiguration: {
      awsvpcConfiguration: {
        ...settings.networkConfiguration.awsvpcConfiguration,
        subnets: ["subnet-a", "subnet-b"],
      },
    },
    deploymentConfiguration: {
      alarms: { alarmNames: [], enable: false, rollback: false },
      bakeTimeInMinutes: 0,
      ...settings.deploymentConfiguration,
    },
  };
}

test("what ECS completes and the order of subnets are no differences", () => {
  expect(settingsDifferences(described(web), serviceSettings(web, descriptor))).toEqual([]);
  expect(settingsDifferences(described(worker), serviceSettings(worker, descriptor))).toEqual([]);
});

test("differences are told by name", () => {
  const now = { ...descriptor, network: { ...descriptor.network, assignPublicIp: true } };
  expect(settingsDifferences(described(web), serviceSettings(web, now))).toEqual([
    { path: "service.assignPublicIp", before: "DISABLED", after: "ENABLED" },
  ]);
});

test.each([
  ["a fixed number that changed", scale(3), scale(2), 2, 3],
  ["a fixed number that is there already", scale(3), scale(2), 3, undefined],
  ["a number that somebody has set by hand since", scale(2), scale(2), 5, undefined],
  ["a range, which autoscaling moves in", scale(3, 9), scale(2), 2, undefined],
  ["a range that became a fixed number", scale(2), scale(2, 9), 7, 2],
  ["a service fardel knows no release of", scale(2), undefined, 1, 2],
])("desired count of %s", (_, now, before, current, expected) => {
  expect(changedCount(now, before, current)).toBe(expected);
});

describe("a strategy that shifts traffic", () => {
  const canary: Service = {
    ...web,
    rollout: { ...web.rollout, strategy: "canary", stepPercent: 5, stepSeconds: 90, bakeSeconds: 301 },
  };
  const advancedConfiguration = {
    alternateTargetGroupArn: descriptor.alternateTargetGroups.web,
    productionListenerRule: "rule/production",
    testListenerRule: "rule/test",
    roleArn: "arn:aws:iam::123456789012:role/infrastructure",
  };
  const there = (service: Service): EcsService => ({
    ...described(service),
    loadBalancers: serviceSettings(service, descriptor).loadBalancers.map((each) => ({
      ...each,
      advancedConfiguration,
    })),
  });

  test("has two target groups, and the rules once they are there", () => {
    const settings = serviceSettings(canary, descriptor, { ecs: undefined, rule: undefined });
    expect(withRules(settings, "rule/production", "rule/test").loadBalancers).toEqual([
      {
        targetGroupArn: descriptor.targetGroups.web,
        containerName: "web",
        containerPort: 8080,
        advancedConfiguration,
      },
    ]);
  });

  test("differs in its way from rolling, and not from itself", () => {
    const ecs = there(canary);
    expect(settingsDifferences(ecs, serviceSettings(canary, descriptor, { ecs, rule: "rule/production" }))).toEqual([]);
    const rolling = settingsDifferences(ecs, serviceSettings(web, descriptor, { ecs, rule: "rule/production" }));
    expect(rolling.map(({ path, before, after }) => [path, before, after])).toEqual([
      ["service.circuitBreaker.enable", false, true],
      ["service.circuitBreaker.rollback", false, true],
      ["service.deployment.bakeMinutes", 6, 0],
      ["service.deployment.step", "5% for 2 min", undefined],
      ["service.deployment.strategy", "CANARY", "ROLLING"],
    ]);
  });

  test("back to rolling keeps both target groups, since its tasks may be in either", () => {
    const ecs = there(canary);
    const [balancer] = serviceSettings(web, descriptor, { ecs, rule: "rule/production" }).loadBalancers;
    expect(balancer?.advancedConfiguration).toEqual(advancedConfiguration);
  });

  test("leaves the second target group to a service that goes back to how it was without it", () => {
    const [former] = described(web).loadBalancers ?? [];
    const [now] = there(canary).loadBalancers ?? [];
    if (!former || !now) throw new Error("web has a load balancer");
    const port = { ...former, containerPort: 1 };
    expect(withSecondTargetGroup([port], [now])).toEqual([{ ...port, advancedConfiguration }]);
    expect(withSecondTargetGroup([now], [former])).toEqual([now]);
    expect(withSecondTargetGroup([former], [former])).toEqual([former]);
    expect(withSecondTargetGroup([], [now])).toEqual([]);
  });

  test("is told of a rule that somebody has deleted", () => {
    const ecs = there(canary);
    const differences = settingsDifferences(ecs, serviceSettings(canary, descriptor, { ecs, rule: undefined }));
    expect(differences.map(({ path }) => path)).toEqual(["service.shifting"]);
  });
});

describe("capacity", () => {
  const on = (spotPercent: number) => serviceSettings({ ...web, spotPercent }, descriptor);

  test("B2: Spot alone, a share of it, and none", () => {
    const spot = { capacityProvider: "FARGATE_SPOT", weight: 80 };
    expect(on(100).capacityProviderStrategy).toEqual([{ capacityProvider: "FARGATE_SPOT", weight: 100 }]);
    expect(on(80).capacityProviderStrategy).toEqual([{ capacityProvider: "FARGATE", weight: 20 }, spot]);
    expect(on(0).capacityProviderStrategy).toEqual([]);
  });

  test("Fargate by its provider is the launch type by another name; anything else differs", () => {
    const byProvider = {
      ...described(web),
      capacityProviderStrategy: [{ capacityProvider: "FARGATE", weight: 1, base: 0 }],
    };
    expect(settingsDifferences(byProvider, on(0))).toEqual([]);
    expect(settingsDifferences(byProvider, on(80))).toEqual([
      { path: "service.capacity", before: "FARGATE", after: "FARGATE 20, FARGATE_SPOT 80" },
    ]);
  });
});
