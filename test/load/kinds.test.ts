import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Kind, kinds } from "./kinds.ts";
import type { Outcome } from "./samples.ts";
import { standByWebSocket } from "./web-sockets.ts";

// Most of these wait for as long as what they send takes, many at once.
vi.setConfig({ testTimeout: 60_000 });

const agent = new Agent({ keepAlive: true });
const kindNames = Object.keys(kinds) as Kind[];
const send = (kind: Kind, url: string, timeout = 20_000) => kinds[kind]({ url, agent, timeout });

/** The app under load as a process of its own. */
const app = spawn(process.execPath, [join(import.meta.dirname, "..", "e2e", "fixtures", "rollout", "server.js")], {
  env: { ...process.env, PORT: "0", ECS_CONTAINER_METADATA_URI_V4: undefined },
  stdio: ["ignore", "pipe", "inherit"],
});
let url = "";

beforeAll(async () => {
  const [line] = await once(createInterface(app.stdout), "line");
  url = `http://127.0.0.1:${/\d+$/.exec(line)}`;
});
const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
  agent.destroy();
  app.kill("SIGKILL");
});

test.concurrent.each(kindNames)("%s is answered by the app", async (kind) => {
  expect(await send(kind, url)).toMatchObject({ status: kind === "websocket" ? 101 : 200 });
});

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  server.on("upgrade", (_request, socket) => socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
  return addressOf(server);
}

async function listenRaw(connected: (socket: Socket) => void): Promise<string> {
  return addressOf(createTcpServer((socket) => connected(socket.on("error", () => {}))));
}

async function addressOf(server: ReturnType<typeof createTcpServer>): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.concurrent.each(kindNames)("%s is lost when the load balancer answers 502", async (kind) => {
  const gateway = await listen((_request, response) => response.writeHead(502).end());
  expect(await send(kind, gateway)).toMatchObject({ status: 502 });
});

test.concurrent.each(kindNames)("%s is lost when its connection is reset", async (kind) => {
  const gateway = await listenRaw((socket) => socket.once("data", () => socket.resetAndDestroy()));
  expect(await send(kind, gateway)).toMatchObject({ loss: "reset", detail: expect.stringContaining("ECONNRESET") });
});

test.concurrent.each(kindNames)("%s is lost when nothing answers", async (kind) => {
  const gateway = await listenRaw((socket) => socket.resume());
  const { loss } = await send(kind, gateway, 50);
  // The WebSocket client tells no more of an opening that takes too long.
  expect(loss).toBe(kind === "websocket" ? "other" : "timeout");
});

const kindsWithBodies = kindNames.filter((kind) => kind !== "plain" && kind !== "slow" && kind !== "websocket");

test.concurrent.each(kindsWithBodies)("%s is lost when its answer breaks off", async (kind) => {
  const gateway = await listenRaw((socket) =>
    socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npiece 0\n")),
  );
  expect(await send(kind, gateway)).toMatchObject({ loss: "truncated" });
});

test.concurrent.each<[Kind, string]>([
  ["download", '"piece 0\\n" at the end of 8 characters'],
  ["events", '"piece 0\\n" at the end of 8 characters'],
  ["chunked upload", '"piece 0\\n" at the end of 8 characters'],
])("%s is lost when its answer ends well but lacks something", async (kind, detail) => {
  const gateway = await listen((_request, response) => response.end("piece 0\n"));
  expect(await send(kind, gateway)).toMatchObject({ loss: "wrong", detail });
});

/** A way to the app that is cut off at a client's second message, as at the end of a deregistration delay. */
function cutting(): Promise<string> {
  return listenRaw((socket) => {
    const onward = connect(Number(new URL(url).port), "127.0.0.1");
    onward.on("error", () => {});
    socket.pipe(onward).pipe(socket);
    let parts = 0;
    // The opening, the first message, which is waited for to be echoed, and the second.
    socket.on("data", () => {
      if (++parts < 3) return;
      socket.destroy();
      onward.destroy();
    });
  });
}

test.concurrent("a visit by WebSocket that is cut off is lost", async () => {
  expect(await send("websocket", await cutting())).toMatchObject({
    loss: "cut",
    detail: "code 1006 after 1 echoes",
    target: "127.0.0.1",
  });
});

test.concurrent.each([true, false])(
  "a standing WebSocket may be cut when its target had drained: %s",
  async (mayCut) => {
    const gateway = await cutting();
    const stopped = new AbortController();
    const outcomes: Outcome[] = [];
    const asked: [string, number][] = [];
    await standByWebSocket(
      { url: gateway, agent, timeout: 5_000 },
      {
        stopped: stopped.signal,
        mayCut: (target, at) => {
          asked.push([target, at]);
          return mayCut;
        },
        ended: (outcome) => {
          outcomes.push(outcome);
          if (outcomes.length === 2) stopped.abort();
        },
      },
    );
    expect(outcomes).toHaveLength(2);
    for (const outcome of outcomes) expect(outcome).toMatchObject(mayCut ? { status: 101 } : { loss: "cut" });
    for (const [target, at] of asked) {
      expect(target).toBe("127.0.0.1");
      expect(at).toBeLessThanOrEqual(Date.now());
    }
  },
);

test.concurrent("a standing WebSocket ends in order when the load does", async () => {
  const stopped = new AbortController();
  const outcomes: Outcome[] = [];
  const standing = standByWebSocket(
    { url, agent, timeout: 5_000 },
    { stopped: stopped.signal, mayCut: () => true, ended: (outcome) => void outcomes.push(outcome) },
  );
  // By then it is open: the app answers in the order of requests.
  await send("plain", url);
  stopped.abort();
  await standing;
  expect(outcomes).toEqual([{ status: 101, target: "127.0.0.1" }]);
});
