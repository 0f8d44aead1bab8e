import { expect, test } from "vitest";
import type { FailedTask } from "./diagnosis.ts";
import { type Symptoms, verdictOf } from "./verdict.ts";

const nothing: Symptoms = {
  workload: "web",
  container: "web",
  isService: true,
  architecture: "arm64",
  memoryMiB: 512,
  port: 8080,
  health: { path: "/healthz", timeoutSeconds: 2, graceSeconds: 30 },
  task: undefined,
  ranSeconds: 0,
  targetReason: undefined,
  deploymentReason: undefined,
  byHand: false,
  logLines: [],
};

const stopped = (task: Partial<FailedTask>): FailedTask => ({
  arn: "arn",
  id: "12345678",
  lastStatus: "STOPPED",
  containers: [],
  ...task,
});
const exited = (exitCode: number, reason?: string) =>
  stopped({
    stopCode: "EssentialContainerExited",
    stoppedReason: "Essential container in task exited",
    containers: [{ name: "web", exitCode, ...(reason !== undefined && { reason }) }],
  });
const withSidecar = (own: number, worker: number) =>
  stopped({
    stopCode: "EssentialContainerExited",
    containers: [
      { name: "web", exitCode: own },
      { name: "worker", exitCode: worker },
    ],
  });
const notStarted = (stoppedReason: string) => stopped({ stopCode: "TaskFailedToStart", stoppedReason });
const unhealthy = stopped({
  stopCode: "ServiceSchedulerInitiated",
  stoppedReason: "Task failed ELB health checks in (target-group arn)",
  containers: [{ name: "web", exitCode: 0 }],
});

test.each<[string, Partial<Symptoms>, string]>([
  ["crash", { task: exited(1) }, "It exits with code 1 right after its start."],
  ["late crash", { task: exited(1), ranSeconds: 25 }, "It exits with code 1 after 25 s."],
  ["signal", { task: exited(139) }, "It exits with code 139 right after its start, killed by signal 11."],
  [
    "ends",
    { task: exited(0) },
    "It ends by itself right after its start, with exit code 0; a service has to keep running.",
  ],
  ["no command", { task: exited(127) }, "Its command can't be found (exit code 127)."],
  [
    "crash of a sidecar",
    { container: "worker", task: withSidecar(143, 1) },
    "Its container worker exits with code 1 right after its start.",
  ],
  [
    "crash again and again",
    {
      task: exited(1),
      deploymentReason: "It doesn't stay up: 3 of its tasks ended since the rollout began.",
    },
    "It doesn't stay up: 3 of its tasks ended since the rollout began. It exits with code 1 right after its start.",
  ],
  [
    "end of a sidecar",
    { container: "worker", task: withSidecar(143, 0) },
    "Its container worker ends by itself right after its start, with exit code 0; an essential container has to keep running.",
  ],
  [
    "no command of a sidecar",
    { container: "worker", task: withSidecar(143, 127) },
    "The command of its container worker can't be found (exit code 127).",
  ],
  [
    "memory",
    { task: exited(137, "OutOfMemoryError: Container killed due to memory usage") },
    "The container was killed because it used more than its 512 MB of memory.",
  ],
  [
    "processor",
    { task: exited(1), logLines: ["exec /usr/local/bin/node: exec format error"] },
    "The image is built for another processor than the arm64 its tasks run on.",
  ],
  [
    "image",
    { task: notStarted("CannotPullContainerError: pull image manifest has been retried 1 time(s): not found") },
    "The image can't be pulled: pull image manifest has been retried 1 time(s): not found",
  ],
  [
    "secret",
    {
      task: notStarted(
        "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: gone",
      ),
    },
    "A secret can't be had: unable to pull secrets or registry auth: unable to retrieve secret from asm: gone",
  ],
  [
    "key of a secret",
    {
      task: notStarted(
        "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key AUTH0_SECRET",
      ),
    },
    "A secret has no key AUTH0_SECRET, which the release's task definition asks for.",
  ],
  [
    "entry point",
    { task: notStarted('CannotStartContainerError: exec: "nod": executable file not found in $PATH') },
    'The command of web isn\'t in the image: exec: "nod": executable file not found in $PATH',
  ],
  [
    "500",
    { task: unhealthy, targetReason: "Health checks failed with these codes: [500]" },
    "Its health path /healthz answers 500, not 200 to 299.",
  ],
  [
    "slow",
    { task: unhealthy, targetReason: "Request timed out" },
    "Its health path /healthz doesn't answer within 2 s.",
  ],
  [
    "silent",
    { task: unhealthy, targetReason: "Health checks failed" },
    "Nothing answers the health checks: no connection to port 8080, or none that gives an answer to /healthz.",
  ],
  ["only ECS's word", { deploymentReason: "It was stopped by ada." }, "It was stopped by ada."],
  ["nothing", {}, "Nothing tells why: ECS shows no stopped task of this revision."],
])("%s", (_, symptoms, expected) => {
  const { verdict, fix } = verdictOf({ ...nothing, ...symptoms });
  expect(verdict).toBe(expected);
  expect(fix).not.toBe("");
});

test("a task may end with 0 and didn't fail by it", () => {
  expect(verdictOf({ ...nothing, isService: false, task: exited(0) }).verdict).toBe(
    "It exits with code 0 right after its start.",
  );
});

test("what was run by hand is run again, not deployed again", () => {
  const task = exited(3);
  expect(verdictOf({ ...nothing, isService: false, task, byHand: true }).fix).toBe(
    "Its last lines tell why: correct that (new code needs a release), then run it again.",
  );
});
