import { type App, type Aws, applyInfrastructure, destroyInfrastructure, type FardelEvent } from "@fardel/core";
import { shop } from "@fardel/core/infra/shop.fixture.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BareRegion, stackOutcomes, startBareRegion } from "./bare-region.fixture.ts";

const { main } = shop.databases;
if (main === undefined) throw new Error("the shop has a database");
// Protected, as everywhere but in `local`. The version is the one that comes with fardel.
const app: App = { ...shop, cluster: "prod", databases: { main: { ...main, version: "18" } } };
// RDS makes no database of less than 20 GiB.
const refused: App = {
  ...app,
  databases: { ...app.databases, other: { ...main, name: "other", version: "18", storageGiB: 1 } },
};
let region: BareRegion;
let aws: Aws;

beforeAll(async () => {
  region = await startBareRegion();
  ({ aws } = region);
});
afterAll(() => region.close());

async function outcomes(work: (emit: (event: FardelEvent) => void) => Promise<unknown>): Promise<string[]> {
  const events: FardelEvent[] = [];
  await work((event) => events.push(event));
  return stackOutcomes(events);
}

const apply = (wanted: App) => outcomes((emit) => applyInfrastructure(wanted, aws, emit));
const destroy = () => outcomes((emit) => destroyInfrastructure(app, aws, emit, { data: true }));

/** Name, state and whether it is protected. */
async function databases() {
  const { DBInstances = [] } = await aws.rds.describeDBInstances({});
  return DBInstances.map((found) => [found.DBName, found.DBInstanceStatus, found.DeletionProtection]);
}

/** Creates a data stack that fails while its first database is being made, which is protected, and lets that come up. */
async function failHalfway(): Promise<void> {
  const failure = await apply(refused).catch((error) => error);
  expect(failure).toMatchObject({
    code: "STACK_FAILED",
    why: expect.stringMatching(/The stack is left as ROLLBACK_FAILED\.\nNot undone: .*MainDatabase/),
  });
  await expect.poll(databases, { timeout: 30_000 }).toEqual([["main", "available", true]]);
}

test("a database whose stack failed halfway is removed by the next `up`, which makes it again, protected", async () => {
  await failHalfway();
  const finished = await apply(app);
  expect(finished).toEqual(
    expect.arrayContaining(["shop-prod-data deleted", "shop-prod-data created", "shop-prod created"]),
  );
  expect(await databases()).toEqual([["main", "available", true]]);
});

test("the roles of ECS and RDS are there before they need them, and an `up` without changes doesn't ask for them", async () => {
  const { Roles = [] } = await aws.iam.listRoles({ PathPrefix: "/aws-service-role/" });
  expect(Roles.map(({ RoleName }) => RoleName).sort()).toEqual(["AWSServiceRoleForECS", "AWSServiceRoleForRDS"]);
  const { IAM: before } = aws.calls.counts();
  expect((await apply(app)).filter((outcome) => !outcome.endsWith("unchanged"))).toEqual([]);
  expect(aws.calls.counts().IAM).toEqual(before);
});

test("a database that was complete outlives a failed change of its stack", async () => {
  const failure = await apply(refused).catch((error) => error);
  expect(failure).toMatchObject({ code: "STACK_FAILED", why: expect.stringContaining("Everything is back") });
  await apply(app);
  expect(await databases()).toEqual([["main", "available", true]]);
});

test("`down --data` removes what a stack that failed halfway has left", async () => {
  await destroy();
  await failHalfway();
  expect(await destroy()).toEqual(expect.arrayContaining(["shop-prod-data deleted", "prod deleted"]));
  expect(await databases()).toEqual([]);
  expect((await aws.cloudFormation.describeStacks({})).Stacks ?? []).toEqual([]);
});
