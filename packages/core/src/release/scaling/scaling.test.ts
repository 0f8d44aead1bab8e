import { describe, expect, test } from "vitest";
import type { Scale, Service } from "../../config/app.ts";
import { descriptor as bare, shop } from "../release.fixture.ts";
import { type CurrentScaling, scalingChange } from "./scaling.ts";
import { scalingPolicies } from "./scaling-policies.ts";

const descriptor = { ...bare, queues: { ingest: "https://sqs.eu-west-1.amazonaws.com/123456789012/shop-ingest" } };
const fixed = { cpuPercent: undefined, memoryPercent: undefined, requestsPerTask: undefined, queue: undefined };
const { web } = shop.services;
if (web === undefined) throw new Error("the shop has no web");

const scaled = (scale: Partial<Scale>): Service => ({ ...web, scale: { min: 2, max: 10, ...fixed, ...scale } });
const cpu = scaled({ cpuPercent: 60 });

function change(service: Service, current: CurrentScaling | undefined, before: Scale | undefined = undefined) {
  return scalingChange({ service, before, current, targetGroup: undefined }, descriptor);
}

/** As Application Auto Scaling shows what was put. */
const asPut = (service: Service, min = 2, max = 10): CurrentScaling => ({
  min,
  max,
  policies: scalingPolicies(service, descriptor),
});

describe("policies", () => {
  test("are one for each thing to scale on", () => {
    const all = scaled({
      cpuPercent: 60,
      memoryPercent: 70,
      requestsPerTask: 1000,
      queue: { name: "ingest", messagesPerTask: 100 },
    });
    const policies = scalingPolicies(all, descriptor);
    expect(Object.entries(policies).map(([name, { TargetValue }]) => [name, TargetValue])).toEqual([
      ["fardel-cpu", 60],
      ["fardel-memory", 70],
      ["fardel-requests", 1000],
      ["fardel-queue", 100],
    ]);
    expect(policies["fardel-requests"]?.PredefinedMetricSpecification).toEqual({
      PredefinedMetricType: "ALBRequestCountPerTarget",
      ResourceLabel: "app/shop/1/targetgroup/web/1",
    });
    const metrics = policies["fardel-queue"]?.CustomizedMetricSpecification?.Metrics;
    expect(
      metrics?.map(({ Id, Expression, MetricStat }) => [Id, Expression ?? MetricStat?.Metric?.Dimensions]),
    ).toEqual([
      ["messages", [{ Name: "QueueName", Value: "shop-ingest" }]],
      [
        "tasks",
        [
          { Name: "ClusterName", Value: "prod" },
          { Name: "ServiceName", Value: "shop-web" },
        ],
      ],
      ["wanted", "FILL(messages, 0) / IF(FILL(tasks, 0) < 1, 1, FILL(tasks, 0))"],
    ]);
  });
});

describe("a service's scaling", () => {
  test("is made where there is none, and left alone where it is as wanted", () => {
    expect(change(cpu, undefined)).toMatchObject([{ action: "create", bounds: { min: 2, max: 10 } }]);
    expect(change(cpu, asPut(cpu))).toEqual([]);
    expect(change(scaled({ max: 2 }), undefined)).toEqual([]);
  });

  test("keeps bounds set by hand until the manifest says others", () => {
    expect(change(cpu, asPut(cpu, 4, 20), cpu.scale)).toEqual([]);
    const wider = scaled({ max: 12, cpuPercent: 60 });
    expect(change(wider, asPut(cpu, 4, 20), cpu.scale)).toMatchObject([
      { action: "update", bounds: { min: 2, max: 12 } },
    ]);
  });

  test("loses the policies that the manifest no longer has, and not somebody else's", () => {
    const current = asPut(cpu);
    const theirs = { "by-hand": { TargetValue: 1 } };
    const memory = scaled({ memoryPercent: 70 });
    const [changed] = change(memory, { ...current, policies: { ...current.policies, ...theirs } }, cpu.scale);
    expect(changed).toMatchObject({ action: "update", bounds: undefined, unwanted: ["fardel-cpu"] });
    expect(Object.keys(changed?.policies ?? {})).toEqual(["fardel-memory"]);
  });

  test("ends with a fixed count, unless somebody else has made it", () => {
    const one = scaled({ max: 2 });
    expect(change(one, asPut(cpu), cpu.scale)).toMatchObject([{ action: "delete" }]);
    expect(change(one, { min: 1, max: 5, policies: { "by-hand": { TargetValue: 1 } } }, one.scale)).toEqual([]);
  });
});
