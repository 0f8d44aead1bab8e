import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hurriedTime } from "../time.fixture.ts";
import { answersAt } from "./test-request.ts";

const hosts: (string | undefined)[] = [];
const statuses = new Map<string | undefined, number[]>();
const server = createServer(({ url, headers }, response) => {
  hosts.push(headers.host);
  response.statusCode = statuses.get(url)?.shift() ?? 404;
  response.end();
});
let base = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const ask = (path: string, host?: string) =>
  answersAt({ time: hurriedTime(), signal: new AbortController().signal }, base, host, path);

test("a revision may need a moment for its first answer, which it is asked for by its route's host", async () => {
  statuses.set("/smoke", [503, 503, 204]);
  expect(await ask("/smoke", "*.example.com")).toBeUndefined();
  expect(hosts.at(-1)).toBe("test.example.com");
});

test("4xx is an answer at once, and 5xx after half a minute", async () => {
  expect(await ask("/missing")).toBe(`${base}/missing answers 404`);
  statuses.set(
    "/broken",
    Array.from({ length: 100 }, () => 500),
  );
  expect(await ask("/broken")).toBe(`${base}/broken answers 500`);
});
