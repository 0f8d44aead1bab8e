import { spawn, spawnSync } from "node:child_process";
import { startTestDrydock, type TestDrydock } from "@fardel/drydock/testing.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AwsCli, awsCli, clientEnvironment } from "./aws-cli.ts";
import { describeWith } from "./tools.ts";

const { stdout: version } = spawnSync("aws", ["--version"], { encoding: "utf8" });
const hasTail = version?.startsWith("aws-cli/2") ?? false;

describeWith("aws", "the AWS CLI: logs", () => {
  let drydock: TestDrydock;
  let aws: AwsCli;
  const now = Date.now();
  const put = (timestamp: number, message: string) =>
    aws.json(
      "logs put-log-events --log-group-name /shop --log-stream-name web/web/1 --log-events",
      JSON.stringify([{ timestamp, message }]),
    );

  beforeAll(async () => {
    if (!hasTail)
      console.warn(`This is ${version.trim()}: "aws logs tail" is a command of version 2 and is not tested.`);
    drydock = await startTestDrydock({ keep: true });
    aws = awsCli(drydock, drydock.directory);
    await aws.text("logs create-log-group --log-group-name /shop");
    await aws.text("logs put-retention-policy --log-group-name /shop --retention-in-days 7");
    await aws.text("logs create-log-stream --log-group-name /shop --log-stream-name web/web/1");
    await put(now - 2_000, "listening on 8080");
    await put(now - 1_000, "ERROR no such order");
  });
  afterAll(() => drydock.close());

  test("groups keep their retention", async () => {
    expect(await aws.json("logs describe-log-groups --query logGroups[].[logGroupName,retentionInDays,arn]")).toEqual([
      ["/shop", 7, "arn:aws:logs:eu-west-1:000000000000:log-group:/shop:*"],
    ]);
  });

  test("events are read by stream, by time and by pattern", async () => {
    const stream = "--log-group-name /shop --log-stream-name web/web/1 --query events[].[timestamp,message]";
    const events = [
      [now - 2_000, "listening on 8080"],
      [now - 1_000, "ERROR no such order"],
    ];
    expect(await aws.json(`logs get-log-events --start-from-head ${stream}`)).toEqual(events);
    const filter = "logs filter-log-events --log-group-name /shop --query events[].[timestamp,message]";
    expect(await aws.json(filter)).toEqual(events);
    expect(await aws.json(`${filter} --filter-pattern ERROR`)).toEqual(events.slice(1));
    expect(await aws.json(`${filter} --start-time ${now - 1_500} --log-stream-name-prefix web/`)).toEqual(
      events.slice(1),
    );
  });

  test("pages end", async () => {
    const paged = "logs filter-log-events --log-group-name /shop --page-size 1 --query events[].message";
    expect(await aws.json(paged)).toEqual(["listening on 8080", "ERROR no such order"]);
    const missing = await aws.refusal("logs filter-log-events --log-group-name /none");
    expect(missing).toBe(
      "An error occurred (ResourceNotFoundException) when calling the FilterLogEvents operation: " +
        "The specified log group does not exist.",
    );
  });

  test.skipIf(!hasTail)("aws logs tail shows the last events", async () => {
    const lines = (await aws.text("logs tail /shop --format short")).split("\n");
    expect(lines.map((line) => line.slice("2026-01-02T03:04:05 ".length))).toEqual([
      "listening on 8080",
      "ERROR no such order",
    ]);
  });

  test.skipIf(!hasTail)("aws logs tail follows a group", async () => {
    const follow = spawn("aws", ["logs", "tail", "/shop", "--follow", "--since", "1h"], {
      env: clientEnvironment(drydock),
    });
    await new Promise<void>((resolve) => {
      let seen = "";
      let told = false;
      follow.stdout.on("data", (chunk) => {
        seen += chunk;
        if (!told && seen.includes("no such order")) {
          told = true;
          void put(Date.now(), "GET /orders/7 200");
        }
        if (seen.includes("GET /orders/7 200")) resolve();
      });
    });
    follow.kill();
  });
});
