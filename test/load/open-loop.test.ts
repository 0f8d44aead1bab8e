import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { everyKind, inTurn } from "./kinds.ts";
import { type Load, startLoad, untilAnswered } from "./open-loop.ts";

vi.setConfig({ testTimeout: 60_000 });

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
  const { requests, outcomes, lost } = await load.stop();
  const { "/": plain = 0, "/slow": slow = 0 } = paths;
  expect({ outcomes, lost }).toEqual({ outcomes: { plain: { "200": plain }, slow: { "200": slow } }, lost: 0 });
  expect(plain + slow).toBe(requests);
  expect(Math.abs(slow - requests / 10)).toBeLessThan(10);
  expect(connections).toBeLessThan(requests / 2);
});

test("requests leave at their rate while none is answered", async () => {
  const held: (() => void)[] = [];
  const { url } = await listen((_request, response) => void held.push(() => response.end("late")));
  const start = performance.now();
  const load = startLoad({ url, rate: 500, mix: { plain: 100 } });
  await until(() => held.length >= 100);
  expect(performance.now() - start).toBeGreaterThan(199);
  const stopped = load.stop();
  const answering = setInterval(() => held.splice(0).map((answer) => answer()), 5);
  const { outcomes, requests } = await stopped;
  clearInterval(answering);
  expect(outcomes).toEqual({ plain: { "200": requests } });
  expect(requests).toBeGreaterThanOrEqual(100);
});

test("whatever a server does to requests is seen, each by its name", async () => {
  let count = 0;
  const { url } = await listen((request, response) => {
    const turn = count++ % 5;
    if (turn === 0) request.socket.destroy();
    else if (turn === 1) response.writeHead(502).end();
    else if (turn === 2)
      response.writeHead(200, { "content-length": 10, "x-target": "10.0.0.7" }).write("half", () => response.destroy());
    else if (turn === 3) response.end("ok");
    // The fifth is never answered.
  });
  const load = startLoad({ url, rate: 200, timeout: 2_000, mix: { plain: 100 } });
  await ended(load, 50);
  const { outcomes, requests, lost, losses } = await load.stop();
  const answered = Math.ceil((count - 3) / 5);
  expect(requests).toBe(count);
  expect(outcomes).toEqual({
    plain: {
      "200": answered,
      "502": Math.ceil((count - 1) / 5),
      reset: Math.ceil(count / 5),
      truncated: Math.ceil((count - 2) / 5),
      timeout: Math.floor(count / 5),
    },
  });
  expect(lost).toBe(count - answered);
  expect(losses).toHaveLength(20);
  expect(losses).toContainEqual(
    expect.stringMatching(
      /^20\d\d-.*Z plain: truncated \(ECONNRESET aborted, 4 characters of status 200, from 10\.0\.0\.7\) after \d+ ms$/,
    ),
  );
});

test("a server that has gone refuses", async () => {
  const { server, url } = await listen((_request, response) => response.end("ok"));
  server.close();
  const load = startLoad({ url, rate: 200, mix: { plain: 100 } });
  await ended(load, 5);
  const { outcomes, requests } = await load.stop();
  expect(outcomes).toEqual({ plain: { refused: requests } });
});

test("of a hundred requests each kind has its share, not always at the same places", () => {
  const kindOf = inTurn(everyKind);
  const hundreds = [0, 100].map((start) => Array.from({ length: 100 }, (_, index) => kindOf(start + index)));
  for (const hundred of hundreds)
    expect(
      Object.fromEntries(
        Map.groupBy(hundred, (kind) => kind)
          .entries()
          .map(([kind, { length }]) => [kind, length]),
      ),
    ).toEqual(everyKind);
  expect(hundreds[0]).not.toEqual(hundreds[1]);
  expect(() => inTurn({ plain: 90 })).toThrow("The shares of a mix are of a hundred, not of 90.");
});

test("it can be waited for until a request of a kind has been answered, and no longer than told", async () => {
  const { url } = await listen((_request, response) => response.end("ok"));
  const load = startLoad({ url, rate: 100 });
  await untilAnswered(load, "slow");
  expect(load.samples.some(({ kind }) => kind === "slow")).toBe(true);
  await expect(untilAnswered(load, "events", 50)).rejects.toThrow("No events request was answered for 50 ms.");
  await load.stop();
});
