const secondsPer: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
const mebibytesPer: Record<string, number> = { MB: 1, MiB: 1, GB: 1024, GiB: 1024, TB: 1024 * 1024, TiB: 1024 * 1024 };

export const durationPattern = /^(\d{1,9})(s|m|h|d)$/;
export const sizePattern = /^(\d{1,7}(?:\.\d{1,3})?)(MB|MiB|GB|GiB|TB|TiB)$/;

/** Whole seconds of `30s`, `10m`, `2h` or `7d`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = durationPattern.exec(text) ?? [];
  return count === undefined || unit === undefined ? undefined : Number(count) * (secondsPer[unit] ?? Number.NaN);
}

/**
 * MiB of `512MB`, `1GB` or `0.5GB`; undefined for anything else. As in ECS's own documentation 1 GB is 1024 MB: the
 * decimal and binary spellings mean the same.
 */
export function parseSize(text: string): number | undefined {
  const [, count, unit] = sizePattern.exec(text) ?? [];
  return count === undefined || unit === undefined ? undefined : Number(count) * (mebibytesPer[unit] ?? Number.NaN);
}

/** `512MB`, `2GB`. */
export function formatSize(mebibytes: number): string {
  return mebibytes >= 1024 && mebibytes % 1024 === 0 ? `${mebibytes / 1024}GB` : `${mebibytes}MB`;
}
