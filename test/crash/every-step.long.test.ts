import { expect, test } from "vitest";
import { CrashingShop } from "./crashing-shop.fixture.ts";

const shops = 3;

/** No release gets this far: nobody is killed. */
const never = ["event:1000", "request:1000"];

/** A release without anything else to do tells some thirty events and sends some sixty requests. */
const steps = [
  ...never,
  ...Array.from({ length: 26 }, (_, index) => `event:${index + 1}`),
  ...Array.from({ length: 30 }, (_, index) => `${index % 2 === 0 ? "request" : "answer"}:${1 + 2 * index}`),
];

test("the command line killed after every event, and around its calls: the next release ends right", async () => {
  const left = steps.toReversed();
  const survived: string[] = [];
  // When one fails the others come to their ends, too: nothing of theirs may stay behind.
  const ends = await Promise.allSettled(
    Array.from({ length: shops }, async () => {
      const shop = new CrashingShop();
      await shop.up({ text: "zero" });
      try {
        for (let diesAt = left.pop(); diesAt !== undefined; diesAt = left.pop()) {
          shop.write({ text: diesAt });
          const { signal, exitCode, stderr } = await shop.fardel(["deploy", "--json"], diesAt);
          if (signal === null) {
            expect(exitCode, stderr).toBe(0);
            survived.push(diesAt);
          }
          const again = await shop.fardel(["deploy"]);
          expect(again.exitCode, `${diesAt}\n${again.stderr}`).toBe(0);
          await shop.expectInOrder({ text: diesAt, release: (await shop.newest())[0]?.number ?? 0 });
        }
      } finally {
        await shop.close();
      }
    }),
  );
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  expect(survived).toEqual(expect.arrayContaining(never));
  expect(survived.length).toBeLessThan(steps.length / 2);
}, 600_000);

test.each(["event:3", "event:6", "answer:12", "answer:25", 'line:"release.started"', 'line:"rollout.started"'])(
  "the very first `up` killed at %s: the next one makes what is left to make",
  async (diesAt) => {
    const shop = new CrashingShop();
    try {
      shop.write({ text: "first" });
      await shop.startRegion();
      const { signal, stderr } = await shop.fardel(["up", "--json"], diesAt);
      expect(signal, stderr).toBe("SIGKILL");
      await shop.succeed("up");
      await shop.expectInOrder({ text: "first", release: (await shop.newest())[0]?.number ?? 0 });
    } finally {
      await shop.close();
    }
  },
);
