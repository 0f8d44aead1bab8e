import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { RDS, waitUntilDBInstanceAvailable } from "@aws-sdk/client-rds";
import { startTestDrydock } from "@fardel/drydock/testing.ts";
import { expect, test } from "vitest";
import { describeWith } from "./tools.ts";

const run = promisify(execFile);

describeWith("psql", "psql", () => {
  test("works with a database of RDS, and not without its password", async () => {
    const drydock = await startTestDrydock();
    const rds = drydock.client(RDS);
    await rds.createDBInstance({
      DBInstanceIdentifier: "main",
      Engine: "postgres",
      DBInstanceClass: "db.t4g.micro",
      AllocatedStorage: 20,
      DBName: "shop",
      MasterUsername: "shop",
      MasterUserPassword: "correct-horse",
    });
    const often = { client: rds, maxWaitTime: 100, minDelay: 0.1, maxDelay: 0.5 };
    await waitUntilDBInstanceAvailable(often, { DBInstanceIdentifier: "main" });
    const { DBInstances = [] } = await rds.describeDBInstances({});
    const { Address: host = "", Port: port } = DBInstances[0]?.Endpoint ?? {};
    const psql = async (PGPASSWORD: string, sql: string) => {
      const database = `host=${host} port=${port} dbname=shop user=shop`;
      const args = ["--no-psqlrc", "--tuples-only", "--no-align", "--command", sql, database];
      return (await run("psql", args, { env: { ...process.env, PGPASSWORD } })).stdout.trim();
    };
    await psql("correct-horse", "create table orders as select generate_series(1, 3) as id");
    expect(await psql("correct-horse", "select sum(id) from orders")).toBe("6");
    await expect(psql("wrong", "select 1")).rejects.toThrow('password authentication failed for user "shop"');
  });
});
