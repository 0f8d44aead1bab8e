import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { groupUsage } from "./process-table.ts";

test("a group's use of processor and memory is that of all of its processes, those that have ended included", async () => {
  const half = "const end = Date.now() + 300; while (Date.now() < end);";
  const script = `
    require("node:child_process").spawnSync(process.execPath, ["-e", ${JSON.stringify(half)}]);
    ${half}
    process.stdout.write("done");
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ["-e", script], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void process.kill(-(child.pid ?? 0), "SIGKILL"));
  await once(child.stdout, "data");
  const before = process.platform === "linux" ? 20 : 0;
  const usage = await groupUsage(child.pid ?? 0);
  expect(usage.cpuMilliseconds).toBeGreaterThan(before);
  expect(usage.memoryBytes).toBeGreaterThan(10_000_000);
  expect(await groupUsage(2 ** 30)).toEqual({ memoryBytes: 0, cpuMilliseconds: 0 });
});
