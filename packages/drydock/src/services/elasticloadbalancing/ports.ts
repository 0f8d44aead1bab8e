const highest = 65_535;

/**
 * The ports of this machine to try for a listener on `port`, best first: the one it had before, then its own number,
 * or 8000 more where that needs privileges (80 → 8080, 443 → 8443), then the numbers after it.
 */
export function* portCandidates(port: number, before: number | undefined): Generator<number> {
  if (before !== undefined) yield before;
  const wanted = port > 1024 ? port : port + 8000;
  for (let candidate = wanted; candidate <= highest; candidate++) yield candidate;
}
