import type { FardelEvent } from "@fardel/core/events.ts";
import { expect, test } from "vitest";
import { frame } from "./frame.ts";
import { applyEvent, emptyProgress } from "./progress.ts";
import { styleOf } from "./style.ts";

const style = { ...styleOf({}, { NO_COLOR: "1" }), width: 78 };

/** The live view after these events, `seconds` after they came in. */
function view(events: FardelEvent[], seconds = 0, shown = style): string {
  const progress = emptyProgress();
  for (const event of events) applyEvent(progress, event, 0);
  return frame(progress, shown, seconds * 1000).join("\n");
}

const halfway: FardelEvent[] = [
  { type: "stack.finished", stack: "fardel", outcome: "unchanged", durationMs: 20 },
  { type: "stack.finished", stack: "local", outcome: "unchanged", durationMs: 20 },
  { type: "stack.started", stack: "shop-local-data", action: "create", changes: 5 },
  {
    type: "stack.resource",
    stack: "shop-local-data",
    logicalId: "MainSecret",
    resourceType: "AWS::SecretsManager::Secret",
    status: "CREATE_COMPLETE",
  },
  {
    type: "stack.resource",
    stack: "shop-local-data",
    logicalId: "MainDatabase",
    resourceType: "AWS::RDS::DBInstance",
    status: "CREATE_IN_PROGRESS",
  },
  { type: "image.started", image: "web", builder: "node" },
  { type: "image.built", image: "web", digest: "sha256:1", sizeBytes: 2_140_000, durationMs: 1_240, cached: false },
  { type: "image.pushed", image: "web", reference: "r/web@sha256:1", sentBytes: 2_140_000, durationMs: 90 },
  { type: "image.started", image: "api", builder: "node" },
  { type: "image.progress", image: "api", message: "added 14 packages in 2s" },
];

test("infrastructure and images under way", () => {
  expect(view(halfway, 7)).toMatchInlineSnapshot(`
    "✓ infrastructure         2 stacks unchanged
    ⠧ stack shop-local-data  creating 1/5  MainDatabase RDS DBInstance  7s
    ✓ image web              2.1 MB, built in 1.2s, sent 2.1 MB
    ⠧ image api              added 14 packages in 2s  7s"
  `);
});

const rollingOut: FardelEvent[] = [
  { type: "release.started", release: 4, environment: "local" },
  { type: "task.started", task: "migrate", taskArn: "arn:aws:ecs:eu-west-1:000000000000:task/local/1" },
  { type: "task.log", task: "migrate", line: "\u001b[32mThe table\u001b[0m is there.\u0007" },
  { type: "task.finished", task: "migrate", exitCode: 0, durationMs: 830 },
  { type: "rollout.started", service: "web", revision: "shop-local-web:4", action: "update" },
  {
    type: "rollout.progress",
    service: "web",
    desired: 2,
    running: 2,
    healthy: 1,
    pending: 1,
    failed: 1,
    oldRunning: 2,
  },
  { type: "rollout.started", service: "worker", revision: "shop-local-worker:4", action: "update" },
  { type: "rollout.finished", service: "worker", outcome: "rolled back", durationMs: 4_200 },
];

test("an image is done when it is built, until it is sent somewhere", () => {
  const built = halfway.filter((event) => event.type === "image.built");
  expect(view(built, 1)).toBe("✓ image web  2.1 MB, built in 1.2s");
  const sending: FardelEvent = { type: "image.progress", image: "web", message: "sending 2.1 MB" };
  expect(view([...built, sending], 1)).toContain("image web  2.1 MB, built in 1.2s, sending 2.1 MB");
});

test("of a service that no load balancer checks it is said what runs, not what is healthy", () => {
  const counts = { service: "worker", desired: 2, running: 1, pending: 0, failed: 0, oldRunning: 1 };
  const starting: FardelEvent[] = [{ type: "rollout.progress", ...counts }];
  expect(view(starting, 0)).toContain("1/2 running  ▕██████      ▏  1 old left");
  const served: FardelEvent = { type: "rollout.finished", service: "worker", outcome: "serving", durationMs: 1_000 };
  expect(view([...starting, served], 1)).toBe("✓ service worker  1/2 running, serving, 1.0s");
});

test("a release under way", () => {
  expect(view(rollingOut, 1)).toMatchInlineSnapshot(`
    "✓ task migrate    exit code 0 after 0.8s
        The table is there.
    ⠹ service web     1/2 healthy  ▕██████      ▏  1 failed  1 starting  2 old le…
    ✗ service worker  rolled back, 4.2s"
  `);
});

test("a rolling update that bakes is under way again, until it has baked", () => {
  const served: FardelEvent[] = [
    {
      type: "rollout.progress",
      service: "web",
      desired: 2,
      running: 2,
      healthy: 2,
      pending: 0,
      failed: 0,
      oldRunning: 0,
    },
    { type: "rollout.finished", service: "web", outcome: "serving", durationMs: 12_000 },
    { type: "rollout.baking", service: "web", until: new Date(300_000).toISOString() },
  ];
  expect(view(served, 60)).toContain("2/2 healthy  ▕████████████▏  4m 0s of bake left");
  const baked: FardelEvent = { type: "rollout.baked", service: "web", outcome: "serving", durationMs: 300_000 };
  expect(view([...served, baked], 300)).toBe("✓ service web  2/2 healthy, serving, 5m 12s");
});

test("a rollout that is left at its gate has not failed, and tells how it goes on", () => {
  const left: FardelEvent[] = [
    { type: "rollout.started", service: "web", revision: "shop-production-web:4", action: "update" },
    {
      type: "rollout.waiting",
      environment: "production",
      service: "web",
      waitsFor: "approval",
      testUrl: "http://shop.test:9000",
      otherwise: "roll-back",
    },
    { type: "rollout.finished", service: "web", outcome: "waiting", durationMs: 4_200 },
  ];
  expect(view(left, 9)).toMatchInlineSnapshot(`
    "· service web  waiting, 4.2s
        waits for approval: fardel approve web -e production, or reject
        try it at http://shop.test:9000"
  `);
});

test("without the symbols of Unicode", () => {
  const ascii = { ...styleOf({}, { NO_COLOR: "1", TERM: "dumb" }), width: 78 };
  expect(view(rollingOut, 1, ascii)).toMatchInlineSnapshot(`
    "+ task migrate    exit code 0 after 0.8s
        The table is there.
    | service web     1/2 healthy  [######      ]  1 failed  1 starting  2 old...
    x service worker  rolled back, 4.2s"
  `);
});

test("is cut to the width of the terminal", () => {
  const lines = view([...halfway, ...rollingOut], 100, { ...style, width: 40 }).split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBe(40);
});
