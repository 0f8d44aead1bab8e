import type { Region } from "../../region.ts";
import { evaluateAlarms, fastInterval, hasFastAlarms } from "./alarms/evaluator.ts";
import { Measurements } from "./measurements/measurements.ts";
import { metricStoreOf, minute } from "./metric-store.ts";

/** How often points that are too old are looked for. */
const pruneInterval = 60 * minute;

/**
 * The region's round of watching, on its own clock: at the end of each minute what its services have done in it is measured,
 * then every alarm is looked at. A round that takes longer than a minute, as at a high time scale, is followed by the minute
 * that has just ended: those between have no measurements, and alarms see them as missing.
 */
export function startRounds(region: Region): void {
  const { clock } = region;
  const measurements = new Measurements(region);
  let cancel = () => {};
  let closed = false;
  let running = Promise.resolve();

  const wait = () => {
    if (closed) return;
    const interval = hasFastAlarms(region) ? fastInterval : minute;
    const due = (Math.floor(clock.now() / interval) + 1) * interval;
    cancel = clock.after(due - clock.now(), () => {
      running = round(due)
        .catch((error) => region.log(`measurements: ${error instanceof Error ? error.stack : error}`))
        .then(wait);
    });
  };
  const round = async (due: number) => {
    if (due % minute === 0) await measurements.take(due - minute);
    if (closed) return;
    await evaluateAlarms(region, due);
    if (due % pruneInterval === 0) metricStoreOf(region).prune();
  };
  wait();
  region.onClose(async () => {
    closed = true;
    cancel();
    await running;
  });
}
