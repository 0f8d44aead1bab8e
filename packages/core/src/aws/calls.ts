/** How often each operation was asked for, by service and operation: `{ ECS: { DescribeServices: 12 } }`. */
export type CallCounts = Record<string, Record<string, number>>;

/**
 * Counts what is really sent, a repetition as a call of its own: accounts have quotas for calls that all of their tools
 * share, and a tool that asks too often is what others are throttled for.
 */
export class CallCounter {
  private readonly counted = new Map<string, Map<string, number>>();

  add(service: string, operation: string): void {
    const operations = this.counted.get(service) ?? new Map<string, number>();
    operations.set(operation, (operations.get(operation) ?? 0) + 1);
    this.counted.set(service, operations);
  }

  /** Up to now, in the order of the names. */
  counts(): CallCounts {
    const sorted = [...this.counted].sort(([one], [other]) => one.localeCompare(other));
    return Object.fromEntries(
      sorted.map(([service, operations]) => [
        service,
        Object.fromEntries([...operations].sort(([one], [other]) => one.localeCompare(other))),
      ]),
    );
  }
}

export function totalOf(counts: CallCounts): number {
  return Object.values(counts)
    .flatMap((operations) => Object.values(operations))
    .reduce((sum, count) => sum + count, 0);
}
