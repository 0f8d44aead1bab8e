import type { Collection } from "../../store/store.ts";
import type { TaskRecord } from "./records.ts";
import { SubnetAddresses } from "./subnet-addresses.ts";

/** What is known of a task without reading its record. */
interface Entry {
  group: string;
  /** The scheduler needn't see it any more. */
  gone: boolean;
  stopped: boolean;
  /** Stopped, or about to: it doesn't count as a neighbour of new tasks any more. */
  leaving: boolean;
  capacityProvider: string | undefined;
  subnetId: string;
  address: string;
  availabilityZone: string;
  createdAt: number;
}

/**
 * The region's task records, by `<cluster>/<task id>`, with an index in memory: a look at one service must not cost what
 * all the others' tasks do. A write that is rolled back may leave the index with too much, never with too little.
 */
export class TaskRecords implements Collection<TaskRecord> {
  private readonly documents: Collection<TaskRecord>;
  private readonly index = new Map<string, Entry>();
  private readonly groups = new Map<string, Set<string>>();
  private readonly subnets = new Map<string, SubnetAddresses>();

  constructor(documents: Collection<TaskRecord>) {
    this.documents = documents;
    for (const [key, task] of documents.entries()) this.remember(key, task);
  }

  get(key: string): TaskRecord | undefined {
    return this.documents.get(key);
  }

  put(key: string, task: TaskRecord): void {
    this.documents.put(key, task);
    this.remember(key, task);
  }

  delete(key: string): boolean {
    const entry = this.index.get(key);
    if (entry) {
      this.groups.get(groupKey(key, entry.group))?.delete(key);
      this.subnets.get(entry.subnetId)?.remove(entry);
      this.index.delete(key);
    }
    return this.documents.delete(key);
  }

  list(prefix?: string): TaskRecord[] {
    return this.documents.list(prefix);
  }

  entries(prefix?: string): [string, TaskRecord][] {
    return this.documents.entries(prefix);
  }

  /** A service's tasks, oldest key first; without those that are gone unless asked for. */
  ofService(clusterName: string, name: string, options: { gone: boolean } = { gone: false }): TaskRecord[] {
    const keys = [...(this.groups.get(`${clusterName}/service:${name}`) ?? [])].sort();
    return keys
      .filter((key) => options.gone || !this.index.get(key)?.gone)
      .flatMap((key) => this.documents.get(key) ?? []);
  }

  /** Where the tasks of a group are that are there to stay. */
  places(clusterName: string, group: string): Pick<Entry, "subnetId" | "availabilityZone" | "capacityProvider">[] {
    return this.entriesOf(this.groups.get(`${clusterName}/${group}`)).filter(({ leaving }) => !leaving);
  }

  /** The addresses that tasks still listed have in a subnet. */
  addresses(subnetId: string): SubnetAddresses {
    const addresses = this.subnets.get(subnetId) ?? new SubnetAddresses();
    this.subnets.set(subnetId, addresses);
    return addresses;
  }

  private entriesOf(keys: Set<string> | undefined): Entry[] {
    return [...(keys ?? [])].flatMap((key) => this.index.get(key) ?? []);
  }

  private remember(key: string, task: TaskRecord): void {
    const { subnetId, address, availabilityZone } = task.network;
    const before = this.index.get(key);
    if (before) this.addresses(before.subnetId).remove(before);
    const entry = {
      group: task.group,
      gone: task.service?.gone ?? false,
      stopped: task.state.lastStatus === "STOPPED",
      leaving: task.state.desiredStatus === "STOPPED" || task.service?.retirement !== undefined,
      capacityProvider: task.capacityProviderName,
      subnetId,
      address,
      availabilityZone,
      createdAt: task.createdAt.getTime(),
    };
    this.index.set(key, entry);
    this.addresses(subnetId).add(entry);
    add(this.groups, groupKey(key, task.group), key);
  }
}

function groupKey(taskKey: string, group: string): string {
  return `${taskKey.slice(0, taskKey.indexOf("/"))}/${group}`;
}

function add(sets: Map<string, Set<string>>, name: string, key: string): void {
  const set = sets.get(name) ?? new Set();
  sets.set(name, set.add(key));
}
