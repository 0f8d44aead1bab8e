import type { ResourceStatus, StackStatus } from "@aws-sdk/client-cloudformation";
import type { DeletionPolicy } from "../template/template.ts";
import type { Tag } from "./resource-type.ts";

/** What a stack is to be: everything a create, an update or a change set asks for. */
export interface StackDefinition {
  /** The template as submitted. */
  body: string;
  /** Every parameter's value, defaults included. */
  parameters: Record<string, string>;
  /** The values read for parameters that name an SSM parameter. */
  resolved: Record<string, string>;
  tags: Tag[];
  capabilities: string[];
  notificationArns: string[];
  roleArn?: string;
}

/** Where an operation stands. What each resource still needs follows from the resources' own records. */
export type Phase = "forward" | "rollback" | "cleanup" | "delete";

export interface Operation {
  id: string;
  kind: "create" | "update" | "delete";
  phase: Phase;
  /** What a create or an update is to reach. */
  target?: StackDefinition;
  clientRequestToken?: string;
  /** Create: what happens on failure. Update: ROLLBACK or DO_NOTHING. */
  onFailure: "ROLLBACK" | "DELETE" | "DO_NOTHING";
  timeoutAt?: number;
  stackPolicy?: string;
  /** Logical ids a delete leaves alone, or a continued rollback skips. */
  skip: string[];
  retainExceptOnCreate?: boolean;
  /** Ended, but what it has left can be continued or rolled back. */
  halted?: boolean;
}

export interface StackOutput {
  OutputKey: string;
  OutputValue: string;
  Description?: string;
  ExportName?: string;
}

export interface StackRecord {
  id: string;
  name: string;
  status: StackStatus;
  statusReason?: string;
  createdAt: Date;
  updatedAt?: Date;
  deletedAt?: Date;
  /** What was last reached; the target of a create in progress; undefined for a stack in review. */
  definition?: StackDefinition;
  description?: string;
  changeSetId?: string;
  terminationProtection: boolean;
  disableRollback: boolean;
  timeoutInMinutes?: number;
  stackPolicy?: string;
  outputs: StackOutput[];
  /** Names of the exports it uses. */
  imports: string[];
  operation?: Operation;
  /** Token of the last request, for idempotency: `<operation>:<token>`. */
  lastRequest?: string;
}

/** One physical resource and how it was made. */
export interface Physical {
  physicalId: string;
  type: string;
  /** As the template gave them with functions worked out; dynamic references stay as they are. */
  properties: Record<string, unknown>;
  tags: Tag[];
  attributes: Record<string, unknown>;
  token: string;
  dependsOn: string[];
  deletionPolicy?: DeletionPolicy;
  updateReplacePolicy?: DeletionPolicy;
  metadata?: unknown;
}

export interface ResourceRecord {
  stackId: string;
  logicalId: string;
  type: string;
  status: ResourceStatus;
  statusReason?: string;
  timestamp: Date;
  /** The resource itself; undefined until it has been made. */
  physical?: Physical;
  /** What is being made; its token is kept from before the first call to the service. */
  pending?: Physical;
  /** The operation that last touched it, and what it did. */
  touched?: { operation: string; as: "created" | "updated" | "replaced" | "unchanged" };
  /** As it was before that operation; what a rollback returns to. */
  previous?: Physical;
  /** Physical resources that are to go once the operation no longer needs them. */
  retired: Physical[];
}

export interface StackEventRecord {
  eventId: string;
  /** Counts up through all of the region's events. */
  sequence: number;
  stackId: string;
  stackName: string;
  logicalId: string;
  physicalId: string;
  type: string;
  status: ResourceStatus | StackStatus;
  reason?: string;
  properties?: string;
  clientRequestToken?: string;
  timestamp: Date;
}
