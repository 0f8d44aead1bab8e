import type { Region } from "../region.ts";
import type { Collection } from "../store/store.ts";

/** Where something really listens on this machine. */
export interface RealAddress {
  host: string;
  port: number;
  /** Nothing listens there: the load balancer and its health checks answer for it. */
  simulated?: SimulatedTarget;
}

/** A target of a task without a process. */
export interface SimulatedTarget {
  /** The task's ARN. */
  task: string;
  healthy: boolean;
}

interface AddressRecord extends RealAddress {
  ip: string;
  containerPort: number;
}

/**
 * A task has an address of its subnet in the API (10.0.1.17:8080), but listens on a loopback port of its own. This is
 * the book of who is where: the task runner writes it, the load balancer and its health checks read it. It is kept in the
 * store, so that targets resolve from the first moment after a restart.
 */
export class AddressBook {
  private readonly records: Collection<AddressRecord>;
  private readonly addresses = new Map<string, AddressRecord>();

  constructor(records: Collection<AddressRecord>) {
    this.records = records;
    for (const [key, record] of records.entries()) this.addresses.set(key, record);
  }

  /** From now on `ip:containerPort` is found at `real`. */
  assign(ip: string, containerPort: number, real: RealAddress): void {
    const record = { ip, containerPort, ...real };
    this.addresses.set(`${ip}:${containerPort}`, record);
    this.records.put(`${ip}:${containerPort}`, record);
  }

  /** Forgets every port of an address. */
  release(ip: string): void {
    for (const [key, record] of this.addresses) {
      if (record.ip !== ip) continue;
      this.addresses.delete(key);
      this.records.delete(key);
    }
  }

  /** Loopback ports that belong to a task, whether it listens yet or not. */
  realPorts(): Set<number> {
    return new Set([...this.addresses.values()].map((record) => record.port));
  }

  /**
   * Where to connect for `ip:port`, or undefined when nobody is there. A loopback address (127.0.0.0/8) stands for
   * itself, so that a target group can point at a process outside of any task; no other address leaves this machine.
   */
  resolve(ip: string, port: number): RealAddress | undefined {
    const record = this.addresses.get(`${ip}:${port}`);
    if (record) {
      const { host, port: real, simulated } = record;
      return { host, port: real, ...(simulated && { simulated }) };
    }
    return /^127\.\d+\.\d+\.\d+$/.test(ip) ? { host: ip, port } : undefined;
  }
}

const books = new WeakMap<Region, AddressBook>();

/** The one address book of a region. */
export function addressBookOf(region: Region): AddressBook {
  const known = books.get(region);
  if (known) return known;
  const book = new AddressBook(region.store.collection<AddressRecord>("tasks.addresses"));
  books.set(region, book);
  return book;
}
