import { describe, expect, test } from "vitest";
import type { Aws } from "../aws/clients.ts";
import { FardelError } from "../errors.ts";
import type { FardelEvent } from "../events.ts";
import { appStacks, deploymentSteps } from "./app-stacks.ts";
import type { PreparedStack } from "./prepare-stack.ts";
import { ensureServiceLinkedRoles } from "./service-linked-roles.ts";
import { shop, tinyShop } from "./shop.fixture.ts";

const ecs = "AWSServiceRoleForECS";
const rds = "AWSServiceRoleForRDS";
const names: Record<string, string> = { "ecs.amazonaws.com": ecs, "rds.amazonaws.com": rds };

interface Account {
  /** The roles there are. */
  roles: string[];
  environment: string;
  /** Operations the caller may not call. */
  denied: string[];
  /** How often a role that was just made still can't be read. */
  unseen: number;
  /** Somebody else makes the role right after it was looked for. */
  raced: boolean;
}

async function ensure(stacks: PreparedStack[], account: Partial<Account> = {}) {
  const { environment = "production", denied = [], raced = false } = account;
  const roles = new Set(account.roles);
  let unseen = account.unseen ?? 0;
  const calls: string[] = [];
  const fail = (operation: string, code: string) => new FardelError(`AWS_${code}`, `IAM ${operation} failed: ${code}`);
  const iam = {
    async getRole({ RoleName }: { RoleName: string }) {
      calls.push(`GetRole ${RoleName}`);
      if (denied.includes("GetRole")) throw fail("GetRole", "AccessDenied");
      const isSeen = roles.has(RoleName) && (account.roles?.includes(RoleName) || unseen-- <= 0);
      if (!isSeen) throw fail("GetRole", "NoSuchEntityException");
    },
    async createServiceLinkedRole({ AWSServiceName }: { AWSServiceName: string }) {
      calls.push(`CreateServiceLinkedRole ${AWSServiceName}`);
      if (denied.includes("CreateServiceLinkedRole")) throw fail("CreateServiceLinkedRole", "AccessDenied");
      const name = names[AWSServiceName] ?? "";
      const isTaken = raced || roles.has(name);
      roles.add(name);
      if (isTaken) throw fail("CreateServiceLinkedRole", "InvalidInputException");
    },
  };
  const events: FardelEvent[] = [];
  const waits: number[] = [];
  const aws = { target: { environment, region: "eu-west-1" }, iam } as unknown as Aws;
  await ensureServiceLinkedRoles(
    aws,
    stacks,
    (event) => events.push(event),
    async (ms) => waits.push(ms),
  );
  return { calls, waits, events };
}

/** The app's stacks, of which those of these kinds are in this state, and the others settled. */
function stacksOf(app: typeof shop, states: Record<string, string | undefined>): PreparedStack[] {
  return deploymentSteps(appStacks(app))
    .flat()
    .map((stack) => {
      const kind = stack.tags["fardel:stack"] ?? "";
      const status = kind in states ? states[kind] : "UPDATE_COMPLETE";
      const current = status && { StackName: stack.name, StackStatus: status, CreationTime: new Date(0) };
      return { stack, current: current as PreparedStack["current"] };
    });
}

const nothing = { state: undefined, registry: undefined, cluster: undefined, data: undefined, application: undefined };

describe("ensureServiceLinkedRoles", () => {
  test("makes the roles of ECS and RDS in a new account, and gives IAM time to spread them", async () => {
    const { calls, waits, events } = await ensure(stacksOf(shop, nothing), { unseen: 2 });
    expect(calls.slice(0, 4).sort()).toEqual([
      "CreateServiceLinkedRole ecs.amazonaws.com",
      "CreateServiceLinkedRole rds.amazonaws.com",
      `GetRole ${ecs}`,
      `GetRole ${rds}`,
    ]);
    expect(waits).toEqual([1_000, 1_000, 15_000]);
    expect(events).toEqual([
      {
        type: "release.notice",
        message: `Made ${ecs} and ${rds}, which this account lacked: waiting until all of AWS knows.`,
      },
    ]);
  });

  test("makes none of RDS for an app without databases", async () => {
    const { calls } = await ensure(stacksOf(tinyShop, nothing));
    expect(calls).toEqual([`GetRole ${ecs}`, "CreateServiceLinkedRole ecs.amazonaws.com", `GetRole ${ecs}`]);
  });

  test("only looks where the roles are there", async () => {
    const { calls, waits, events } = await ensure(stacksOf(shop, nothing), { roles: [ecs, rds] });
    expect(calls).toEqual([`GetRole ${ecs}`, `GetRole ${rds}`]);
    expect([waits, events]).toEqual([[], []]);
  });

  test("asks nothing when cluster and databases are there, changed or not", async () => {
    const { calls } = await ensure(stacksOf(shop, { application: undefined, registry: undefined }));
    expect(calls).toEqual([]);
  });

  test.each(["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])(
    "looks again when the first cluster ended as %s",
    async (cluster) => {
      const { calls } = await ensure(stacksOf(shop, { cluster }), { roles: [ecs] });
      expect(calls).toEqual([`GetRole ${ecs}`]);
    },
  );

  test("waits for a role that somebody else made at the same moment", async () => {
    const { waits } = await ensure(stacksOf(tinyShop, nothing), { raced: true });
    expect(waits).toEqual([15_000]);
  });

  test.each([
    { denied: ["GetRole"], roles: [ecs], expected: [] },
    { denied: ["CreateServiceLinkedRole"], roles: [], expected: [] },
    { denied: ["GetRole", "CreateServiceLinkedRole"], roles: [], expected: [] },
    { denied: ["GetRole"], roles: [], expected: [15_000] },
  ])("goes on for a caller who may not call $denied, with the roles $roles", async ({ denied, roles, expected }) => {
    expect((await ensure(stacksOf(tinyShop, nothing), { denied, roles })).waits).toEqual(expected);
  });

  test("doesn't look for ever for a role that doesn't show", async () => {
    const { waits } = await ensure(stacksOf(tinyShop, nothing), { unseen: 1_000 });
    expect(waits).toEqual([...Array<number>(30).fill(1_000), 15_000]);
  });

  test("makes them in the embedded region too, and waits for nothing", async () => {
    const { calls, waits, events } = await ensure(stacksOf(shop, nothing), { environment: "local" });
    expect(calls).toContain("CreateServiceLinkedRole ecs.amazonaws.com");
    expect([waits, events]).toEqual([[], []]);
  });
});
