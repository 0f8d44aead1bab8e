import { expect, test } from "vitest";
import { plainLine } from "./plain-lines.ts";

test("events become lines, except those that only move something on", () => {
  const lines = [
    plainLine({ type: "stack.started", stack: "local", action: "create", changes: 18 }),
    plainLine({
      type: "stack.resource",
      stack: "local",
      logicalId: "Vpc",
      resourceType: "AWS::EC2::VPC",
      status: "CREATE_COMPLETE",
    }),
    plainLine({
      type: "stack.resource",
      stack: "local",
      logicalId: "Vpc",
      resourceType: "AWS::EC2::VPC",
      status: "CREATE_FAILED",
      reason: "The maximum number of VPCs has been reached.",
    }),
    plainLine({ type: "stack.finished", stack: "local", outcome: "created", durationMs: 640 }),
    plainLine({ type: "image.started", image: "web", builder: "node" }),
    plainLine({ type: "image.built", image: "web", digest: "", sizeBytes: 12, durationMs: 3, cached: true }),
    plainLine({ type: "image.pushed", image: "web", reference: "", sentBytes: 0, durationMs: 3 }),
    plainLine({ type: "release.started", release: 5, environment: "local", rollbackTo: 3 }),
    plainLine({ type: "task.log", task: "migrate", line: "\u001b[2Jdone" }),
    plainLine({
      type: "rollout.progress",
      service: "web",
      desired: 2,
      running: 2,
      healthy: 1,
      pending: 0,
      failed: 0,
      oldRunning: 1,
    }),
    plainLine({ type: "rollout.finished", service: "web", outcome: "serving", durationMs: 61_000 }),
    plainLine({ type: "rollout.checked", service: "web", failure: "/smoke answers 404" }),
    plainLine({ type: "rollout.baking", service: "web", until: "2026-01-01T12:00:00.000Z" }),
    plainLine({ type: "rollout.baked", service: "web", outcome: "failed", durationMs: 4000 }),
  ];
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "stack local: create, 18 changes

    stack local: Vpc (EC2 VPC) CREATE_FAILED: The maximum number of VPCs has been reached.
    stack local: created in 0.6s

    image web: 12 B, built before

    release 5 to local, back to what release 3 ran
    task migrate | done
    web: 1/2 healthy, 1 old left
    web: serving after 61.0s
    web: check failed: /smoke answers 404
    web: serves, and bakes until 2026-01-01T12:00:00.000Z
    web: failed after 4.0s of bake"
  `);
});
