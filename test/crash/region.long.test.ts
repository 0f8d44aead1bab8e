import { RDS } from "@aws-sdk/client-rds";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CrashingShop } from "./crashing-shop.fixture.ts";

const shop = new CrashingShop();

beforeAll(() => shop.up({ text: "one" }));
afterAll(() => shop.close());

const release = async () => (await shop.newest())[0];
const tasks = async () => {
  const { aws, descriptor } = await shop.connect();
  return (await aws.ecs.listTasks({ cluster: descriptor.cluster })).taskArns;
};

describe("drydock killed", () => {
  test("at rest: it is said not to run, and whatever needs it starts it; its tasks have gone on", async () => {
    const before = await tasks();
    await shop.killRegion();
    expect(await shop.fardel(["local", "status"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("drydock is not running."),
    });
    const { stdout, stderr } = await shop.succeed("status");
    expect(stderr).toMatch(/^Started drydock, the embedded AWS region, at http:\/\/127\.0\.0\.1:\d+\.$/m);
    expect(stdout).toContain("Release 1 serves");
    expect(await tasks()).toEqual(before);
    await shop.expectInOrder({ text: "one", release: 1 });
  });

  test("while web is rolled out, and started again at once: the release goes on to its end", async () => {
    await shop.killRegion();
    await shop.startRegion("written:60");
    shop.write({ text: "two" });
    const deploying = shop.fardel(["deploy"]);
    await shop.untilRegionDies();
    await shop.startRegion();
    const { exitCode, stderr } = await deploying;
    // A machine that is busy may take longer than the calls are repeated for: then it goes back, and says so.
    expect([0, 1, 3], stderr).toContain(exitCode);
    await shop.succeed("deploy");
    await shop.expectInOrder({ text: "two", release: (await release())?.number ?? 0 });
  });

  test("in the middle of a release for good: that says what has happened, and what to do helps", async () => {
    await shop.killRegion();
    await shop.startRegion("write:60");
    shop.write({ text: "lost" });
    const { exitCode, stderr } = await shop.fardel(["deploy"]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^✗ drydock, the embedded AWS region, doesn't answer at http:\/\/127\.0\.0\.1:\d+\.$/m);
    expect(stderr).toContain("→ Run the command again: that starts it with all of its state.");
    await shop.startRegion();
    await shop.succeed("deploy");
    const [newest, lost] = await shop.newest(2);
    expect(lost).toMatchObject({ outcome: "failed", failure: expect.stringMatching(/^It was interrupted: /) });
    await shop.expectInOrder({ text: "lost", release: newest?.number ?? 0 });
  });

  test("as it starts: the start says so, and the next one works", async () => {
    await shop.killRegion();
    const { exitCode, stderr } = await shop.startRegion("write:1");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("It was killed by SIGKILL.");
    await shop.startRegion();
    expect((await shop.succeed("status")).stdout).toContain("shop-local-web");
  });
});

test.each(["initdb", "postgres"])(
  "a database made as drydock is killed while %s runs comes up, as one server, and ends with the region",
  async (program) => {
    const { endpoint, region } = await shop.region();
    const configuration = { endpoint, region, credentials: { accessKeyId: "test", secretAccessKey: "test" } };
    const rds = new RDS(configuration);
    const DBInstanceIdentifier = `during-${program}`;
    await rds.createDBInstance({
      DBInstanceIdentifier,
      DBInstanceClass: "db.t4g.micro",
      Engine: "postgres",
      AllocatedStorage: 20,
      MasterUsername: "ada",
      MasterUserPassword: "lovelace-1815",
    });
    const runs = () => shop.processes(program, DBInstanceIdentifier).length > 0;
    await vi.waitUntil(runs, { timeout: 60_000, interval: 2 });
    await shop.killRegion();
    await shop.startRegion();
    const status = await vi.waitUntil(
      async () => {
        const [database] = (await rds.describeDBInstances({ DBInstanceIdentifier })).DBInstances ?? [];
        return ["available", "failed"].includes(database?.DBInstanceStatus ?? "") && database?.DBInstanceStatus;
      },
      { timeout: 60_000, interval: 100 },
    );
    expect(status).toBe("available");
    expect(shop.processes("postgres", DBInstanceIdentifier)).toHaveLength(1);
    await shop.succeed("local", "stop");
    expect(shop.processes("postgres", DBInstanceIdentifier)).toEqual([]);
    await shop.startRegion();
  },
);
