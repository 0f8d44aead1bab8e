import type { EnvironmentStatus, ReleasePlan, StackPlan, TaskStatus, WorkloadPlan } from "@fardel/core";
import { expect, test } from "vitest";
import { historyTable } from "./history-table.ts";
import { planScreen } from "./plan-screen.ts";
import { statusScreen } from "./status-screen.ts";
import { styleOf } from "./style.ts";

const style = { ...styleOf({}, { NO_COLOR: "1" }), width: 100 };
const now = new Date("2026-03-01T12:00:00Z");

test("history", () => {
  const common = { started: "2026-03-01T11:58:00Z", finished: "2026-03-01T11:58:12.5Z", actor: "kim@example.com" };
  const releases = [
    {
      ...common,
      number: 12,
      outcome: "rolled back" as const,
      failure: "Service web was not stable.",
      commit: "2".repeat(40),
      dirty: true as const,
      tag: "v1.1.0",
    },
    { ...common, number: 11, outcome: "succeeded" as const, rollbackTo: 9 },
    {
      ...common,
      number: 10,
      outcome: "in progress" as const,
      waiting: { services: ["web"], whole: true, since: "2026-03-01T11:58:12.5Z" },
    },
    {
      ...common,
      number: 9,
      outcome: "succeeded" as const,
      started: "2026-02-27T12:00:00Z",
      actor: "jo",
      commit: "3".repeat(40),
      builtFrom: {},
      imageTag: "v1.0.0",
    },
  ];
  expect(historyTable(releases, style, now)).toMatchInlineSnapshot(`
    "release  outcome      started  took     commit           by
    12       rolled back  2m ago   12.5s    2222222+ v1.1.0  kim@example.com
             Service web was not stable.
    11       serves       2m ago   12.5s                     kim@example.com
             back to what release 9 ran
    10       waiting      2m ago   12.5s                     kim@example.com
    9        succeeded    2d ago   47h 58m                   jo
             the images with the tag v1.0.0"
  `);
  expect(historyTable([], style, now)).toBe("There is no release yet.");
});

function task(id: string, zone: string): TaskStatus {
  return {
    id,
    zone,
    taskDefinition: "shop-local-web:3",
    status: "RUNNING",
    started: new Date("2026-03-01T11:30:00Z"),
    health: undefined,
    target: "healthy",
    spot: false,
  };
}

const status: EnvironmentStatus = {
  app: "shop",
  environment: "local",
  cluster: "local",
  url: "http://127.0.0.1:8080",
  serving: {
    number: 3,
    finished: "2026-03-01T11:00:00Z",
    commit: "1".repeat(40),
    tag: "v1.0.0",
    actor: "kim@example.com",
  },
  lock: undefined,
  unfinished: undefined,
  services: [
    {
      name: "web",
      release: 3,
      image: "shop/web@sha256:1",
      taskDefinition: "shop-local-web:3",
      status: "ACTIVE",
      desired: 2,
      running: 2,
      pending: 0,
      healthy: 1,
      url: "http://127.0.0.1:8080/",
      testUrl: "http://127.0.0.1:9000/",
      deployments: [
        {
          id: "1",
          status: "PRIMARY",
          taskDefinition: "shop-local-web:4",
          desired: 2,
          running: 1,
          pending: 1,
          failed: 1,
          rolloutState: "IN_PROGRESS",
          rolloutReason: "",
          weight: 10,
        },
        {
          id: "2",
          status: "ACTIVE",
          taskDefinition: "shop-local-web:3",
          desired: 2,
          running: 1,
          pending: 0,
          failed: 0,
          rolloutState: "COMPLETED",
          rolloutReason: "",
          weight: 90,
        },
      ],
      rollout: {
        deployment: "arn:aws:ecs:eu-west-1:000000000000:service-deployment/local/shop-web/1",
        status: "IN_PROGRESS",
        stage: "PRE_PRODUCTION_TRAFFIC_SHIFT",
        started: new Date("2026-03-01T11:58:00Z"),
        gates: [{ hookId: "abc", expires: new Date("2026-03-02T11:59:00Z"), onExpiry: "ROLLBACK" }],
      },
      tasks: [task("11111111", "eu-west-1a"), { ...task("22222222", "eu-west-1b"), spot: true }],
      staleSecrets: [
        {
          secret: "arn:aws:secretsmanager:eu-west-1:000000000000:secret:stripe",
          variables: ["STRIPE_KEY"],
          changed: new Date("2026-03-01T11:00:00Z"),
          tasks: 2,
        },
      ],
      targets: [
        {
          targetGroup: "",
          address: "10.0.0.5:3000",
          state: "unhealthy",
          reason: "Health checks failed with these codes: [500]",
        },
      ],
      events: [{ at: new Date("2026-03-01T11:59:50Z"), message: "(service web) has started 1 tasks." }],
    },
    {
      name: "worker",
      release: 3,
      image: "shop/web@sha256:1",
      taskDefinition: "shop-local-worker:3",
      status: "ACTIVE",
      desired: 1,
      running: 1,
      pending: 0,
      healthy: undefined,
      url: undefined,
      testUrl: undefined,
      deployments: [],
      rollout: undefined,
      tasks: [{ ...task("33333333", "eu-west-1c"), target: undefined, health: "HEALTHY" }],
      targets: [],
      staleSecrets: [],
      events: [],
    },
  ],
};

