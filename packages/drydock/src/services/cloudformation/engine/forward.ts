import { reasonOf } from "../errors.ts";
import { type Blueprint, wantedPhysical } from "./blueprint.ts";
import { type Comparison, compare } from "./comparison.ts";
import type { Environment } from "./environment.ts";
import { runInOrder } from "./parallel.ts";
import { shownProperties } from "./property-values.ts";
import { createPhysical, deletePhysical, type Subject, updatePhysical } from "./provision.ts";
import type { Operation, Physical, ResourceRecord, StackDefinition, StackRecord } from "./records.ts";
import type { ResourceType } from "./resource-type.ts";
import { deniedByPolicy } from "./stack-policy.ts";

/** Why an operation is broken off when the region shuts down: nothing has failed. */
export const regionClosing = "the region is closing";

/** Brings all resources of a create or an update to what the target says. */
export class ForwardPass {
  private readonly environment: Environment;
  private readonly stack: StackRecord;
  private readonly operation: Operation;
  private readonly target: StackDefinition;
  private readonly blueprint: Blueprint;
  private readonly abort: AbortController;

  constructor(
    environment: Environment,
    stack: StackRecord,
    operation: Operation & { target: StackDefinition },
    blueprint: Blueprint,
    abort: AbortController,
  ) {
    this.environment = environment;
    this.stack = stack;
    this.operation = operation;
    this.target = operation.target;
    this.blueprint = blueprint;
    this.abort = abort;
  }

  /** @returns the logical ids that failed */
  async run(): Promise<string[]> {
    const removed = this.deniedRemovals();
    if (removed.length > 0) return removed;
    return runInOrder(
      this.blueprint.dependencies,
      async (logicalId) => {
        try {
          await this.apply(logicalId);
        } catch (error) {
          this.fail(logicalId, error);
          this.abort.abort();
          throw error;
        }
      },
      () => this.abort.signal.aborted,
    );
  }

  /** What leaves the stack is deleted when the update can't fail any more, so the policy is asked now. */
  private deniedRemovals(): string[] {
    const { repository, journal } = this.environment;
    if (this.operation.kind !== "update") return [];
    return repository.resourcesOf(this.stack.id).flatMap((record) => {
      if (!record.physical || this.blueprint.dependencies.has(record.logicalId)) return [];
      const reason = deniedByPolicy(this.policy, "Update:Delete", record);
      if (reason === undefined) return [];
      journal.resource(this.stack, record, "UPDATE_FAILED", { reason });
      return [record.logicalId];
    });
  }

  private get policy(): string | undefined {
    return this.operation.stackPolicy ?? this.stack.stackPolicy;
  }

  private async apply(logicalId: string): Promise<void> {
    const { repository } = this.environment;
    const record = repository.resource(this.stack.id, logicalId) ?? this.newRecord(logicalId);
    if (record.touched?.operation === this.operation.id && record.status.endsWith("_COMPLETE")) return;
    const wanted = wantedPhysical(this.blueprint, this.stack, this.target.tags, logicalId);
    const type = this.typeOf(wanted);
    record.type = wanted.type;
    await this.discardInterrupted(record, type);
    if (!record.physical) return this.create(record, type, wanted);
    const comparison = compare(type, record.physical, wanted);
    if (comparison.changed.size === 0) return this.keep(record, wanted, comparison);
    if (comparison.replacing.size > 0) return this.replace(record, type, wanted);
    return this.update(record, type, wanted);
  }

  private newRecord(logicalId: string): ResourceRecord {
    const type = this.blueprint.template.resources[logicalId]?.Type ?? "";
    const timestamp = new Date(this.environment.region.clock.now());
    return { stackId: this.stack.id, logicalId, type, status: "CREATE_IN_PROGRESS", timestamp, retired: [] };
  }

  private typeOf({ type: name }: Physical): ResourceType {
    const type = this.blueprint.types.get(name);
    if (!type) throw new Error(`Template format error: Unrecognized resource types: [${name}]`);
    return type;
  }

  /** The region went away while this was being made: nobody knows how far it had got, so it is made again. */
  private async discardInterrupted(record: ResourceRecord, type: ResourceType): Promise<void> {
    const { pending } = record;
    if (!pending) return;
    if (pending.physicalId !== "" && pending.physicalId !== record.physical?.physicalId)
      await deletePhysical(this.environment, this.subject(record.logicalId), type, pending);
    delete record.pending;
  }

