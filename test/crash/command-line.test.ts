import { afterAll, beforeAll, expect, test } from "vitest";
import { CrashingShop } from "./crashing-shop.fixture.ts";

const shop = new CrashingShop();

beforeAll(() => shop.up({ text: "one" }));
afterAll(() => shop.close());

test.each(["event:8","event:13", "event:18", "answer:30", "request:41"])("killed at %s, the next release ends right", async (diesAt) => {
  shop.write({ text: diesAt });
  const killed = await shop.fardel(["deploy", "--json"], diesAt);
  console.log(killed.stdout.split("\n").at(-2)?.slice(0, 150));
  expect(killed.signal, killed.stderr).toBe("SIGKILL");
  const again = await shop.fardel(["deploy"]);
  console.log(again.stderr);
  expect(again.exitCode, again.stderr).toBe(0);
  const [newest] = await shop.newest();
  await shop.expectInOrder({ text: diesAt, release: newest?.number ?? 0 });
});
