import type { ContainerHealth, ImageBuild, Rollout, Route, Scale, Service } from "../app.ts";
import { nearest } from "../nearest.ts";
import type { ParsedService } from "../schema/manifest.ts";
import { didYouMean } from "../source/explain.ts";
import type { ResolveScope } from "./scope.ts";
import { resolveWorkload } from "./workload.ts";

export function resolveService(
  scope: ResolveScope,
  name: string,
  parsed: ParsedService,
  images: Record<string, ImageBuild>,
): Service {
  return {
    ...resolveWorkload(scope, ["services", name], parsed, images),
    port: parsed.port,
    route: resolveRoute(scope, name, parsed),
    containerHealth: resolveContainerHealth(scope, name, parsed),
    scale: resolveScale(scope, name, parsed),
    rollout: resolveRollout(scope, name, parsed),
  };
}

function resolveRoute(scope: ResolveScope, name: string, parsed: ParsedService): Route | undefined {
  const path = ["services", name];
  if (parsed.route === undefined) return undefined;
  if (parsed.port === undefined) {
    scope.report([...path, "route"], "a route needs a port to send requests to", {
      on: "key",
      fix: "write port: beside route:",
    });
  }
  const { health } = parsed;
  if (health.timeout >= health.interval) {
    const key = scope.has(...path, "health", "timeout") ? "timeout" : "interval";
    scope.report(
      [...path, "health", key],
      `expected the timeout to be shorter than the interval, found ${health.timeout}s and ${health.interval}s`,
    );
  }
  return {
    host: parsed.route.host?.toLowerCase(),
    path: parsed.route.path,
    port: parsed.port ?? 0,
    health: {
      path: health.path,
      intervalSeconds: health.interval,
      timeoutSeconds: health.timeout,
      healthyThreshold: health.healthy,
      unhealthyThreshold: health.unhealthy,
      graceSeconds: health.grace,
      drainSeconds: health.drain,
    },
  };
}

/** Bounds: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html */
function resolveContainerHealth(scope: ResolveScope, name: string, parsed: ParsedService): ContainerHealth | undefined {
  const path = ["services", name, "health"];
  const { command, interval, timeout, unhealthy, grace } = parsed.health;
  const refuse = (keys: readonly string[], message: string) => {
    for (const key of keys) if (scope.has(...path, key)) scope.report([...path, key], message, { on: "key" });
  };
  if (parsed.route !== undefined) {
    refuse(["command"], "a service with a route is checked by its path");
    return undefined;
  }
  if (command === undefined) {
    if (scope.has(...path)) {
      const fix = "write command: beside it, or give the service a route";
      scope.report(path, "without a route there is no path to ask: the check is a command", { on: "key", fix });
    }
    return undefined;
  }
  refuse(["path", "healthy", "drain"], "this belongs to the load balancer's check, and this service has no route");
  if (grace > 300)
    scope.report([...path, "grace"], `expected 5m at most for a service without a route, found ${grace}s`);
  if (timeout > 60)
    scope.report([...path, "timeout"], `expected 1m at most for a service without a route, found ${timeout}s`);
  return {
    command,
    intervalSeconds: interval,
    timeoutSeconds: timeout,
    retries: unhealthy,
    startSeconds: grace,
  };
}

function resolveScale(scope: ResolveScope, name: string, parsed: ParsedService): Scale {
  const none = { cpuPercent: undefined, memoryPercent: undefined, requestsPerTask: undefined, queue: undefined };
  if (typeof parsed.scale === "number") return { min: parsed.scale, max: parsed.scale, ...none };
  const path = ["services", name, "scale"];
  const { min, max = min, cpu, memory, requests, queue } = parsed.scale;
  const targets = ["cpu", "memory", "requests", "queue"].filter((key) => scope.has(...path, key));
  if (max < min) {
    scope.report(
      [...path, scope.has(...path, "max") ? "max" : "min"],
      `expected max to be at least min, found ${max} and ${min}`,
    );
  } else if (max > min && targets.length === 0) {
    const fix = "add cpu: 60, or memory, requests or queue";
    scope.report([...path, "max"], `between ${min} and ${max} tasks something has to decide`, { on: "key", fix });
  } else if (max === min && targets[0] !== undefined) {
    scope.report([...path, targets[0]], `"${targets[0]}" has nothing to decide: max is ${max}, and so is min`, {
      on: "key",
      fix: "write a greater max",
    });
  }
  if (requests !== undefined && parsed.route === undefined) {
    scope.report([...path, "requests"], "requests are counted by the load balancer, and this service has no route", {
      on: "key",
    });
  }
  const queues = scope.names("queues");
  if (queue !== undefined && !queues.includes(queue.name)) {
    scope.report(
      [...path, "queue", "name"],
      `no queue "${queue.name}" in queues${didYouMean(nearest(queue.name, queues))}`,
    );
  }
  return {
    min,
    max,
    cpuPercent: cpu,
    memoryPercent: memory,
    requestsPerTask: requests,
    queue: queue && { name: queue.name, messagesPerTask: queue.messages },
  };
}

function resolveRollout(scope: ResolveScope, name: string, parsed: ParsedService): Rollout {
  const path = ["services", name, "rollout"];
  const { rollout } = parsed;
  const stepped = rollout.strategy === "linear" || rollout.strategy === "canary";
  const only = (key: string, fits: boolean, strategies: string) => {
    if (fits || !scope.has(...path, key)) return;
    scope.report([...path, key], `"${key}" belongs to strategy ${strategies}, and this one is ${rollout.strategy}`, {
      on: "key",
    });
  };
  only("step", stepped, "linear or canary");
  only("every", stepped, "linear or canary");
  only("earlySuccess", rollout.strategy === "rolling", "rolling");
  if (stepped && parsed.route === undefined) {
    scope.report(
      [...path, "strategy"],
      `${rollout.strategy} shifts requests step by step, and this service has no route`,
    );
  }
  const tasks = scope.names("tasks");
  if (typeof rollout.check === "object" && !tasks.includes(rollout.check.task)) {
    const meant = nearest(rollout.check.task, tasks);
    scope.report([...path, "check", "task"], `no task "${rollout.check.task}" in tasks${didYouMean(meant)}`);
  }
  if (typeof rollout.check === "string" && parsed.route === undefined) {
    scope.report([...path, "check"], "a path is checked through the load balancer, and this service has no route");
  }
  return {
    strategy: rollout.strategy,
    approve: rollout.approve,
    check:
      typeof rollout.check === "string"
        ? { kind: "path", path: rollout.check }
        : rollout.check && { kind: "task", task: rollout.check.task },
    gateSeconds: rollout.wait,
    onGateTimeout: rollout.otherwise,
    bakeSeconds: rollout.bake,
    stepPercent: rollout.step,
    stepSeconds: rollout.every,
    alarms: rollout.alarms,
    earlySuccessPercent: rollout.earlySuccess,
  };
}
