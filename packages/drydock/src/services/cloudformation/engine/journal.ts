import type { ResourceStatus, StackStatus } from "@aws-sdk/client-cloudformation";
import type { ResourceRecord, StackRecord } from "./records.ts";
import type { StackRepository } from "./repository.ts";

/** Writes a stack's changes of state: each is in the store, with its event, before the engine takes the next step. */
export class Journal {
  private readonly repository: StackRepository;
  private readonly now: () => Date;

  constructor(repository: StackRepository, now: () => Date) {
    this.repository = repository;
    this.now = now;
  }

  /** Puts a stack into a state; without a reason the state has none. */
  stack(stack: StackRecord, status: StackStatus, reason?: string): void {
    stack.status = status;
    if (reason === undefined) delete stack.statusReason;
    else stack.statusReason = reason;
    if (status === "DELETE_COMPLETE") stack.deletedAt = this.now();
    this.repository.put(stack);
    this.repository.addEvent({
      stackId: stack.id,
      stackName: stack.name,
      logicalId: stack.name,
      physicalId: stack.id,
      type: "AWS::CloudFormation::Stack",
      status,
      ...(reason !== undefined && { reason }),
      ...(stack.operation?.clientRequestToken !== undefined && {
        clientRequestToken: stack.operation.clientRequestToken,
      }),
    });
  }

  /** Puts a resource into a state. `shown` are its properties as an event may show them. */
  resource(stack: StackRecord, record: ResourceRecord, status: ResourceStatus, options: ResourceNote = {}): void {
    record.status = status;
    record.timestamp = this.now();
    if (options.reason === undefined) delete record.statusReason;
    else record.statusReason = options.reason;
    this.repository.putResource(record);
    this.note(stack, record, status, options);
  }

  /** Only the event, for a physical resource that isn't its record's any more. */
  note(stack: StackRecord, record: ResourceRecord, status: ResourceStatus, options: ResourceNote): void {
    const { reason, shown } = options;
    this.repository.addEvent({
      stackId: stack.id,
      stackName: stack.name,
      logicalId: record.logicalId,
      physicalId: options.physicalId ?? (record.pending?.physicalId || record.physical?.physicalId) ?? "",
      type: record.type,
      status,
      ...(reason !== undefined && { reason }),
      ...(shown !== undefined && { properties: shown }),
      ...(stack.operation?.clientRequestToken !== undefined && {
        clientRequestToken: stack.operation.clientRequestToken,
      }),
    });
  }
}

interface ResourceNote {
  reason?: string;
  shown?: string;
  physicalId?: string;
}
