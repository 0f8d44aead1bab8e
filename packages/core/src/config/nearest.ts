/** What people coming from other tools write, and the key that does it here. */
const synonyms: Record<string, string> = {
  count: "scale",
  cron: "schedule",
  depends_on: "dependsOn",
  desiredCount: "scale",
  domain: "host",
  entrypoint: "command",
  environment: "env",
  hostname: "host",
  replicas: "scale",
  storageSize: "storage",
  variables: "env",
};

/** The known word a person most likely meant, or undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const synonym = Object.hasOwn(synonyms, word) ? synonyms[word] : undefined;
  if (synonym !== undefined && known.includes(synonym)) return synonym;
  const lower = word.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, distance: distance(lower, candidate.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best !== undefined && best.distance <= Math.max(1, Math.floor(Math.max(word.length, best.candidate.length) / 3)))
    return best.candidate;
  return known.find(
    (candidate) => candidate.length > 2 && (lower.startsWith(candidate) || startsLong(candidate, lower)),
  );
}

function startsLong(candidate: string, word: string): boolean {
  return word.length > 2 && candidate.toLowerCase().startsWith(word);
}

/** Edits (insert, remove, replace, swap of neighbours) from one word to the other. */
function distance(from: string, to: string): number {
  // A word this long is no slip of the fingers, and the table below grows with the square.
  if (from.length > 64 || to.length > 64) return Number.POSITIVE_INFINITY;
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, index) => index)];
  const cell = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let row = 1; row <= from.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let edits = Math.min(
        cell(row - 1, column) + 1,
        cell(row, column - 1) + 1,
        cell(row - 1, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1])
        edits = Math.min(edits, cell(row - 2, column - 2) + 1);
      rows[row]?.push(edits);
    }
  }
  return cell(from.length, to.length);
}

/** `a`, `a or b`, `a, b or c`. */
export function orList(words: readonly string[]): string {
  return list(words, "or");
}

/** `a`, `a and b`, `a, b and c`. */
export function andList(words: readonly string[]): string {
  return list(words, "and");
}

function list(words: readonly string[], conjunction: string): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${conjunction} ${words.at(-1)}`;
}
