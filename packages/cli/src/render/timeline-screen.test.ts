import type { EnvironmentEvent, LogLine, ReleaseTimeline } from "@fardel/core";
import { expect, test } from "vitest";
import { eventLineFormat } from "./event-line.ts";
import { logLineFormat } from "./log-line.ts";
import { styleOf } from "./style.ts";
import { timelineScreen } from "./timeline-screen.ts";

const style = { ...styleOf({}, { NO_COLOR: "1" }), width: 72 };
const now = new Date("2026-03-01T12:00:00Z");

const timeline = {
  release: {
    number: 12,
    app: "shop",
    environment: "production",
    outcome: "succeeded",
    started: "2026-03-01T11:50:00Z",
    finished: "2026-03-01T11:51:40Z",
    actor: "kim",
    host: "ci",
    commit: "2".repeat(40),
    branch: "main",
    phases: [
      { name: "lock", startMs: 0, durationMs: 80 },
      { name: "images", startMs: 80, durationMs: 20_000 },
      { name: "build", within: "images", of: "web", startMs: 80, durationMs: 15_000 },
      { name: "before-tasks", startMs: 20_080, durationMs: 5000 },
      { name: "task", within: "before-tasks", of: "migrate", startMs: 20_080, durationMs: 5000 },
      { name: "rollouts", startMs: 25_080, durationMs: 74_920 },
      { name: "start", within: "rollouts", of: "web", startMs: 25_080, durationMs: 30_000 },
      { name: "drain", within: "rollouts", of: "web", startMs: 55_080, durationMs: 44_920 },
    ],
  },
  durationMs: 100_000,
  otherMs: 0,
  shortenings: [
    {
      of: "web",
      key: "services.web.health.drain",
      why: "The load balancer waits 45 s for requests of an old task, also when there are none.",
      fix: "Set it to the time of the longest request.",
      takesMs: 44_920,
      savesMs: 35_000,
    },
  ],
} as unknown as ReleaseTimeline;

test("a release's waterfall, and what would make it shorter", () => {
  expect(timelineScreen(timeline, style, now)).toMatchInlineSnapshot(`
    "Release 12 of shop to production: succeeded in 1m 40s
    10m ago, by kim on ci, commit 2222222 (main)

    lock            80ms  ▏
    images         20.0s  ██████████
      web build    15.0s  ████████
    before-tasks    5.0s            ███
      migrate       5.0s            ███
    rollouts       74.9s              ██████████████████████████████████████
      web start    30.0s              ████████████████
      web drain    44.9s                             ███████████████████████
    total         1m 40s

    To make it shorter

      services.web.health.drain  up to 35.0s less
      The load balancer waits 45 s for requests of an old task, also when
      there are none.
      → Set it to the time of the longest request."
  `);
});

test("a release under way has no waterfall yet", () => {
  const release = { ...timeline.release, outcome: "in progress" as const, phases: [] };
  const screen = timelineScreen({ release, durationMs: undefined, otherMs: 0, shortenings: [] }, style, now);
  expect(screen.split("\n").at(-1)).toBe("It is under way: its phases are kept when it ends.");
  const waiting = { ...release, waiting: { services: ["web"], whole: true, since: release.started } };
  const left = { release: waiting, durationMs: undefined, otherMs: 0, shortenings: [] };
  expect(timelineScreen(left, style, now)).toContain("It waits for its approval: its phases are kept when it ends.");
});

test("a release tells the commit and tag its images were built from, and of those that were chosen by a tag only that", () => {
  const origin = (more: object) =>
    timelineScreen({ ...timeline, release: { ...timeline.release, ...more } }, style, now).split("\n")[1];
  expect(origin({ tag: "v1.0.0" })).toBe("10m ago, by kim on ci, commit 2222222 v1.0.0 (main)");
  expect(origin({ builtFrom: {}, imageTag: "v1.0.0" })).toBe("10m ago, by kim on ci, images with the tag v1.0.0");
});

test("events, with the names of what an ARN is of", () => {
  const format = eventLineFormat(style);
  const at = new Date(2026, 2, 1, 11, 50, 3, 7).getTime();
  const arn = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/shop-web/d97395babcd88c4d";
  const event: EnvironmentEvent = {
    id: "1",
    at,
    source: "service",
    subject: "web",
    message: `registered 1 targets in (target-group ${arn}) and did more that makes for a long line.`,
    trouble: false,
  };
  expect([format(event), format({ ...event, message: "done" })].join("\n")).toMatchInlineSnapshot(`
    "Sun Mar 01 2026
    11:50:03.007  web  registered 1 targets in (target-group shop-web) and
                       did more that makes for a long line.
    11:50:03.007  web  done"
  `);
});

test("log lines of a sidecar name it, and all texts begin in one column", () => {
  const format = logLineFormat(["web", "worker"], style);
  const at = new Date(2026, 2, 1, 11, 50, 3, 7).getTime();
  const line: LogLine = { at, workload: "web", container: "web", task: "7e520460", message: "one\u001b[2J" };
  expect([format({ ...line, container: "datadog" }), format(line)].join("\n")).toMatchInlineSnapshot(`
    "11:50:03.007 web/datadog 7e520460  one
    11:50:03.007 web         7e520460  one"
  `);
});