test("status, with what a person wants to know of a service on the move", () => {
  expect(statusScreen(status, style, now)).toMatchInlineSnapshot(`
    "shop in local  http://127.0.0.1:8080
    Release 3 serves: 1h ago, by kim@example.com, commit 1111111 v1.0.0.

    service  tasks  healthy  zones     release  runs
    web      2/2    1        a 1  b 1  3        shop-local-web:3     1 on Spot
    worker   1/1    1        c 1       3        shop-local-worker:3

    web
      primary  shop-local-web:4  1/2 running, 1 pending, 1 failed  10 % of requests  in progress
      active   shop-local-web:3  1/2 running                       90 % of requests  completed
      stage: pre production traffic shift; the rollout began 2m ago
      waits for approval: fardel approve web, or reject
      try it at http://127.0.0.1:9000/; rolls back by itself at 2026-03-02 11:59 UTC
      target 10.0.0.5:3000 is unhealthy: Health checks failed with these codes: [500]
      10s ago  has started 1 tasks.
      STRIPE_KEY changed 1h ago: 2 tasks still have the old value"
  `);
});

test("a release that nobody watches either waits for its approval or was interrupted", () => {
  const left = { number: 4, started: "2026-03-01T11:00:00Z", actor: "kim@example.com" };
  const told = (unfinished: EnvironmentStatus["unfinished"]) =>
    statusScreen({ ...status, services: [], unfinished }, style, now)
      .split("\n")
      .at(-1);
  expect(told({ ...left, waiting: true, interrupted: false })).toBe(
    "Release 4 by kim@example.com waits for its approval.",
  );
  expect(told({ ...left, waiting: false, interrupted: true })).toBe(
    "Release 4 by kim@example.com was interrupted; the next one brings it to its end.",
  );
});

test("plan", () => {
  const stacks: StackPlan[] = [
    { stack: "fardel", action: "none", changes: [] },
    { stack: "shop-local-data", action: "create", changes: Array(6) },
    {
      stack: "shop-local",
      action: "update",
      changes: [
        {
          action: "add",
          logicalId: "ReportLogs",
          resourceType: "AWS::Logs::LogGroup",
          replacement: "no",
          properties: [],
        },
        {
          action: "modify",
          logicalId: "WebTargets",
          resourceType: "AWS::ElasticLoadBalancingV2::TargetGroup",
          replacement: "yes",
          properties: ["Port"],
        },
      ],
    },
  ];
  const release: ReleasePlan = {
    serving: 3,
    workloads: [
      {
        name: "web",
        kind: "service",
        action: "update",
        unknownImage: true,
        differences: [{ path: "service.desiredCount", before: 1, after: 2 }],
      },
      { name: "worker", kind: "service", action: "none", unknownImage: false, differences: [] },
    ],
    rules: [{ service: "web", action: "create", after: "/*" }],
  };
  expect(planScreen(stacks, release, style)).toMatchInlineSnapshot(`
    "Infrastructure
      + shop-local-data: create, 6 resources
      ~ shop-local: update, 2 resources
          + ReportLogs  Logs LogGroup
          ~ WebTargets  ElasticLoadBalancingV2 TargetGroup  Port  is replaced

    Release
      ~ service web: update
          service
            desiredCount: 1 becomes 2
      + listener rule of web: /*

    Not looked at: whether the source has changed that web is built from."
  `);
  const long = {
    path: "web.environment.NOTE",
    before: "one",
    after: "a text that is too long for a line of this width",
  };
  const changed: WorkloadPlan = {
    name: "web",
    kind: "service",
    action: "update",
    unknownImage: false,
    differences: [long],
  };
  const narrow = { ...style, width: 48 };
  expect(planScreen([], { serving: 3, workloads: [changed], rules: [] }, narrow)).toMatchInlineSnapshot(`
    "Release
      ~ service web: update
          task definition
            web.environment.NOTE
              - "one"
              + "a text that is too long for a line
                of this width""
  `);
  expect(planScreen([], { serving: 3, workloads: [], rules: [] }, style)).toBe("Nothing would change.");
});
