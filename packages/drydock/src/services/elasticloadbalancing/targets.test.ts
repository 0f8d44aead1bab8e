import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateRuleCommand,
  DeleteRuleCommand,
  DeregisterTargetsCommand,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, onTestFinished, test } from "vitest";
import { type Clock, systemClock } from "../../clock.ts";
import { startTestDrydock } from "../../testing.ts";
import { startElb } from "./testing.ts";

/** A server that answers health checks with `status` and everything else with its name. */
async function startServer(name: string) {
  const server = { status: 200, asked: Promise.withResolvers<void>(), answer: Promise.withResolvers<void>(), port: 0 };
  const http = createServer(async (request, response) => {
    if (request.url === "/slow") {
      server.asked.resolve();
      await server.answer.promise;
    }
    response.statusCode = request.url === "/healthz" ? server.status : 200;
    response.end(name);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  server.port = (http.address() as AddressInfo).port;
  return server;
}

const checkInterval = 60;
/** What a check waits for before the next one: first the shortest time between any two, then the rest of the interval. */
const untilNextCheck = [250, checkInterval * 1000];

/** Health checks come quickly one after the other; any other time passes only when told to. */
class TestClock implements Clock {
  private readonly held = new Map<() => void, number>();

  now(): number {
    return 0;
  }

  after(delay: number, callback: () => void): () => void {
    if (untilNextCheck.includes(delay)) return systemClock.after(10, callback);
    const due = () => callback();
    this.held.set(due, delay);
    return () => void this.held.delete(due);
  }

  /** Ends every wait of that many seconds. */
  elapse(seconds: number): void {
    for (const [callback, delay] of [...this.held]) {
      if (delay === seconds * 1000 && this.held.delete(callback)) callback();
    }
  }
}

async function until<T>(look: () => Promise<T>, wanted: T): Promise<void> {
  while (JSON.stringify(await look()) !== JSON.stringify(wanted));
}

async function startWithListener(options: Parameters<typeof startElb>[0] = {}) {
  const clock = new TestClock();
  const region = await startElb({ clock, ...options });
  const settings = { HealthCheckPath: "/healthz", HealthCheckIntervalSeconds: checkInterval };
  const TargetGroupArn = await region.targetGroup("web", settings);
  const loadBalancerArn = await region.loadBalancer();
  const listenerArn = await region.listener(loadBalancerArn, TargetGroupArn);
  const target = (port: number) => [{ Id: "127.0.0.1", Port: port }];
  return {
    ...region,
    clock,
    TargetGroupArn,
    listenerArn,
    address: (await region.url(listenerArn)) ?? "",
    register: (port: number) => region.elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: target(port) })),
    deregister: (port: number) =>
      region.elb.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: target(port) })),
    attribute: (Key: string, Value: string) =>
      region.elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes: [{ Key, Value }] })),
    state: async (port: number) => (await region.health(TargetGroupArn))[`127.0.0.1:${port}`],
  };
}

test("a registered target gets requests once a check has passed, and none after too many failed", async () => {
  const region = await startWithListener();
  const [good, other] = [await startServer("good"), await startServer("other")];
  await region.register(good.port);
  await until(() => region.state(good.port), "healthy");
  expect(await (await fetch(region.address)).text()).toBe("good");

  other.status = 500;
  await region.register(other.port);
  await until(() => region.state(other.port), "unhealthy Target.ResponseCodeMismatch");
  for (let i = 0; i < 4; i++) expect(await (await fetch(region.address)).text()).toBe("good");

  other.status = 200;
  good.status = 503;
  await until(() => region.state(other.port), "healthy");
  await until(() => region.state(good.port), "unhealthy Target.ResponseCodeMismatch");
  for (let i = 0; i < 4; i++) expect(await (await fetch(region.address)).text()).toBe("other");
});

test("a deregistered target finishes what it has and is gone after the whole delay", async () => {
  const region = await startWithListener();
  await region.attribute("deregistration_delay.timeout_seconds", "300");
  const [old, young] = [await startServer("old"), await startServer("young")];
  await region.register(old.port);
  await until(() => region.state(old.port), "healthy");
  const slow = fetch(`${region.address}/slow`);
  await old.asked.promise;
  await region.register(young.port);
  await until(() => region.state(young.port), "healthy");
  await region.deregister(old.port);
  expect(await region.state(old.port)).toBe("draining Target.DeregistrationInProgress");
  for (let i = 0; i < 4; i++) expect(await (await fetch(region.address)).text()).toBe("young");
  old.answer.resolve();
  expect(await (await slow).text()).toBe("old");
  expect(await region.state(old.port)).toBe("draining Target.DeregistrationInProgress");
  region.clock.elapse(300);
  expect(await region.state(old.port)).toBeUndefined();
});

test("a draining target that is registered again stays", async () => {
  const region = await startWithListener();
  const server = await startServer("back");
  await region.register(server.port);
  await until(() => region.state(server.port), "healthy");
  await region.deregister(server.port);
  await region.register(server.port);
  region.clock.elapse(300);
  await until(() => region.state(server.port), "healthy");
  expect(await (await fetch(region.address)).text()).toBe("back");
});

test("targets are checked while a rule uses their group, and unused otherwise", async () => {
  const region = await startWithListener();
  const server = await startServer("green");
  const green = await region.targetGroup("green", { HealthCheckPath: "/healthz" });
  const Targets = [{ Id: "127.0.0.1", Port: server.port }];
  const state = async () => (await region.health(green))[`127.0.0.1:${server.port}`];
  await region.elb.send(new RegisterTargetsCommand({ TargetGroupArn: green, Targets }));
  expect(await state()).toBe("unused Target.NotInUse");
  const { Rules } = await region.elb.send(
    new CreateRuleCommand({
      ListenerArn: region.listenerArn,
      Priority: 1,
      Conditions: [{ Field: "path-pattern", Values: ["/green"] }],
      Actions: [{ Type: "forward", TargetGroupArn: green }],
    }),
  );
  await until(state, "healthy");
  expect(await (await fetch(`${region.address}/green`)).text()).toBe("green");
  await region.elb.send(new DeleteRuleCommand({ RuleArn: Rules?.[0]?.RuleArn }));
  expect(await state()).toBe("unused Target.NotInUse");
});

test("after a restart the listener has its port, targets their health, and a drain goes on", async () => {
  const directory = mkdtempSync(join(tmpdir(), "elb-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const first = await startWithListener({ directory, keep: true });
  const [kept, leaving] = [await startServer("kept"), await startServer("leaving")];
  await first.register(kept.port);
  await first.register(leaving.port);
  await until(() => first.state(kept.port), "healthy");
  await until(() => first.state(leaving.port), "healthy");
  await first.deregister(leaving.port);
  await first.drydock.close();
  await expect(fetch(first.address)).rejects.toThrow();

  const clock = new TestClock();
  await startTestDrydock({ directory, clock, port: Number(new URL(first.drydock.endpoint).port) });
  expect(await first.state(kept.port)).toBe("healthy");
  expect(await first.state(leaving.port)).toBe("draining Target.DeregistrationInProgress");
  for (let i = 0; i < 3; i++) expect(await (await fetch(first.address)).text()).toBe("kept");
  clock.elapse(300);
  expect(await first.state(leaving.port)).toBeUndefined();
  kept.status = 500;
  await until(() => first.state(kept.port), "unhealthy Target.ResponseCodeMismatch");
});
