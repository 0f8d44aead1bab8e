import { afterAll, beforeAll, expect, test } from "vitest";
import { CrashingShop } from "./crashing-shop.fixture.ts";

const shop = new CrashingShop();

beforeAll(() => shop.up({ text: "one" }));
afterAll(() => shop.close());

test.each(["write:10", "write:30", "written:50", "write:80", "write:120"])(
  "drydock killed at %s, the next release ends right",
  async (diesAt) => {
    await shop.killRegion();
    const status = await shop.fardel(["status"]);
    console.log(status.exitCode, status.stdout, status.stderr);
    await shop.killRegion();
    const started = await shop.startRegion(diesAt);
    console.log(started.exitCode, started.stdout, started.stderr);
    shop.write({ text: diesAt });
    const before = performance.now();
    const killed = await shop.fardel(["deploy"]);
    console.log("took", performance.now() - before, killed.exitCode, killed.stderr);
    const again = await shop.fardel(["deploy"]);
    console.log(again.stderr);
    expect(again.exitCode, again.stderr).toBe(0);
    const [newest] = await shop.newest();
    await shop.expectInOrder({ text: diesAt, release: newest?.number ?? 0 });
  },
);
