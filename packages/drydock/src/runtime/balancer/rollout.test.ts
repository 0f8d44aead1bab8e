import { Agent, request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { startBalancer, startTarget, type TestBalancer } from "./testing.ts";

/** Keeps `clients` requests under way, with and without bodies, until told to stop; answers how each ended. */
function startLoad(balancer: TestBalancer, clients: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  onTestFinished(() => agent.destroy());
  const outcomes: Record<string, number> = {};
  let stopped = false;
  const once = (index: number) =>
    new Promise<string>((resolve) => {
      const body = index % 2 === 0 ? "x".repeat(20_000) : "";
      const method = body ? "POST" : "GET";
      const sent = request({ host: "127.0.0.1", port: balancer.port, agent, method }, (response) => {
        response.resume();
        response.once("end", () => resolve(String(response.statusCode)));
        response.once("error", () => resolve("cut off"));
      });
      sent.once("error", () => resolve("reset"));
      sent.end(body);
    });
  const loops = Array.from({ length: clients }, async (_, index) => {
    while (!stopped) {
      const outcome = await once(index);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
  });
  return {
    stop: async () => {
      stopped = true;
      await Promise.all(loops);
      return outcomes;
    },
  };
}

/** A target that is stopped as a process is: listening and connections end at once. */
async function startStoppable() {
  let underWay = 0;
  let served = 0;
  const target = await startTarget((incoming, response) => {
    underWay++;
    incoming.resume();
    incoming.once("end", () =>
      // Several turns of the event loop, so that there are always requests under way.
      setImmediate(() => setImmediate(() => response.end("ok", () => void served++))),
    );
    response.once("close", () => underWay--);
  });
  const turns = async (done: () => boolean) => {
    while (!done()) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    port: target.port,
    busy: () => turns(() => served > 50),
    idle: () => turns(() => underWay === 0),
    stop: () => {
      target.server.close();
      target.server.closeAllConnections();
    },
  };
}

test("no request is lost while targets are replaced one after the other", async () => {
  const balancer = await startBalancer();
  const group = balancer.group("web");
  let current = await startStoppable();
  group.set("127.0.0.1", current.port, "healthy");
  const load = startLoad(balancer, 16);
  for (let release = 0; release < 8; release++) {
    const next = await startStoppable();
    group.set("127.0.0.1", next.port, "initial");
    await current.busy();
    group.set("127.0.0.1", next.port, "healthy");
    group.set("127.0.0.1", current.port, "draining");
    await current.idle();
    group.remove("127.0.0.1", current.port, "cut");
    current.stop();
    current = next;
  }
  const outcomes = await load.stop();
  expect(Object.keys(outcomes)).toEqual(["200"]);
  expect(outcomes["200"]).toBeGreaterThan(400);
});

test("a target that is stopped before it has drained loses requests", async () => {
  const balancer = await startBalancer();
  const group = balancer.group("web");
  const [old, young] = [await startStoppable(), await startStoppable()];
  group.set("127.0.0.1", old.port, "healthy");
  const load = startLoad(balancer, 16);
  await old.busy();
  group.set("127.0.0.1", young.port, "healthy");
  old.stop();
  group.set("127.0.0.1", old.port, "draining");
  await young.busy();
  const outcomes = await load.stop();
  expect(outcomes["502"]).toBeGreaterThan(0);
});
