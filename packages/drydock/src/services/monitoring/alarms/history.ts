import type { Region } from "../../../region.ts";
import { type AlarmHistory, historyOf } from "./records.ts";

/** "CloudWatch saves alarm history for 30 days." */
export const historyRetention = 30 * 24 * 3_600_000;
/** An alarm that flaps all day long mustn't fill the disk; AWS has no such bound. */
const mostPerAlarm = 200;

/** Notes what has become of an alarm. `data` is told as JSON. */
export function note(region: Region, alarm: string, type: AlarmHistory["type"], summary: string, data: object): void {
  const history = historyOf(region);
  const at = region.clock.now();
  const number = region.store.next("monitoring.history");
  history.put(`${alarm}\0${String(at).padStart(15, "0")} ${String(number).padStart(12, "0")}`, {
    alarm,
    at,
    type,
    summary,
    data: JSON.stringify({ version: "1.0", ...data }),
  });
  const kept = history.entries(`${alarm}\0`);
  const tooMany = kept.slice(0, Math.max(0, kept.length - mostPerAlarm));
  const tooOld = kept.filter(([, { at: noted }]) => noted < at - historyRetention);
  for (const [key] of [...tooMany, ...tooOld]) history.delete(key);
}
