import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "./ports.ts";

test("a free port is below the ranges of outgoing connections and can be listened on", async () => {
  const port = await freePort(new Set());
  expect(port).toBeGreaterThanOrEqual(20_000);
  expect(port).toBeLessThan(32_000);
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
});

test("ports of other tasks are not given again, whether they are listened on or not", async () => {
  const all = new Set(Array.from({ length: 12_000 }, (_, index) => 20_000 + index));
  await expect(freePort(all)).rejects.toThrow("no free port found between 20000 and 31999 on 127.0.0.1");
});
