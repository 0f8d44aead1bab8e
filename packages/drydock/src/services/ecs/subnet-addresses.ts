/** The addresses that tasks have in one subnet, kept up with every write: placing a task must not look through all others. */
export class SubnetAddresses {
  /** The one given last. */
  newest: { address: string; createdAt: number } | undefined;
  private readonly listed = new Map<string, number>();
  private readonly running = new Map<string, number>();

  add({ address, createdAt, stopped }: { address: string; createdAt: number; stopped: boolean }): void {
    change(this.listed, address, 1);
    if (!stopped) change(this.running, address, 1);
    if (createdAt >= (this.newest?.createdAt ?? 0)) this.newest = { address, createdAt };
  }

  remove({ address, stopped }: { address: string; stopped: boolean }): void {
    change(this.listed, address, -1);
    if (!stopped) change(this.running, address, -1);
  }

  /** Has a task that is still listed this address? */
  isListed(address: string): boolean {
    return this.listed.has(address);
  }

  /** And one that isn't stopped? */
  isRunning(address: string): boolean {
    return this.running.has(address);
  }
}

function change(counts: Map<string, number>, address: string, by: number): void {
  const count = (counts.get(address) ?? 0) + by;
  if (count > 0) counts.set(address, count);
  else counts.delete(address);
}
