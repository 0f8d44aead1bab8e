import { reasonOf } from "../errors.ts";
import type { Dependencies } from "../template/dependencies.ts";
import type { DeletionPolicy } from "../template/template.ts";
import type { Environment } from "./environment.ts";
import { regionClosing } from "./forward.ts";
import { runInOrder } from "./parallel.ts";
import { deletePhysical } from "./provision.ts";
import type { Physical, ResourceRecord, StackRecord } from "./records.ts";

/** One physical resource that is to go. */
export interface Doomed {
  record: ResourceRecord;
  physical: Physical;
  policy: DeletionPolicy;
  /** The record's own resource, not one it had before or was about to have. */
  isCurrent: boolean;
}

/**
 * What goes with a record: its resource, one that was being made, and those it had before.
 * @param creation true when what created the resource is being undone, which RetainExceptOnCreate doesn't survive
 */
export function doomedBy(record: ResourceRecord, creation: boolean): Doomed[] {
  const { physical, pending } = record;
  const doomed: Doomed[] = [];
  if (physical && !record.status.startsWith("DELETE_COMPLETE") && record.status !== "DELETE_SKIPPED")
    doomed.push({ record, physical, policy: policyOf(physical.deletionPolicy, creation), isCurrent: true });
  // What never came to be complete isn't worth keeping.
  if (pending && pending.physicalId !== "" && pending.physicalId !== physical?.physicalId)
    doomed.push({ record, physical: pending, policy: "Delete", isCurrent: !physical });
  return [...doomed, ...retiredBy(record)];
}

/** Only the physical resources a record had before. */
export function retiredBy(record: ResourceRecord): Doomed[] {
  return record.retired.map((physical) => ({
    record,
    physical,
    policy: policyOf(physical.updateReplacePolicy, false),
    isCurrent: false,
  }));
}

function policyOf(policy: DeletionPolicy | undefined, creation: boolean): DeletionPolicy {
  return policy === "RetainExceptOnCreate" ? (creation ? "Delete" : "Retain") : (policy ?? "Delete");
}

/**
 * Deletes resources, each after everything that needs it.
 * @returns the logical ids of those that could not be deleted
 */
export async function deleteResources(
  environment: Environment,
  stack: StackRecord,
  doomed: Doomed[],
  signal: AbortSignal,
): Promise<string[]> {
  const byKey = new Map(doomed.map((each) => [`${each.record.logicalId} ${each.physical.physicalId}`, each]));
  const after: Dependencies = new Map(
    [...byKey].map(([key, { record }]) => {
      const needing = [...byKey].filter(
        ([other, each]) => other !== key && each.physical.dependsOn.includes(record.logicalId),
      );
      return [key, new Set(needing.map(([other]) => other))];
    }),
  );
  const failed = await runInOrder(
    after,
    async (key) => {
      const each = byKey.get(key);
      if (each) await deleteOne(environment, stack, each, signal);
    },
    () => signal.reason === regionClosing,
  );
  return [...new Set(failed.map((key) => key.split(" ")[0] ?? ""))];
}

async function deleteOne(
  environment: Environment,
  stack: StackRecord,
  doomed: Doomed,
  signal: AbortSignal,
): Promise<void> {
  const { record, physical, policy, isCurrent } = doomed;
  const { journal, types } = environment;
  const { physicalId } = physical;
  const tell = (
    status: "DELETE_IN_PROGRESS" | "DELETE_COMPLETE" | "DELETE_FAILED" | "DELETE_SKIPPED",
    reason?: string,
  ) => {
    const note = { physicalId, ...(reason !== undefined && { reason }) };
    if (isCurrent) journal.resource(stack, record, status, note);
    else journal.note(stack, record, status, note);
  };
  if (policy === "Retain") return tell("DELETE_SKIPPED");
  tell("DELETE_IN_PROGRESS");
  try {
    const type = await types.load(physical.type);
    if (!type) throw new Error(`Template format error: Unrecognized resource types: [${physical.type}]`);
    const subject = { stack, logicalId: record.logicalId, signal };
    await deletePhysical(environment, subject, type, physical, { snapshot: policy === "Snapshot" });
  } catch (error) {
    if (signal.reason !== regionClosing) tell("DELETE_FAILED", reasonOf(error));
    throw error;
  }
  tell("DELETE_COMPLETE");
}