  private async create(record: ResourceRecord, type: ResourceType, wanted: Physical): Promise<void> {
    const { journal } = this.environment;
    const shown = this.shown(record.logicalId);
    record.touched = { operation: this.operation.id, as: "created" };
    record.pending = wanted;
    journal.resource(this.stack, record, "CREATE_IN_PROGRESS", { shown });
    record.physical = await this.make(record, type, wanted, "CREATE_IN_PROGRESS", shown);
    delete record.pending;
    journal.resource(this.stack, record, "CREATE_COMPLETE", { shown });
  }

  private make(
    record: ResourceRecord,
    type: ResourceType,
    wanted: Physical,
    status: "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS",
    shown: string,
  ): Promise<Physical> {
    return createPhysical(this.environment, this.subject(record.logicalId), type, wanted, (physicalId) => {
      record.pending = { ...wanted, physicalId };
      const reason = "Resource creation Initiated";
      this.environment.journal.resource(this.stack, record, status, { reason, shown });
    });
  }

  /** Nothing to do for the resource itself: its policies, metadata and dependencies are taken over. */
  private keep(record: ResourceRecord, wanted: Physical, { attributes }: Comparison): void {
    const { physical } = record;
    if (!physical) return;
    const { physicalId, attributes: values, token } = physical;
    if (attributes.length > 0 || String(physical.dependsOn) !== String(wanted.dependsOn)) {
      record.previous = physical;
      record.touched = { operation: this.operation.id, as: "unchanged" };
    }
    record.physical = { ...wanted, physicalId, attributes: values, token, tags: physical.tags };
    this.environment.repository.putResource(record);
  }

  private async update(record: ResourceRecord, type: ResourceType, wanted: Physical): Promise<void> {
    const before = record.physical;
    if (!before) return;
    this.allow("Update:Modify", record);
    const { journal } = this.environment;
    const shown = this.shown(record.logicalId);
    record.touched = { operation: this.operation.id, as: "updated" };
    record.previous = before;
    record.pending = { ...wanted, physicalId: before.physicalId, token: before.token };
    journal.resource(this.stack, record, "UPDATE_IN_PROGRESS", { shown });
    record.physical = await updatePhysical(
      this.environment,
      this.subject(record.logicalId),
      type,
      before,
      record.pending,
    );
    delete record.pending;
    journal.resource(this.stack, record, "UPDATE_COMPLETE", { shown });
  }

  private async replace(record: ResourceRecord, type: ResourceType, wanted: Physical): Promise<void> {
    const before = record.physical;
    if (!before) return;
    this.allow("Update:Replace", record);
    const name = type.nameProperty && wanted.properties[type.nameProperty];
    if (name !== undefined && name === before.properties[type.nameProperty ?? ""])
      throw new Error(
        `CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename ${String(name)} and update the stack again.`,
      );
    const { journal } = this.environment;
    const shown = this.shown(record.logicalId);
    record.touched = { operation: this.operation.id, as: "replaced" };
    record.previous = before;
    record.pending = wanted;
    journal.resource(this.stack, record, "UPDATE_IN_PROGRESS", {
      reason: "Requested update requires the creation of a new physical resource; hence creating one.",
      shown,
    });
    const after = await this.make(record, type, wanted, "UPDATE_IN_PROGRESS", shown);
    record.physical = after;
    record.retired = [...record.retired, before];
    delete record.pending;
    journal.resource(this.stack, record, "UPDATE_COMPLETE", { shown });
  }

  private allow(action: "Update:Modify" | "Update:Replace", record: ResourceRecord): void {
    const denied = this.operation.kind === "update" ? deniedByPolicy(this.policy, action, record) : undefined;
    if (denied !== undefined) throw new Error(denied);
  }

  private fail(logicalId: string, error: unknown): void {
    // The region is shutting down: the step is done again when it is back.
    if (this.abort.signal.reason === regionClosing) return;
    const record = this.environment.repository.resource(this.stack.id, logicalId) ?? this.newRecord(logicalId);
    const creating = !record.physical;
    const reason = this.abort.signal.aborted
      ? `Resource ${creating ? "creation" : "update"} cancelled`
      : reasonOf(error);
    if (record.touched?.operation !== this.operation.id)
      record.touched = { operation: this.operation.id, as: creating ? "created" : "unchanged" };
    this.environment.journal.resource(this.stack, record, creating ? "CREATE_FAILED" : "UPDATE_FAILED", { reason });
  }

  private subject(logicalId: string): Subject {
    return { stack: this.stack, logicalId, signal: this.abort.signal };
  }

  /** The properties as an event shows them. */
  private shown(logicalId: string): string {
    return JSON.stringify(shownProperties(this.blueprint, logicalId));
  }
}
