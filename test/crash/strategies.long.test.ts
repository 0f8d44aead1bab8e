import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { CrashingShop, type Ended } from "./crashing-shop.fixture.ts";

// Twenty times as fast, a minute of bake time or between two steps takes three seconds, and old targets drain for one.
const blueGreen = "{ strategy: blue-green, bake: 1m }";
const linear = "{ strategy: linear, step: 50, every: 1m }";
const canary = "{ strategy: canary, step: 20, every: 1m, bake: 1m }";
const gated = "{ strategy: blue-green, bake: 1m, approve: manual }";
/** Long enough for whatever is to happen meanwhile on a busy machine. */
const endless = "{ strategy: blue-green, bake: 24h }";
const drain = "20s";

const longestWaitMs = 120_000;

/** A shop of its own, of which release 1 answers `zero` and serves. */
async function withShop(rollout: string, work: (shop: CrashingShop) => Promise<void>): Promise<void> {
  const shop = new CrashingShop();
  try {
    await shop.up({ text: "zero", rollout, drain });
    await work(shop);
  } finally {
    await shop.close();
  }
}

/** Runs a command that is killed, and says so where it wasn't. */
async function killed(shop: CrashingShop, args: readonly string[], diesAt: string): Promise<void> {
  const { signal, stdout, stderr } = await shop.fardel([...args, "--json"], diesAt);
  expect(signal, `${args.join(" ")} wasn't killed at ${diesAt}\n${stdout}\n${stderr}`).toBe("SIGKILL");
}

async function ends(shop: CrashingShop, args: readonly string[], exitCode: number, after: string): Promise<Ended> {
  const ended = await shop.fardel(args);
  expect(ended.exitCode, `${args.join(" ")} after ${after}\n${ended.stderr}`).toBe(exitCode);
  return ended;
}

/** Runs a command again and again until it ends well. */
async function untilItSucceeds(shop: CrashingShop, ...args: string[]): Promise<void> {
  const began = performance.now();
  for (;;) {
    const { exitCode, stderr } = await shop.fardel(args);
    if (exitCode === 0) return;
    if (performance.now() - began > longestWaitMs) throw new Error(`${args.join(" ")} still fails:\n${stderr}`);
    await wait(200);
  }
}

const inStage = (name: string) => `line:"stage":"${name}"`;

test.concurrent.for([
  {
    name: "blue-green",
    rollout: blueGreen,
    points: ['line:"release.started"', 'line:"definition.registered"', 'line:"rollout.started"', "request:34"],
  },
  {
    name: "blue-green, going on",
    rollout: blueGreen,
    points: [inStage("SCALE_UP"), 'line:"productionPercent":100', inStage("BAKE_TIME"), 'line:"rollout.finished"'],
  },
  {
    name: "linear",
    rollout: linear,
    points: ['line:"productionPercent":50', inStage("PRODUCTION_TRAFFIC_SHIFT"), inStage("CLEAN_UP"), "answer:44"],
  },
  {
    name: "canary",
    rollout: canary,
    points: ['line:"productionPercent":20', inStage("BAKE_TIME"), 'line:"rollout.finished"'],
  },
])("the command line killed at many a point of a release ($name): the next one ends right", ({ rollout, points }) =>
  withShop(rollout, async (shop) => {
    for (const diesAt of points) {
      shop.write({ text: diesAt, rollout, drain });
      await killed(shop, ["deploy"], diesAt);
      await ends(shop, ["deploy"], 0, diesAt);
      await shop.expectInOrder({ text: diesAt, release: (await shop.newest())[0]?.number ?? 0 });
    }
  }),
);

test.concurrent("the command line killed at its gate: whoever answers brings the release to its end", () =>
  withShop(blueGreen, async (shop) => {
    const waiting = 'line:"waitsFor":"approval"';
    const release = async (text: string) => {
      shop.write({ text, rollout: gated, drain });
      await killed(shop, ["deploy"], waiting);
    };

    await release("approved");
    await ends(shop, ["approve"], 0, waiting);
    expect(await shop.newest()).toMatchObject([{ number: 2, outcome: "succeeded" }]);
    await shop.expectInOrder({ text: "approved", release: 2 });

    await release("rejected");
    await ends(shop, ["reject"], 3, waiting);
    expect(await shop.newest()).toMatchObject([{ number: 3, outcome: "rolled back" }]);
    await shop.expectInOrder({ text: "approved", release: 2 });

    await release("approved twice");
    await killed(shop, ["approve"], inStage("BAKE_TIME"));
    await ends(shop, ["approve"], 0, "an approval that was killed");
    expect(await shop.newest()).toMatchObject([{ number: 4, outcome: "succeeded" }]);
    await shop.expectInOrder({ text: "approved twice", release: 4 });

    await release("taken over");
    shop.write({ text: "next", rollout: blueGreen, drain });
    await ends(shop, ["deploy"], 0, waiting);
    expect(await shop.newest(2)).toMatchObject([
      { number: 6, outcome: "succeeded" },
      { number: 5, outcome: "superseded" },
    ]);
    await shop.expectInOrder({ text: "next", release: 6 });
  }));

