import { setTimeout as sleep } from "node:timers/promises";

/** A load balancer's name takes a while to be known when it is new. */
const patience = 60_000;

/** Waits until something behind the load balancer answers; false when nothing does. */
export async function waitForAnswer(url: string, deadline = Date.now() + patience): Promise<boolean> {
  while (true) {
    if (await answers(url)) return true;
    if (Date.now() > deadline) return false;
    await sleep(250);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const { status } = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(5_000) });
    // What the load balancer says when no target can: 502, 503, 504.
    return status < 500 || status === 500 || status === 501;
  } catch {
    // Not reachable yet.
    return false;
  }
}
