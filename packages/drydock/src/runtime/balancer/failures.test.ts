import { once } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { ask, RawClient, startBalancer, startRawTarget, startTarget } from "./testing.ts";

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

test("503 without a registered target, 504 where nobody is at its address", async () => {
  const balancer = await startBalancer();
  expect(await ask(balancer.port)).toMatchObject({
    status: 503,
    headers: { server: "awselb/2.0", "content-type": "text/html" },
    body: expect.stringContaining("<h1>503 Service Unavailable</h1>"),
  });
  const lost = await startBalancer(undefined, { resolve: () => undefined });
  lost.group("web").set("10.0.0.9", 80, "healthy");
  expect(await ask(lost.port)).toMatchObject({ status: 504 });
});

test("502 when the target refuses, resets, closes early or doesn't speak HTTP; the client's connection stays", async () => {
  const balancer = await startBalancer();
  const free = await startTarget(() => {});
  free.server.close();
  const behaviours: Record<string, number> = {
    refuses: free.port,
    resets: await startRawTarget((socket) => socket.once("data", () => socket.resetAndDestroy())),
    closes: await startRawTarget((socket) => socket.once("data", () => socket.end())),
    "stops in the head": await startRawTarget((socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\n"))),
    babbles: await startRawTarget((socket) => socket.once("data", () => socket.write("hello\r\n\r\n"))),
    "has two lengths": await startRawTarget((socket) =>
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")),
    ),
    "has too long a head": await startRawTarget((socket) =>
      socket.once("data", () => socket.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(40_000)}\r\n\r\n`)),
    ),
  };
  const client = new RawClient(balancer.port);
  for (const [behaviour, port] of Object.entries(behaviours)) {
    balancer.group("web").set("127.0.0.1", port, "healthy");
    expect(await client.send(get).read(/<\/html>\r\n/), behaviour).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n/);
    balancer.group("web").remove("127.0.0.1", port, "cut");
  }
});

test("cuts the client off when the target breaks off in the middle of an answer", async () => {
  const balancer = await startBalancer();
  const port = await startRawTarget((socket) =>
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
      socket.end();
    }),
  );
  balancer.group("web").set("127.0.0.1", port, "healthy");
  expect(await new RawClient(balancer.port).send(get).readAll()).toMatch(/half$/);
});

test("a kept connection that the target closes as a request comes in costs that request, as on AWS", async () => {
  const balancer = await startBalancer();
  // What a server with a keep-alive timeout below the load balancer's does when the two meet.
  const port = await startRawTarget((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      socket.once("data", () => socket.destroy());
    });
  });
  balancer.group("web").set("127.0.0.1", port, "healthy");
  expect(await ask(balancer.port)).toMatchObject({ status: 200 });
  expect(await ask(balancer.port)).toMatchObject({ status: 502 });
});

test("a kept connection that the target closes while idle is not used again", async () => {
  const balancer = await startBalancer();
  const sockets: Socket[] = [];
  const port = await startRawTarget((socket) => {
    sockets.push(socket);
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  });
  balancer.group("web").set("127.0.0.1", port, "healthy");
  for (let i = 0; i < 5; i++) {
    expect(await ask(balancer.port)).toMatchObject({ status: 200 });
    const socket = sockets.at(-1);
    socket?.end();
    // The load balancer closes its side when it has seen this one closed.
    if (socket) await once(socket, "end");
  }
  expect(sockets).toHaveLength(5);
});

test("504 when the target doesn't answer within the idle timeout, 408 when the client doesn't finish asking", async () => {
  const balancer = await startBalancer(undefined, { idleTimeout: 50 });
  const target = await startTarget(() => {});
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  expect(await ask(balancer.port)).toMatchObject({ status: 504 });
  const halfHead = new RawClient(balancer.port).send("GET / HTT");
  expect(await halfHead.readAll()).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
  const halfBody = new RawClient(balancer.port).send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  expect(await halfBody.readAll()).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
});

test("closes connections that stay idle", async () => {
  const balancer = await startBalancer(undefined, { idleTimeout: 50 });
  const target = await startTarget((_, response) => response.end("ok"));
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const client = new RawClient(balancer.port).send(get);
  expect(await client.readAll()).toMatch(/ok$/);
});

const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const refused: [what: string, request: string, status: number][] = [
  ["no request line", "hello\r\n\r\n", 400],
  ["no host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
  ["two lengths", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400],
  ["a signed length", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400],
  ["length and chunks", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
  ["a space before the colon", "GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n", 400],
  ["a folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400],
  ["a lone line feed", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\nY: 2\r\n\r\n", 400],
  ["a control character", "GET / HTTP/1.1\r\nHost: a\r\nX: \x0b1\r\n\r\n", 400],
  ["a NUL", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400],
  ["a length after what is no space", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: \xa05\r\n\r\nhello", 400],
  ["chunks that aren't last", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n", 400],
  ["chunks twice", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 400],
  ["chunks in HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400],
  ["a host that is a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
  ["a lone CR in a chunk's line", `${chunked}1;\rx\r\na\r\n0\r\n\r\n`, 400],
  ["an endless chunk's line", `${chunked}1;${"x".repeat(9_000)}`, 400],
  ["a chunk of absurd size", `${chunked}fffffffffffffffff\r\n`, 400],
  ["a chunk of negative size", `${chunked}-1\r\n`, 400],
  ["empty lines without end", "\r\n".repeat(40_000), 400],
  ["a bad chunk size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400],
  ["a long header", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(17_000)}\r\n\r\n`, 400],
  ["an endless head", `GET / HTTP/1.1\r\nHost: a\r\n${"X: x\r\n".repeat(12_000)}`, 400],
  ["an unknown coding", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501],
  ["a long path", `GET /${"x".repeat(17_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
  ["HTTP/2 by the front door", "PRI * HTTP/2.0\r\n\r\n", 505],
  ["CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405],
  [
    "31 forwarders",
    `GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${"1.1.1.1,".repeat(30)}1.1.1.1\r\nConnection: close\r\n\r\n`,
    463,
  ],
];

test.each(refused)("refuses %s", async (_, request, status) => {
  const balancer = await startBalancer();
  const target = await startTarget((_request, response) => response.end("it got through"));
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const answer = await new RawClient(balancer.port).send(request).readAll();
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).not.toContain("got through");
});
