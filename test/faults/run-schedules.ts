import { type Ending, startShopUnderFaults } from "./release-under-faults.ts";
import { scheduleOf } from "./schedule.ts";

/** Runs the schedules of the seeds, one after the other in each of so many shops side by side. */
export async function runSchedules(seeds: readonly number[], shops: number): Promise<Ending[]> {
  const waiting = [...seeds];
  const endings: Ending[] = [];
  const runShop = async () => {
    const shop = await startShopUnderFaults();
    try {
      for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
        endings.push(await shop.release(scheduleOf(seed)));
      }
    } finally {
      await shop.close();
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(shops, seeds.length) }, runShop));
  const failed = ended.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
  return endings;
}
