import { describe, expect, test } from "vitest";
import type { App } from "../config/app.ts";
import { appStacks } from "./app-stacks.ts";
import { FakeCloudFormation } from "./cloudformation.fixture.ts";
import { mergeKept, prepareStack } from "./prepare-stack.ts";
import { shop } from "./shop.fixture.ts";
import { isUnchanged, type Stack, stackDigest, templateBody } from "./stack.ts";

/** Registry stacks of an app whose manifest names these images. */
function registry(...images: string[]): Stack {
  const [web] = Object.values(shop.images);
  const app = { ...shop, images: Object.fromEntries(images.map((image) => [image, web])) } as App;
  const stack = appStacks(app).registry;
  if (stack === undefined) throw new Error("no images, no registry");
  return stack;
}

async function prepare(wanted: Stack, deployed: Stack, tags = deployed.tags) {
  const cloudFormation = new FakeCloudFormation({
    StackName: deployed.name,
    StackStatus: "UPDATE_COMPLETE",
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    Outputs: [{ OutputKey: "FardelDigest", OutputValue: stackDigest(deployed) }],
  });
  cloudFormation.templates.push(templateBody(deployed));
  return await prepareStack(cloudFormation.aws, wanted);
}

describe("prepareStack", () => {
  test("keeps repositories that the manifest no longer names, with their outputs", async () => {
    const { stack } = await prepare(registry("web"), registry("web", "api"));
    expect(Object.keys(stack.template.Resources)).toEqual(["WebRepository", "ApiRepository"]);
    expect(Object.keys(stack.template.Outputs)).toEqual(["WebRepositoryUri", "ApiRepositoryUri"]);
  });

  test("finds nothing changed when there are only more of them than the manifest names, in any order", async () => {
    const { stack, current } = await prepare(registry("web"), registry("web", "api"));
    expect(isUnchanged(stack, current)).toBe(true);
    const reordered = await prepare(registry("api", "web"), registry("web", "api"));
    expect(isUnchanged(reordered.stack, reordered.current)).toBe(true);
  });

  test("takes what the manifest says of what is in both", () => {
    const before = registry("web").template;
    const changed = { Type: "AWS::ECR::Repository", Properties: { RepositoryName: "shop/web", Tags: [] } };
    const after = { ...before, Resources: { WebRepository: changed } };
    expect(mergeKept(before, after, ["AWS::ECR::Repository"])).toEqual(after);
  });

  test("keeps queues that the manifest no longer names, with their messages and dead letters", () => {
    const ingest = { name: "ingest", visibilitySeconds: 60, retries: 3 };
    const { application } = appStacks({ ...shop, queues: { ingest } });
    const wanted = appStacks(shop).application;
    const { Resources } = mergeKept(application.template, wanted.template, wanted.keeps ?? []);
    expect(Object.keys(Resources).filter((id) => !(id in wanted.template.Resources))).toEqual([
      "IngestQueue",
      "IngestDeadLetterQueue",
    ]);
    expect(Resources.IngestQueue).toEqual(application.template.Resources.IngestQueue);
  });

  test("lets everything else go", () => {
    const { application } = appStacks(shop);
    const wanted = appStacks({ ...shop, services: {} }).application;
    const merged = mergeKept(application.template, wanted.template, application.keeps ?? []);
    const left = Object.keys(merged.Resources).filter((id) => !(id in wanted.template.Resources));
    expect(left).toEqual(["WebTargetGroup", "WebAlternateTargetGroup", "WebLogs", "WorkerLogs"]);
    expect(merged.Outputs).toEqual(wanted.template.Outputs);
  });

  test("never touches somebody else's stack", async () => {
    await expect(prepare(registry("web"), registry("web"), { "fardel:app": "blog" })).rejects.toMatchObject({
      code: "STACK_NOT_OURS",
      why: "Its tags say so: fardel:stack is not set, not registry; fardel:app is blog, not shop.",
    });
  });
});
