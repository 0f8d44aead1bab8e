import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import type { Writable } from "node:stream";
import { expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { ask, RawClient, startBalancer, startRawTarget, startTarget } from "./testing.ts";

test("passes a request on with the headers ALB adds, without those of one connection only", async () => {
  const balancer = await startBalancer();
  const target = await startTarget((request, response) => response.end(JSON.stringify(request.headers)));
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const { body } = await ask(balancer.port, "/", {
    headers: {
      Host: "shop.example.com:8080",
      "X-Forwarded-For": "203.0.113.7",
      "X-Forwarded-Proto": "https",
      "Keep-Alive": "timeout=9",
      "X-Secret": "1",
      Connection: "close, X-Secret",
    },
  });
  const { "x-amzn-trace-id": trace, ...headers } = JSON.parse(body);
  expect(headers).toEqual({
    host: "shop.example.com:8080",
    "x-forwarded-for": "203.0.113.7, 127.0.0.1",
    "x-forwarded-proto": "http",
    "x-forwarded-port": String(balancer.port),
    connection: "keep-alive",
  });
  expect(trace).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
});

test("adds itself to a trace that a client began", async () => {
  const balancer = await startBalancer();
  const target = await startTarget((request, response) => response.end(request.headers["x-amzn-trace-id"]));
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const given = { "X-Amzn-Trace-Id": "Root=1-67891233-abcdef012345678912345678" };
  const { body } = await ask(balancer.port, "/", { headers: given });
  expect(body).toMatch(/^Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-67891233-abcdef012345678912345678$/);
});

test("keeps connections alive on both sides", async () => {
  const balancer = await startBalancer();
  const target = await startTarget((request, response) => response.end(`got ${request.url}`));
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const client = new RawClient(balancer.port);
  for (const path of ["/1", "/2", "/3"]) {
    client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(await client.read(/got \/\d/)).toContain(`Connection: keep-alive\r\n\r\ngot ${path}`);
  }
  expect(target.connections()).toBe(1);
});

test("answers pipelined requests one after the other", async () => {
  const balancer = await startBalancer();
  const target = await startTarget(async (request, response) => {
    const body = await request.setEncoding("utf8").toArray();
    response.end(`[${request.method} ${request.url} ${body.join("")}]`);
  });
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const client = new RawClient(balancer.port);
  client.send(
    "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab" +
      "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\ncd\r\n0\r\n\r\n" +
      "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  );
  const answers = await client.readAll();
  expect(answers.match(/\[.*\]/g)).toEqual(["[POST /1 ab]", "[POST /2 cd]", "[GET /3 ]"]);
});

test("takes a request that comes byte by byte", async () => {
  const balancer = await startBalancer();
  const target = await startTarget(async (request, response) => {
    response.end(`<${(await request.setEncoding("utf8").toArray()).join("")}>`);
  });
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const client = new RawClient(balancer.port);
  client.socket.setNoDelay(true);
  const text =
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n";
  for (const byte of text) {
    client.send(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await client.read(/<.*>/)).toContain("<abc>");
});

test("streams large bodies both ways", { timeout: 60_000 }, async () => {
  const balancer = await startBalancer();
  const target = await startTarget((request, response) => {
    response.writeHead(200, { "content-length": request.headers["content-length"] });
    request.pipe(response);
  });
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const body = randomBytes(24 * 1024 * 1024);
  const url = `http://127.0.0.1:${balancer.port}/`;
  const answer = await fetch(url, { method: "PUT", body, headers: { "content-length": String(body.length) } });
  const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  expect(hash(new Uint8Array(await answer.arrayBuffer()))).toBe(hash(body));
});

/** Waits until a number hasn't changed for many turns of the event loop. */
async function settled(value: () => number): Promise<number> {
  let last = value();
  for (let unchanged = 0; unchanged < 5000; unchanged++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (value() !== last) unchanged = 0;
    last = value();
  }
  return last;
}

test("a target stops sending while the client doesn't read, a client while the target doesn't", {
  timeout: 60_000,
}, async () => {
  const balancer = await startBalancer();
  const piece = Buffer.alloc(1024 * 1024);
  const pieces = 96;
  async function pour(into: Writable, count: (sent: number) => void): Promise<void> {
    for (let i = 1; i <= pieces; i++) {
      if (!into.write(piece)) await once(into, "drain");
      count(i);
    }
  }
  let fromTarget = 0;
  let fromClient = 0;
  const reading = Promise.withResolvers<void>();
  const target = await startTarget(async (request, response) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-length": piece.length * pieces });
      await pour(response, (sent) => {
        fromTarget = sent;
      });
      response.end();
    } else {
      await reading.promise;
      let size = 0;
      for await (const chunk of request) size += chunk.length;
      response.end(String(size));
    }
  });
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const options = { host: "127.0.0.1", port: balancer.port, agent: false };

  const download = httpRequest(options).end();
  const [answer] = await once(download, "response");
  expect(await settled(() => fromTarget)).toBeLessThan(pieces / 2);
  let size = 0;
  for await (const chunk of answer) size += chunk.length;
  expect(size).toBe(piece.length * pieces);

  const upload = httpRequest({ ...options, method: "PUT", headers: { "content-length": piece.length * pieces } });
  const poured = pour(upload, (sent) => {
    fromClient = sent;
  });
  expect(await settled(() => fromClient)).toBeLessThan(pieces / 2);
  reading.resolve();
  const answered = once(upload, "response");
  await poured;
  upload.end();
  const [uploaded] = await answered;
  expect(await uploaded.setEncoding("utf8").toArray()).toEqual([String(piece.length * pieces)]);
});

test("passes an answer on as it comes, not when it is complete", async () => {
  const balancer = await startBalancer();
  let finish = () => {};
  const target = await startTarget((_, response) => {
    response.write("first ");
    finish = () => void response.end("last");
  });
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const client = new RawClient(balancer.port).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await client.read(/first/)).toContain("Transfer-Encoding: chunked");
  finish();
  expect(await client.read(/0\r\n\r\n$/)).toBe("4\r\nlast\r\n0\r\n\r\n");
});

