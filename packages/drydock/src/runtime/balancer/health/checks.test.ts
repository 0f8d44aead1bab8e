import { expect, test } from "vitest";
import type { Clock } from "../../../clock.ts";
import { startRawTarget, startTarget } from "../testing.ts";
import { HealthChecks } from "./checks.ts";
import { type CheckResult, type HealthCheckSettings, registrationInProgress, type TargetHealth } from "./health.ts";
import { httpProbe, type Probe } from "./probe.ts";

/** A clock that goes only when told to. */
class HandClock implements Clock {
  private time = 0;
  private timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(delay: number, callback: () => void): () => void {
    const timer = { at: this.time + delay, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      const next = this.timers.toSorted((a, b) => a.at - b.at)[0];
      if (!next || next.at > end) break;
      this.time = next.at;
      this.timers = this.timers.filter((one) => one !== next);
      next.callback();
      await settle();
    }
    this.time = end;
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

const settings: HealthCheckSettings = {
  path: "/healthz",
  port: undefined,
  interval: 10_000,
  timeout: 3000,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
  successCodes: "200",
};

function checkWith(answer: () => CheckResult | Promise<CheckResult>) {
  const clock = new HandClock();
  const asked: number[] = [];
  const states: TargetHealth["state"][] = [];
  const probe: Probe = async () => {
    asked.push(clock.now());
    return answer();
  };
  const checks = new HealthChecks(clock, probe, (host, port) => ({ host, port }));
  const current = { ...settings };
  const changed = ({ state }: TargetHealth) => void states.push(state);
  checks.start("key", { id: "10.0.0.1", port: 80, settings: () => current, changed }, registrationInProgress);
  return { clock, checks, asked, states, current };
}

test("checks at once and then at every interval", async () => {
  const { clock, asked, states, checks } = checkWith(() => ({ status: 200 }));
  await settle();
  await clock.advance(25_000);
  expect(asked).toEqual([0, 10_000, 20_000]);
  expect(states).toEqual(["healthy", "healthy", "healthy"]);
  checks.stop("key");
  await clock.advance(50_000);
  expect(asked).toHaveLength(3);
});

test("an answer after the timeout doesn't count", async () => {
  const { clock, states } = checkWith(() => new Promise(() => {}));
  await clock.advance(2999);
  expect(states).toEqual([]);
  await clock.advance(1);
  expect(states).toEqual(["initial"]);
  await clock.advance(10_000);
  expect(states).toEqual(["initial", "unhealthy"]);
});

test("a new target is healthy soon after it listens, and looks in between are no failures", async () => {
  let listens = false;
  const late = checkWith(() => (listens ? { status: 200 } : "error"));
  await settle();
  await late.clock.advance(600);
  listens = true;
  await late.clock.advance(14_400);
  expect(late.asked).toEqual([0, 250, 500, 750, 10_000]);
  expect(late.states).toEqual(["initial", "healthy", "healthy"]);

  const never = checkWith(() => "error");
  await settle();
  await never.clock.advance(25_000);
  expect(never.states).toEqual(["initial", "unhealthy", "unhealthy"]);
  expect(never.asked.slice(-2)).toEqual([10_000, 20_000]);
});

test("a changed interval counts from the next check", async () => {
  const { clock, asked, current } = checkWith(() => ({ status: 200 }));
  current.interval = 5000;
  await clock.advance(21_000);
  expect(asked).toEqual([0, 10_000, 15_000, 20_000]);
});

test("asks the path as ELB does and takes any status as an answer", async () => {
  const target = await startTarget((request, response) => {
    response.statusCode =
      request.headers["user-agent"] === "ELB-HealthChecker/2.0" && request.url === "/healthz" ? 503 : 500;
    response.end(request.headers.host);
  });
  const ask = { host: "10.0.0.1:80", path: "/healthz" };
  const address = { host: "127.0.0.1", port: target.port };
  expect(await httpProbe(address, ask, new AbortController().signal)).toEqual({ status: 503 });
});

test("a target that closes or refuses is an error", async () => {
  const port = await startRawTarget((socket) => socket.once("data", () => socket.end("nonsense")));
  const ask = { host: "10.0.0.1:80", path: "/" };
  const signal = new AbortController().signal;
  expect(await httpProbe({ host: "127.0.0.1", port }, ask, signal)).toBe("error");
  const gone = await startTarget(() => {});
  gone.server.close();
  expect(await httpProbe({ host: "127.0.0.1", port: gone.port }, ask, signal)).toBe("error");
});
