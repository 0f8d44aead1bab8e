import { expect, test } from "vitest";
import type { FailedTask } from "./diagnosis.ts";
import { failedContainer } from "./failed-container.ts";

type Container = FailedTask["containers"][number];

const essential = new Set(["web", "worker"]);

function task(stopCode: string, containers: Container[]): FailedTask {
  return { arn: "arn", id: "12345678", lastStatus: "STOPPED", stopCode, containers };
}

const exits = (web: number, worker: number, agent = 0) =>
  task("EssentialContainerExited", [
    { name: "agent", exitCode: agent },
    { name: "worker", exitCode: worker },
    { name: "web", exitCode: web },
  ]);

test.each<[string, FailedTask, string]>([
  ["the own one has failed", exits(1, 0), "web"],
  ["the own one has ended, the other was stopped", exits(0, 143), "web"],
  ["the other has failed, the own one was stopped and obeyed", exits(0, 1), "worker"],
  ["the other has failed, the own one was stopped", exits(143, 1), "worker"],
  ["the other has ended, the own one was stopped", exits(137, 0), "worker"],
  ["both have failed", exits(1, 1), "web"],
  ["one without which the task goes on has failed earlier", exits(0, 143, 1), "web"],
  [
    "the other has a reason",
    task("EssentialContainerExited", [
      { name: "web", exitCode: 1 },
      { name: "worker", exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" },
    ]),
    "worker",
  ],
  [
    "the other can't start",
    task("TaskFailedToStart", [{ name: "web" }, { name: "worker", reason: "CannotStartContainerError: no such file" }]),
    "worker",
  ],
  [
    "the other is unhealthy",
    task("ServiceSchedulerInitiated", [
      { name: "web", exitCode: 0 },
      { name: "worker", exitCode: 143, healthStatus: "UNHEALTHY" },
    ]),
    "worker",
  ],
  [
    "the load balancer finds the own one unhealthy, and the other doesn't stop well",
    task("ServiceSchedulerInitiated", [
      { name: "web", exitCode: 0 },
      { name: "worker", exitCode: 1 },
    ]),
    "web",
  ],
])("%s", (_, failed, expected) => {
  expect(failedContainer(failed, "web", essential)).toBe(expected);
});