test("gives an answer that ends with the target's connection a length of its own", async () => {
  const balancer = await startBalancer();
  const port = await startRawTarget((socket) => {
    socket.once("data", () => socket.end("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end"));
  });
  balancer.group("web").set("127.0.0.1", port, "healthy");
  const client = new RawClient(balancer.port).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const answer = await client.read(/0\r\n\r\n$/);
  expect(answer).toBe(
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n" +
      "d\r\nuntil the end\r\n0\r\n\r\n",
  );
});

test("takes the chunks out for a client that speaks HTTP/1.0, and names a host for it", async () => {
  const balancer = await startBalancer();
  const target = await startTarget((request, response) => {
    response.write(`host ${request.headers.host}, `);
    response.end("done");
  });
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const answer = await new RawClient(balancer.port).send("GET / HTTP/1.0\r\n\r\n").readAll();
  expect(answer).toMatch(/\r\nConnection: close\r\n\r\nhost localhost, done$/);
  expect(answer).not.toContain("Transfer-Encoding");
});

test("keeps an HTTP/1.0 connection where the client asks for it and the answer has a length", async () => {
  const balancer = await startBalancer();
  const target = await startTarget((_, response) => response.setHeader("content-length", 2).end("ok"));
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const client = new RawClient(balancer.port);
  for (let i = 0; i < 2; i++) {
    client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    expect(await client.read(/ok$/)).toContain("Connection: keep-alive");
  }
});

test("answers HEAD and bodiless statuses without waiting for a body", async () => {
  const balancer = await startBalancer();
  const target = await startTarget((request, response) => {
    if (request.url === "/304") response.writeHead(304).end();
    else response.writeHead(200, { "content-length": 1000 }).end();
  });
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const client = new RawClient(balancer.port);
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await client.read(/\r\n\r\n$/)).toMatch(/^HTTP\/1.1 200 OK\r\ncontent-length: 1000\r\n/);
  client.send("GET /304 HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await client.read(/\r\n\r\n$/)).toMatch(/^HTTP\/1.1 304 Not Modified\r\n/);
  expect(target.connections()).toBe(1);
});

test("answers Expect: 100-continue itself and doesn't pass it on", async () => {
  const balancer = await startBalancer();
  const target = await startTarget((request, response) => {
    request.resume();
    request.on("end", () => response.end(`expect: ${request.headers.expect}`));
  });
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const client = new RawClient(balancer.port);
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  expect(await client.read(/\r\n\r\n/)).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  expect(await client.read(/expect/)).toContain("expect: undefined");
});

test("an answer before the request's end reaches the client, and the connection goes on", async () => {
  const balancer = await startBalancer();
  const target = await startTarget((request, response) => {
    if (request.url === "/big") response.writeHead(413).end("too big");
    else response.end("next");
  });
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const client = new RawClient(balancer.port);
  client.send("PUT /big HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
  expect(await client.read(/too big/)).toMatch(/^HTTP\/1.1 413 /);
  client.send("67890GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await client.read(/next/)).toMatch(/^HTTP\/1.1 200 /);
});

test("upgrades to a WebSocket", async () => {
  const balancer = await startBalancer();
  const target = await startTarget((_, response) => response.end());
  const sockets = new WebSocketServer({ server: target.server });
  sockets.on("connection", (socket) => socket.on("message", (message) => socket.send(`echo ${message}`)));
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const socket = new WebSocket(`ws://127.0.0.1:${balancer.port}/live`);
  await once(socket, "open");
  for (const text of ["one", "two"]) {
    socket.send(text);
    expect(String((await once(socket, "message"))[0])).toBe(`echo ${text}`);
  }
  socket.close();
  const [code] = await once(socket, "close");
  expect(code).toBe(1005);
  sockets.close();
});

test("gives up a request whose client went away", async () => {
  const balancer = await startBalancer();
  const gone = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  const target = await startTarget((request) => {
    request.once("close", () => gone.resolve("closed"));
    begun.resolve();
  });
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const client = new RawClient(balancer.port).send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  await begun.promise;
  client.socket.destroy();
  expect(await gone.promise).toBe("closed");
});
