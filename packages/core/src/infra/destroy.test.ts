import type { Stack as DescribedStack } from "@aws-sdk/client-cloudformation";
import { describe, expect, test } from "vitest";
import { appStacks, deploymentSteps } from "./app-stacks.ts";
import { stacksToRemove } from "./destroy.ts";
import { shop, tinyShop } from "./shop.fixture.ts";

/** The stacks of apps as CloudFormation would list them. */
function deployed(...apps: (typeof shop)[]): DescribedStack[] {
  const stacks = apps.flatMap((app) => deploymentSteps(appStacks(app)).flat());
  const unique = new Map(stacks.map((stack) => [stack.name, stack.tags]));
  return [...unique].map(([StackName, tags]) => ({
    StackName,
    StackStatus: "CREATE_COMPLETE",
    CreationTime: new Date(0),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  }));
}

function removed(all: DescribedStack[], data: boolean, app = shop): unknown {
  return Object.values(stacksToRemove(app, all, data)).map((stack) => stack?.StackName);
}

const foreign: DescribedStack = { StackName: "legacy", StackStatus: "CREATE_COMPLETE", CreationTime: new Date(0) };

describe("stacksToRemove", () => {
  test("is everything when nothing else is there", () => {
    const all = [...deployed(shop), foreign];
    expect(removed(all, true)).toEqual(["shop-prod", "shop-prod-data", "shop-registry", "prod", "fardel"]);
  });

  test("spares databases unless told, and with them their network and the release records", () => {
    expect(removed(deployed(shop), false)).toEqual(["shop-prod", "shop-registry"]);
  });

  test("is everything for an app without databases", () => {
    expect(removed(deployed(tinyShop), false)).toEqual(["shop-prod", "prod", "fardel"]);
  });

  test("spares what another app on the same cluster uses", () => {
    const all = deployed(shop, { ...tinyShop, name: "blog" });
    expect(removed(all, true)).toEqual(["shop-prod", "shop-prod-data", "shop-registry"]);
  });

  test("spares what another environment of the app uses", () => {
    const all = deployed(shop, { ...shop, environment: "staging", cluster: "stage" });
    expect(removed(all, true)).toEqual(["shop-prod", "shop-prod-data", "prod"]);
  });

  test("finds databases that the manifest no longer names", () => {
    expect(removed(deployed(shop), true, { ...shop, databases: {} })).toContain("shop-prod-data");
  });

  test("takes the data that an earlier removal spared", () => {
    const left = deployed(shop).filter(({ StackName }) => !["shop-prod", "shop-registry"].includes(StackName ?? ""));
    expect(removed(left, true)).toEqual(["shop-prod-data", "prod", "fardel"]);
  });
});
