const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `0.4s`, `12.3s`, `2m 5s`, `3h 10m`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 99_950) return `${(milliseconds / second).toFixed(1)}s`;
  if (milliseconds < hour)
    return `${Math.floor(milliseconds / minute)}m ${Math.floor((milliseconds % minute) / second)}s`;
  return `${Math.floor(milliseconds / hour)}h ${Math.floor((milliseconds % hour) / minute)}m`;
}

/** `12s ago`, `5m ago`, `3h ago`, `2d ago`, and the date once that says more. */
export function formatAgo(time: Date, now: Date): string {
  const age = Math.max(0, now.getTime() - time.getTime());
  if (age < minute) return `${Math.floor(age / second)}s ago`;
  if (age < hour) return `${Math.floor(age / minute)}m ago`;
  if (age < day) return `${Math.floor(age / hour)}h ago`;
  if (age < 30 * day) return `${Math.floor(age / day)}d ago`;
  return time.toISOString().slice(0, 10);
}

/** `812 B`, `14.2 kB`, `3.1 MB`: powers of 1000, as disks and networks count. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return power === 0 ? `${bytes} B` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** `1 task`, `2 tasks`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** `14:03:22.120`, by the reader's clock. */
export function clockTime(time: Date): string {
  const part = (value: number, digits = 2) => String(value).padStart(digits, "0");
  return `${part(time.getHours())}:${part(time.getMinutes())}:${part(time.getSeconds())}.${part(time.getMilliseconds(), 3)}`;
}
