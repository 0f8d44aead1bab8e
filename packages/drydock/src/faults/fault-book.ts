import type { Region } from "../region.ts";
import type { StartedTask } from "../runtime/tasks/driver.ts";
import type { Fate } from "../runtime/tasks/simulated/driver.ts";
import type { Collection } from "../store/store.ts";
import { drawn } from "./chance.ts";
import { type BrokenTask, type CallFault, isBrokenTask, isCallFault, type LastingFault } from "./rule.ts";

/** A fault that is in force, and what has come of it so far. */
export type KeptFault = LastingFault & {
  id: number;
  /** How many calls or tasks it could have struck. */
  met: number;
  struck: number;
};

/** The faults in force. They are kept in the store: a region that was killed comes back with them. */
export class FaultBook {
  private readonly records: Collection<KeptFault>;
  private readonly faults = new Map<number, KeptFault>();
  private readonly next: () => number;

  constructor({ store }: Region) {
    this.records = store.collection<KeptFault>("drydock.faults");
    this.next = () => store.next("drydock.faults");
    for (const fault of this.records.list()) this.faults.set(fault.id, fault);
  }

  /** In the order they were added. */
  list(): KeptFault[] {
    return [...this.faults.values()].sort((a, b) => a.id - b.id);
  }

  add(fault: LastingFault): KeptFault {
    const kept = { ...fault, id: this.next(), met: 0, struck: 0 };
    this.keep(kept);
    return kept;
  }

  /** The fault that was taken away; undefined when there is none with this id. */
  remove(id: number): KeptFault | undefined {
    const fault = this.faults.get(id);
    this.faults.delete(id);
    this.records.delete(String(id));
    return fault;
  }

  /** Those that strike a call. */
  strike(service: string, operation: string): CallFault[] {
    if (this.faults.size === 0) return [];
    return this.list()
      .filter(isCallFault)
      .filter((fault) => (fault.service ?? service) === service && (fault.operation ?? operation) === operation)
      .filter((fault) => this.strikes(fault));
  }

  /** What becomes of a task that starts. */
  fateOf({ family, revision, serviceName }: StartedTask): Fate {
    const broken = this.list()
      .filter(isBrokenTask)
      .filter((fault) => (fault.family ?? family) === family && (fault.revision ?? revision) === revision)
      .filter((fault) => (fault.service ?? serviceName) === serviceName)
      .find((fault) => this.strikes(fault));
    return broken?.fate ?? "healthy";
  }

  /** How long load balancers go on sending requests to what was deregistered, in milliseconds. */
  get lag(): number {
    return Math.max(0, ...this.list().map((fault) => (fault.kind === "load-balancer-lag" ? fault.seconds * 1000 : 0)));
  }

  /** Whether tasks are stopped without waiting for their targets' drain. */
  get stopsEarly(): boolean {
    return this.list().some((fault) => fault.kind === "load-balancer-lag" && fault.earlyStop === true);
  }

  private strikes(fault: KeptFault & (CallFault | BrokenTask)): boolean {
    if (fault.struck >= (fault.count ?? Number.POSITIVE_INFINITY)) return false;
    const struck = drawn(fault.seed, fault.met) < fault.probability;
    this.keep({ ...fault, met: fault.met + 1, struck: fault.struck + (struck ? 1 : 0) });
    return struck;
  }

  private keep(fault: KeptFault): void {
    this.faults.set(fault.id, fault);
    this.records.put(String(fault.id), fault);
  }
}

const books = new WeakMap<Region, FaultBook>();

/** The one fault book of a region. */
export function faultsOf(region: Region): FaultBook {
  const known = books.get(region);
  if (known) return known;
  const book = new FaultBook(region);
  books.set(region, book);
  return book;
}
