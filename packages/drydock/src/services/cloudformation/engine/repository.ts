import { randomUUID } from "node:crypto";
import type { Region } from "../../../region.ts";
import { deserialize, serialize } from "../../../store/json.ts";
import type { Collection } from "../../../store/store.ts";
import { validationError } from "../errors.ts";
import type { ChangeSetRecord } from "./change-set.ts";
import type { ResourceRecord, StackEventRecord, StackRecord } from "./records.ts";

/**
 * Stacks, their resources, events and change sets in the region's store. Stacks, resources and change sets lie there
 * encrypted: their parameters and properties may hold what NoEcho hides.
 */
export class StackRepository {
  private readonly stacks: Collection<StackRecord>;
  private readonly resources: Collection<ResourceRecord>;
  private readonly changeSets: Collection<ChangeSetRecord>;
  private readonly events: Collection<StackEventRecord>;
  private readonly names: Collection<string>;
  private readonly region: Region;

  constructor(region: Region) {
    this.region = region;
    this.stacks = sealed(region, "cloudformation.stacks");
    this.resources = sealed(region, "cloudformation.resources");
    this.changeSets = sealed(region, "cloudformation.change-sets");
    this.events = region.store.collection("cloudformation.events");
    this.names = region.store.collection("cloudformation.names");
  }

  /** By name: the stack that exists now. By id: also one that has been deleted. */
  find(nameOrId: string): StackRecord | undefined {
    const id = nameOrId.startsWith("arn:") ? nameOrId : this.names.get(nameOrId);
    return id === undefined ? undefined : this.stacks.get(id);
  }

  /** @throws ValidationError "Stack with id X does not exist" */
  get(nameOrId: string, message = `Stack with id ${nameOrId} does not exist`): StackRecord {
    const stack = this.find(nameOrId);
    if (!stack) throw validationError(message);
    return stack;
  }

  put(stack: StackRecord): void {
    this.region.store.transaction(() => {
      this.stacks.put(stack.id, stack);
      if (stack.status === "DELETE_COMPLETE") {
        if (this.names.get(stack.name) === stack.id) this.names.delete(stack.name);
      } else {
        this.names.put(stack.name, stack.id);
      }
    });
  }

  list(): StackRecord[] {
    return this.stacks.list();
  }

  /** The stacks that exist now. */
  live(): StackRecord[] {
    return this.names.list().flatMap((id) => this.stacks.get(id) ?? []);
  }

  resourcesOf(stackId: string): ResourceRecord[] {
    return this.resources.list(`${stackId}/`);
  }

  resource(stackId: string, logicalId: string): ResourceRecord | undefined {
    return this.resources.get(`${stackId}/${logicalId}`);
  }

  putResource(resource: ResourceRecord): void {
    this.resources.put(`${resource.stackId}/${resource.logicalId}`, resource);
  }

  removeResource(stackId: string, logicalId: string): void {
    this.resources.delete(`${stackId}/${logicalId}`);
  }

  changeSetsOf(stackId: string): ChangeSetRecord[] {
    return this.changeSets.list(`${stackId}/`);
  }

  putChangeSet(changeSet: ChangeSetRecord): void {
    this.changeSets.put(`${changeSet.stackId}/${changeSet.name}`, changeSet);
  }

  removeChangeSet(changeSet: ChangeSetRecord): void {
    this.changeSets.delete(`${changeSet.stackId}/${changeSet.name}`);
  }

  changeSetById(id: string): ChangeSetRecord | undefined {
    return this.changeSets.list().find((changeSet) => changeSet.id === id);
  }

  /** Newest first. */
  eventsOf(stackId: string): StackEventRecord[] {
    return this.events.list(`${stackId}/`).reverse();
  }

  addEvent(event: Omit<StackEventRecord, "eventId" | "sequence" | "timestamp">): void {
    const sequence = this.region.store.next("cloudformation.events");
    const number = String(sequence).padStart(12, "0");
    const eventId =
      event.type === "AWS::CloudFormation::Stack" ? randomUUID() : `${event.logicalId}-${event.status}-${number}`;
    const timestamp = new Date(this.region.clock.now());
    this.events.put(`${event.stackId}/${number}`, { ...event, eventId, sequence, timestamp });
  }
}

function sealed<T>(region: Region, name: string): Collection<T> {
  const inner = region.store.collection<Uint8Array>(name);
  const open = (bytes: Uint8Array) => deserialize(region.vault.unseal(bytes).toString()) as T;
  return {
    get: (key) => {
      const bytes = inner.get(key);
      return bytes && open(bytes);
    },
    put: (key, value) => inner.put(key, region.vault.seal(serialize(value))),
    delete: (key) => inner.delete(key),
    list: (prefix) => inner.list(prefix).map(open),
    entries: (prefix) => inner.entries(prefix).map(([key, bytes]) => [key, open(bytes)]),
  };
}
