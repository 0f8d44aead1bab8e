/** Runs each of the measurements once a round, by turns, so that what disturbs the machine disturbs all of them. */
export async function byTurns<Name extends string>(
  rounds: number,
  measurements: Record<Name, () => Promise<number>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(measurements) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) samples[name].push(await measurements[name]());
  }
  return samples;
}

/** Milliseconds that something takes. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

export function least(samples: readonly number[]): number {
  return Math.min(...samples);
}

export function most(samples: readonly number[]): number {
  return Math.max(...samples);
}
