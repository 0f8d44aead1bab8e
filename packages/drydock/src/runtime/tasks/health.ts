import type { HealthCheck, HealthStatus } from "@aws-sdk/client-ecs";
import type { Clock } from "../../clock.ts";
import { wallClock } from "../../scaled-clock.ts";

// Seconds; https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
const defaults = { interval: 30, timeout: 5, retries: 3, startPeriod: 0 };

/**
 * Runs a container's health check until cancelled: first one interval after the start, then one interval after the end
 * of the last check. Failures within the start period, which a scale of the region's time doesn't shorten, don't count; a
 * success ends it.
 * `status` is where it goes on from, UNKNOWN for a new container; `execute` runs a command in the container and gives its exit
 * code, or undefined when it was killed after the timeout (ms); `report` is called when the status changes.
 */
export function watchHealth(options: {
  check: HealthCheck;
  status: HealthStatus;
  clock: Clock;
  execute: (command: string[], timeout: number) => Promise<number | undefined>;
  report: (status: HealthStatus) => void;
}): () => void {
  const { check, clock } = options;
  const wall = wallClock(clock);
  const { interval = defaults.interval, timeout = defaults.timeout, retries = defaults.retries } = check;
  const command = healthCommand(check.command ?? []);
  let { status } = options;
  let graceUntil = status === "UNKNOWN" ? wall.now() + (check.startPeriod ?? defaults.startPeriod) * 1000 : 0;
  let failures = 0;
  let cancelled = false;
  let cancelTimer = () => {};

  const turn = (next: HealthStatus) => {
    if (next === status) return;
    status = next;
    options.report(next);
  };
  const probe = async () => {
    const startedAt = wall.now();
    const exitCode = await options.execute(command, timeout * 1000).catch(() => undefined);
    if (cancelled) return;
    if (exitCode === 0) {
      failures = 0;
      graceUntil = 0;
      turn("HEALTHY");
    } else if (startedAt >= graceUntil && ++failures >= retries) {
      turn("UNHEALTHY");
    }
    schedule();
  };
  const schedule = () => {
    cancelTimer = clock.after(interval * 1000, () => void probe());
  };
  schedule();
  return () => {
    cancelled = true;
    cancelTimer();
  };
}

/** `["CMD", …]` is executed as it is, `["CMD-SHELL", text]` and a bare text by the shell. */
function healthCommand([kind = "", ...rest]: string[]): string[] {
  if (kind === "CMD") return rest;
  return ["/bin/sh", "-c", kind === "CMD-SHELL" ? rest.join(" ") : [kind, ...rest].join(" ")];
}
