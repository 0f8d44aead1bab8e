import { DeregisterTargetsCommand, RegisterTargetsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { ask } from "../../admin/ask.fixture.ts";
import { startTarget } from "../../runtime/balancer/testing.ts";
import { startElb } from "./testing.ts";

test("a load balancer that lags sends requests to a target that is draining already, for a while", async () => {
  const { drydock, elb, loadBalancer, targetGroup, listener, url, health } = await startElb();
  const target = await startTarget((_request, response) => response.end("here"));
  const targetGroupArn = await targetGroup();
  const listenerArn = await listener(await loadBalancer(), targetGroupArn);
  const address = (await url(listenerArn)) ?? "";
  const registration = { TargetGroupArn: targetGroupArn, Targets: [{ Id: "127.0.0.1", Port: target.port }] };
  const key = `127.0.0.1:${target.port}`;
  const status = async () => (await fetch(address)).status;

  for (const [lag, answer] of [
    [undefined, 503],
    [3600, 200],
  ] as const) {
    await elb.send(new RegisterTargetsCommand(registration));
    await expect.poll(() => health(targetGroupArn)).toEqual({ [key]: "healthy" });
    if (lag) await ask(drydock.endpoint, "POST", "faults", { body: { kind: "load-balancer-lag", seconds: lag } });
    await elb.send(new DeregisterTargetsCommand(registration));
    expect(await health(targetGroupArn)).toEqual({ [key]: "draining Target.DeregistrationInProgress" });
    expect(await status()).toBe(answer);
  }
  // An hour of the region's time, of which its drain, 300 s, is the sooner to end.
  await ask(drydock.endpoint, "PUT", "time-scale", { body: { scale: 1000 } });
  await expect.poll(status, { timeout: 20_000 }).toBe(503);
}, 60_000);
