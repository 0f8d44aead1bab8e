import { isDeepStrictEqual } from "node:util";
import {
  exitCodeOf,
  FardelError,
  type FardelEvent,
  type ReleaseOutcome,
  type ReleaseRecord,
  releaseHistory,
} from "@fardel/core";
import { ecsServiceName } from "@fardel/core/release/names.ts";
import { lockHolder } from "@fardel/core/release/records/lock.ts";
import { readRelease } from "@fardel/core/release/records/record.ts";
import { stateBucket } from "@fardel/core/release/records/state-bucket.ts";
import { systemTime } from "@fardel/core/release/time.ts";
import { type Shop, startShop } from "../e2e/release.fixture.ts";
import type { Schedule } from "./schedule.ts";

/** How long services may take to come to rest once the last fault is gone. */
const restMs = 60_000;
const servicesOfShop = ["web", "worker"].map((name) => ecsServiceName("shop", name));

/** How long faults last at most. */
const faultsLastMs = 4000;

/** What a release came to; `refused`: it had changed nothing yet when it failed. */
export type Ending = "succeeded" | "rolled back" | "refused";

export interface ShopUnderFaults {
  /**
   * Makes a release under the faults of a schedule, and sees that it ended as it says it did.
   *
   * @throws Error with the schedule and all that happened, when it didn't
   */
  release(schedule: Schedule): Promise<Ending>;
  close(): Promise<void>;
}

/** A shop of simulated tasks, with one release behind it. */
export async function startShopUnderFaults(): Promise<ShopUnderFaults> {
  const shop = await startShop({ runtime: "simulated", timeScale: 60 });
  shop.write({});
  await shop.setUp();
  await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "hunter2" });
  await shop.deploy();
  return { release: (schedule) => releaseUnder(shop, schedule), close: () => shop.close() };
}

interface Attempt {
  outcome?: ReleaseOutcome;
  thrown?: unknown;
  events: FardelEvent[];
}

async function releaseUnder(shop: Shop, schedule: Schedule): Promise<Ending> {
  const before = await newest(shop);
  shop.write({ text: String(schedule.seed) });
  const endFaults = beginFaults(shop, schedule);
  const attempt = await deploy(shop);
  await endFaults();
  try {
    return await checkEnding(shop, attempt, before);
  } catch (error) {
    const report = JSON.stringify({ schedule, ...attempt, thrown: String(attempt.thrown) }, null, 2);
    throw new Error(`${(error as Error).message}\n${report}`, { cause: attempt.thrown ?? error });
  }
}

async function deploy(shop: Shop): Promise<Attempt> {
  const events: FardelEvent[] = [];
  const emit = (event: FardelEvent) => void events.push(event);
  try {
    return { ...(await shop.deploy({ emit })), events };
  } catch (thrown) {
    return { thrown, events };
  }
}

/** Asks for every fault at its time; what it answers takes them all away again. */
function beginFaults({ drydock }: Shop, { faults }: Schedule): () => Promise<void> {
  const ask = async (method: string, body?: unknown) => {
    const url = new URL("/_drydock/faults", drydock.endpoint);
    const response = await fetch(url, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${method} ${JSON.stringify(body)}: ${await response.text()}`);
  };
  const asked: Promise<void>[] = [];
  const timers = faults.map(({ afterMs, fault }) => setTimeout(() => asked.push(ask("POST", fault)), afterMs));
  // With both zones lost a rollout waits, as on AWS, until one is back.
  timers.push(setTimeout(() => asked.push(ask("DELETE")), faultsLastMs));
  return async () => {
    for (const timer of timers) clearTimeout(timer);
    await Promise.all(asked);
    await ask("DELETE");
  };
}

async function checkEnding(shop: Shop, { outcome, thrown, events }: Attempt, before: ReleaseRecord): Promise<Ending> {
  if (thrown !== undefined && !(thrown instanceof FardelError)) throw new Error("it threw what is no FardelError");
  const holder = await lockHolder(stateBucket(shop.aws, shop.descriptor.stateBucket), shop.descriptor, systemTime);
  if (holder) throw new Error("the lock is still held");
  const record = await newest(shop);
  if (outcome === undefined) {
    // Refused before any service was touched: what served goes on.
    const begun = record.number !== before.number;
    if (begun && record.outcome !== "failed") throw new Error(`it threw, and its record says ${record.outcome}`);
    if (events.some(({ type }) => type === "rollout.started")) throw new Error("it threw when it had begun");
    await untilAtRest(shop, await serving(shop));
    return "refused";
  }
  if (record.number !== outcome.release || record.outcome !== outcome.outcome) {
    throw new Error(`its record says that release ${record.number} ${record.outcome}`);
  }
  if (record.calls === undefined) throw new Error("its record doesn't say what it asked of AWS");
  const exitCodes: Record<string, number> = { succeeded: 0, "rolled back": 3, failed: 1 };
  if (exitCodeOf(outcome) !== exitCodes[outcome.outcome]) throw new Error(`exit code ${exitCodeOf(outcome)}`);
  await untilAtRest(shop, await readServing(shop, outcome.serving));
  if (outcome.outcome === "succeeded" || outcome.outcome === "rolled back") return outcome.outcome;
  // Failed it may be only where no service was touched: by its migration.
  const touched = Object.values(outcome.services).some(({ result }) => result !== undefined);
  if (outcome.outcome !== "failed" || touched) throw new Error("it neither succeeded nor was rolled back");
  return "refused";
}

async function newest(shop: Shop): Promise<ReleaseRecord> {
  const [record] = await releaseHistory({ aws: shop.aws, descriptor: shop.descriptor }, 1);
  if (record === undefined) throw new Error("the shop has no release");
  return record;
}

async function serving(shop: Shop): Promise<ReleaseRecord> {
  const history = await releaseHistory({ aws: shop.aws, descriptor: shop.descriptor }, 500);
  return readServing(shop, history.find(({ outcome }) => outcome === "succeeded")?.number);
}

async function readServing({ aws, descriptor }: Shop, number: number | undefined): Promise<ReleaseRecord> {
  if (number === undefined) throw new Error("no release serves");
  return readRelease(stateBucket(aws, descriptor.stateBucket), descriptor, number);
}

/** Resolves when every service runs what the record says, all of it and nothing else. */
async function untilAtRest({ aws, descriptor }: Shop, { services }: ReleaseRecord): Promise<void> {
  const wanted = Object.values(services).map(({ taskDefinition }) => ({ taskDefinition, deployments: 1, missing: 0 }));
  const deadline = Date.now() + restMs;
  for (;;) {
    const described = await aws.ecs.describeServices({ cluster: descriptor.cluster, services: servicesOfShop });
    const found = (described.services ?? []).map(
      ({ taskDefinition, deployments = [], desiredCount = 0, runningCount = 0 }) => ({
        taskDefinition,
        deployments: deployments.length,
        missing: desiredCount - runningCount,
      }),
    );
    if (isDeepStrictEqual(sorted(found), sorted(wanted))) return;
    if (Date.now() > deadline)
      throw new Error(`the services have not come to rest: ${JSON.stringify({ found, wanted })}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function sorted<T extends { taskDefinition?: string | undefined }>(services: T[]): T[] {
  return services.toSorted((one, other) => (one.taskDefinition ?? "").localeCompare(other.taskDefinition ?? ""));
}
