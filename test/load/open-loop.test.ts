import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type Load, type Sample, startLoad, summarize } from "./open-loop.ts";

async function listen(handler: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer({ keepAliveTimeout: 60_000 }, handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const ended = (load: Load, count: number) => until(() => load.samples.length >= count);

test("one of ten requests is slow, on connections that are kept", async () => {
  const paths: Record<string, number> = {};
  let connections = 0;
  const { server, url } = await listen((request, response) => {
    const path = request.url ?? "";
    paths[path] = (paths[path] ?? 0) + 1;
    response.end("ok");
  });
  server.on("connection", () => connections++);
  const load = startLoad({ url, rate: 500 });
  await ended(load, 200);
  const { requests, outcomes, failed } = await load.stop();
  expect({ outcomes, failed }).toEqual({ outcomes: { "200": requests }, failed: 0 });
  const { "/slow": slow = 0 } = paths;
  expect(paths).toEqual({ "/": requests - slow, "/slow": slow });
  expect([Math.floor(requests / 10), Math.ceil(requests / 10)]).toContain(slow);
  expect(connections).toBeLessThan(requests / 2);
});

test("requests leave at their rate while none is answered", async () => {
  const held: (() => void)[] = [];
  const { url } = await listen((_request, response) => void held.push(() => response.end("late")));
  const start = performance.now();
  const load = startLoad({ url, rate: 500 });
  await until(() => held.length >= 100);
  expect(performance.now() - start).toBeGreaterThan(199);
  const stopped = load.stop();
  const answering = setInterval(() => held.splice(0).map((answer) => answer()), 5);
  const { outcomes, requests } = await stopped;
  clearInterval(answering);
  expect(outcomes).toEqual({ "200": requests });
  expect(requests).toBeGreaterThanOrEqual(100);
});

test("whatever a server does to requests is seen, each by its name", async () => {
  let count = 0;
  const { url } = await listen((request, response) => {
    const turn = count++ % 5;
    if (turn === 0) request.socket.destroy();
    else if (turn === 1) response.writeHead(502).end();
    else if (turn === 2) response.writeHead(200, { "content-length": 10 }).write("half", () => response.destroy());
    else if (turn === 3) response.end("ok");
    // The fifth is never answered.
  });
  const load = startLoad({ url, rate: 200, timeout: 400 });
  await ended(load, 50);
  const { outcomes, requests, failed, firstFailures } = await load.stop();
  const answered = Math.ceil((count - 3) / 5);
  expect(requests).toBe(count);
  expect(outcomes).toEqual({
    "200": answered,
    "502": Math.ceil((count - 1) / 5),
    reset: Math.ceil(count / 5) + Math.ceil((count - 2) / 5),
    timeout: Math.floor(count / 5),
  });
  expect(failed).toBe(count - answered);
  expect(firstFailures).toHaveLength(10);
  expect(firstFailures[0]).toMatch(/^20\d\d-.*Z \/(slow)? (reset|status 502|timeout) .*after \d+ ms$/);
});

test("a server that has gone refuses", async () => {
  const { server, url } = await listen((_request, response) => response.end("ok"));
  server.close();
  const load = startLoad({ url, rate: 200 });
  await ended(load, 5);
  const { outcomes, requests } = await load.stop();
  expect(outcomes).toEqual({ refused: requests });
});

test("a summary orders failures by when they were due and tells the latencies", () => {
  const at = Date.parse("2026-01-02T03:04:05.678Z");
  const samples: Sample[] = [
    { at, path: "/", status: 200, latency: 1 },
    { at: at + 2_000, path: "/", error: "reset", detail: "ECONNRESET socket hang up", latency: 12.4 },
    { at: at + 1_000, path: "/slow", status: 503, latency: 3 },
  ];
  expect(summarize(samples)).toEqual({
    requests: 3,
    outcomes: { "200": 1, "503": 1, reset: 1 },
    latency: { p50: 3, p99: 12, max: 12 },
    failed: 2,
    firstFailures: [
      "2026-01-02T03:04:06.678Z /slow status 503 after 3 ms",
      "2026-01-02T03:04:07.678Z / reset (ECONNRESET socket hang up) after 12 ms",
    ],
  });
});
