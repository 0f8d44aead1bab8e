/**
 * The n-th of the numbers from 0 to 1 that a seed stands for: the same whenever it is asked for, so that what has
 * happened by chance happens again with the same seed. It is Mulberry32's mixing of a counter (public domain).
 */
export function drawn(seed: number, n: number): number {
  let mixed = (seed + Math.imul(n + 1, 0x6d2b79f5)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