test.concurrent("a rollback killed when it has told ECS, of a release that nobody watches: the next command ends right", () =>
  withShop(blueGreen, async (shop) => {
    const takeBack = async (text: string) => {
      shop.write({ text, rollout: endless, drain });
      await killed(shop, ["deploy"], inStage("BAKE_TIME"));
      await killed(shop, ["rollback"], "line:ECS returns");
    };

    await takeBack("two");
    await ends(shop, ["rollback"], 0, "a rollback that was killed");
    expect(await shop.newest()).toMatchObject([{ number: 2, outcome: "rolled back" }]);
    await shop.expectInOrder({ text: "zero", release: 1 });

    await takeBack("three");
    shop.write({ text: "three", rollout: blueGreen, drain });
    await ends(shop, ["deploy"], 0, "a rollback that was killed");
    await shop.expectInOrder({ text: "three", release: 4 });
  }));

/** Drydock is killed when it has written down where a deployment stands, and done nothing about it yet. */
const writtenDown = (stage: string) => `holding:(?=.*"status":"IN_PROGRESS").*"stage":"${stage}"`;

interface Outage {
  at: string;
  rollout: string;
  diesAt: string;
  /** What somebody does about the release. */
  meanwhile?: "approve" | "rollback";
}

const inStages = (rollout: string, ...stages: string[]): Outage[] =>
  stages.map((at) => ({ at, rollout, diesAt: writtenDown(at) }));

const outages: Outage[][] = [
  [
    ...inStages(blueGreen, "SCALE_UP", "TEST_TRAFFIC_SHIFT"),
    { at: "its gate", rollout: gated, diesAt: 'holding:"status":"AWAITING_ACTION"', meanwhile: "approve" },
  ],
  [
    ...inStages(blueGreen, "BAKE_TIME", "CLEAN_UP"),
    { at: "its way back", rollout: endless, diesAt: 'holding:"status":"ROLLBACK_', meanwhile: "rollback" },
  ],
  [
    ...inStages(linear, "PRODUCTION_TRAFFIC_SHIFT"),
    { at: "the first step", rollout: linear, diesAt: 'holding:"bakesUntil":\\d' },
  ],
];

test.concurrent.for(outages.map((all) => ({ all, points: all.map(({ at }) => at).join(", ") })))(
  "drydock killed in a release ($points) and started again at once: that goes on from where it stood",
  ({ all }) =>
    withShop(blueGreen, async (shop) => {
      let serving = { text: "zero", release: 1 };
      for (const outage of all) {
        const { at, meanwhile } = outage;
        const { exitCode, stderr } = await releaseThrough(shop, outage);
        const takenBack = meanwhile === "rollback";
        // A machine that is busy may take longer than the calls are repeated for: then it gives up, and says so.
        if (exitCode === 1) {
          expect(stderr, at).toContain("drydock, the embedded AWS region, doesn't answer");
          if (!takenBack) await ends(shop, ["deploy"], 0, `${at}\n${stderr}`);
        } else expect(exitCode, `${at}\n${stderr}`).toBe(takenBack ? 3 : 0);
        const [newest] = await shop.newest();
        if (!takenBack) serving = { text: at, release: newest?.number ?? 0 };
        await shop.expectInOrder(serving);
      }
    }),
);

/** Releases through an outage of drydock. */
async function releaseThrough(shop: CrashingShop, { at, rollout, diesAt, meanwhile }: Outage): Promise<Ended> {
  const served = await answer(shop);
  shop.write({ text: at, rollout, drain });
  await shop.killRegion();
  await shop.startRegion(diesAt);
  const deploying = shop.fardel(["deploy"]);
  const others = meanwhile === "rollback" ? takenBackOnceItServes(shop, served) : undefined;
  const early = deploying.then(({ stderr }) => {
    throw new Error(`The release has ended before drydock was killed at ${at}:\n${stderr}`);
  });
  await Promise.race([shop.untilRegionDies(), early]);
  await shop.startRegion();
  if (meanwhile === "approve") await untilItSucceeds(shop, "approve");
  const [ended] = await Promise.all([deploying, others]);
  return ended;
}

async function takenBackOnceItServes(shop: CrashingShop, served: string): Promise<void> {
  const began = performance.now();
  while ((await answer(shop)) === served) {
    if (performance.now() - began > longestWaitMs) throw new Error("The new revision doesn't come to serve.");
    await wait(50);
  }
  await untilItSucceeds(shop, "rollback");
}

async function answer(shop: CrashingShop): Promise<string> {
  return (await fetch(await shop.url())).text();
}
