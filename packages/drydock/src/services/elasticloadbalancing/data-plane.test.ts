import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Region } from "../../region.ts";
import { Store } from "../../store/store.ts";
import { Vault } from "../../store/vault.ts";
import { dataPlaneOf } from "./data-plane.ts";
import { portCandidates } from "./ports.ts";
import { stateOf } from "./state.ts";
import { targetHealthChanges } from "./target-health-changes.ts";

const targetGroupArn = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/web/0123456789abcdef";

/** A region whose time goes on only by `elapse`, with a target group that a rule forwards to. */
function startRegion() {
  const directory = mkdtempSync(join(tmpdir(), "elb-"));
  const waits: { delay: number; callback: () => void }[] = [];
  const closers: (() => void | Promise<void>)[] = [];
  const region: Region = {
    name: "eu-west-1",
    accountId: "000000000000",
    endpoint: new URL("http://127.0.0.1"),
    directory,
    store: new Store(),
    vault: new Vault(directory),
    clock: {
      now: () => 0,
      after: (delay, callback) => {
        const wait = { delay, callback };
        waits.push(wait);
        return () => void waits.splice(waits.indexOf(wait) >>> 0, 1);
      },
    },
    log: () => {},
    call: () => {
      throw new Error("no other service is needed here");
    },
    onClose: (close) => void closers.push(close),
  };
  onTestFinished(async () => {
    for (const close of closers) await close();
    rmSync(directory, { recursive: true });
  });
  const state = stateOf(region);
  state.targetGroups.put(targetGroupArn, {
    targetGroup: { TargetGroupArn: targetGroupArn, TargetGroupName: "web" },
    attributes: {},
  });
  state.rules.put("rule", {
    listenerArn: "listener",
    rule: {
      RuleArn: "rule",
      Priority: "1",
      Actions: [{ Type: "forward", ForwardConfig: { TargetGroups: [{ TargetGroupArn: targetGroupArn, Weight: 1 }] } }],
    },
  });
  return { region, waits };
}

test("tells every change of a target's health, to its end", async () => {
  const { region, waits } = startRegion();
  const target = { targetGroupArn, id: "10.0.0.9", port: 80, availabilityZone: undefined };
  const changes: string[] = [];
  const checked = Promise.withResolvers<void>();
  const stop = targetHealthChanges(region, ({ id, port, state, reason, description }) => {
    changes.push(`${id}:${port} ${state}: ${reason}: ${description}`);
    if (reason === "Elb.InitialHealthChecking") checked.resolve();
  });
  const plane = dataPlaneOf(region);
  plane.register(target);
  plane.register(target);
  await checked.promise;
  plane.deregister(target, 5000);
  plane.deregister(target, 5000);
  expect(waits.map(({ delay }) => delay)).toEqual([5000]);
  waits[0]?.callback();
  stop();
  plane.register(target);
  expect(changes).toEqual([
    "10.0.0.9:80 initial: Elb.RegistrationInProgress: Target registration is in progress",
    "10.0.0.9:80 initial: Elb.InitialHealthChecking: Initial health checks in progress",
    "10.0.0.9:80 draining: Target.DeregistrationInProgress: Target deregistration is in progress",
    "10.0.0.9:80 unused: Target.NotRegistered: Target is not registered to the target group",
  ]);
});

test("a listener's port is its former one, its own, or 8000 more where that needs privileges", () => {
  expect([...portCandidates(80, undefined)].slice(0, 3)).toEqual([8080, 8081, 8082]);
  expect([...portCandidates(443, 8450)].slice(0, 2)).toEqual([8450, 8443]);
  expect([...portCandidates(9000, undefined)].slice(0, 2)).toEqual([9000, 9001]);
});
