import { once } from "node:events";
import { expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { ask, RawClient, startBalancer, startTarget } from "./testing.ts";

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** A target that answers with its name, `/slow` only when told to. */
async function namedTarget(name: string) {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const target = await startTarget(async (request, response) => {
    if (request.url === "/slow") {
      asked.resolve();
      await answer.promise;
    }
    response.end(name);
  });
  return { ...target, asked: asked.promise, answer: answer.resolve };
}

test("a draining target gets nothing new, not even on kept connections, and finishes what it has", async () => {
  const balancer = await startBalancer();
  const old = await namedTarget("old");
  const young = await namedTarget("young");
  const group = balancer.group("web");
  group.set("127.0.0.1", old.port, "healthy");
  const kept = new RawClient(balancer.port).send(get);
  expect(await kept.read(/old$/)).toBeDefined();
  const slow = ask(balancer.port, "/slow");
  await old.asked;

  group.set("127.0.0.1", young.port, "healthy");
  group.set("127.0.0.1", old.port, "draining");
  for (let i = 0; i < 4; i++) expect(await kept.send(get).read(/old$|young$/)).toMatch(/young$/);
  old.answer();
  expect(await slow).toMatchObject({ status: 200, body: "old" });
});

test("when only draining targets are left there is nobody to ask", async () => {
  const balancer = await startBalancer();
  const target = await namedTarget("old");
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  balancer.group("web").set("127.0.0.1", target.port, "draining");
  expect(await ask(balancer.port)).toMatchObject({ status: 503 });
});

test("what is still under way when the deregistration delay ends is lost", async () => {
  const balancer = await startBalancer();
  const target = await namedTarget("old");
  const group = balancer.group("web");
  group.set("127.0.0.1", target.port, "healthy");
  const slow = ask(balancer.port, "/slow");
  await target.asked;
  group.set("127.0.0.1", target.port, "draining");
  group.remove("127.0.0.1", target.port, "cut");
  expect(await slow).toMatchObject({ status: 502 });
});

test("a WebSocket lasts until the end of the deregistration delay", async () => {
  const balancer = await startBalancer();
  const target = await namedTarget("old");
  const sockets = new WebSocketServer({ server: target.server });
  sockets.on("connection", (socket) => socket.on("message", (message) => socket.send(String(message))));
  const group = balancer.group("web");
  group.set("127.0.0.1", target.port, "healthy");
  const socket = new WebSocket(`ws://127.0.0.1:${balancer.port}/`);
  await once(socket, "open");
  group.set("127.0.0.1", target.port, "draining");
  socket.send("still here");
  expect(String((await once(socket, "message"))[0])).toBe("still here");
  group.remove("127.0.0.1", target.port, "cut");
  const [code] = await once(socket, "close");
  expect(code).toBe(1006);
  sockets.close();
});

test("the load balancer's own kept connections to a draining target are closed", async () => {
  const balancer = await startBalancer();
  const target = await namedTarget("old");
  const closed = Promise.withResolvers<void>();
  target.server.on("connection", (socket) => socket.once("close", () => closed.resolve()));
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  await ask(balancer.port);
  balancer.group("web").set("127.0.0.1", target.port, "draining");
  await closed.promise;
});

test("a listener that closes finishes the answer under way and ends idle connections", async () => {
  const balancer = await startBalancer();
  const target = await namedTarget("web");
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const idle = new RawClient(balancer.port).send(get);
  await idle.read(/web$/);
  const busy = new RawClient(balancer.port).send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  await target.asked;
  balancer.listener.close();
  expect(await idle.readAll()).toBe("");
  target.answer();
  expect(await busy.readAll()).toMatch(/Connection: close\r\n\r\nweb$/);
  await expect(ask(balancer.port)).rejects.toThrow("ECONNREFUSED");
});
