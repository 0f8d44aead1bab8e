/** One line of docs/benchmarks.md: fardel or drydock, and what it is compared with in the same run. */
export interface Row {
  what: string;
  /** With its unit. */
  measured: string;
  /** Who or what it is compared with, and the same measured there. */
  beside: string;
  /** `measured` as a multiple of `beside`. */
  ratio?: number;
  aim?: Aim;
}

export interface Aim {
  /** `≤ 300 ms` */
  text: string;
  reached: boolean;
}

/** A peer that this machine lacks. */
export function skipped(what: string, peer: string): Row {
  return { what, measured: "not measured", beside: `${peer} isn't on this machine` };
}

export function atMost(limit: number, value: number, unit: string): Aim {
  return { text: `≤ ${limit}${unit}`, reached: value <= limit };
}

export function atLeast(limit: number, value: number, unit: string): Aim {
  return { text: `≥ ${limit}${unit}`, reached: value >= limit };
}

export function milliseconds(value: number): string {
  return value < 10
    ? `${value.toFixed(1)} ms`
    : value < 2000
      ? `${value.toFixed(0)} ms`
      : `${(value / 1000).toFixed(2)} s`;
}

export function rate(perSecond: number): string {
  return `${Math.round(perSecond).toLocaleString("en")} / s`;
}
