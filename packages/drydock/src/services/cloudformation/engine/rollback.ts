import { reasonOf } from "../errors.ts";
import type { Dependencies } from "../template/dependencies.ts";
import type { Environment } from "./environment.ts";
import { regionClosing } from "./forward.ts";
import { runInOrder } from "./parallel.ts";
import { updatePhysical } from "./provision.ts";
import type { Operation, ResourceRecord, StackRecord } from "./records.ts";

/**
 * Puts every resource a failed update has touched back to what it was. What the update made is only taken out of its
 * record's hands here; deleting it is the cleanup's part, which can't fail the rollback any more.
 * @returns the logical ids that could not be put back
 */
export async function rollBackUpdate(
  environment: Environment,
  stack: StackRecord,
  operation: Operation,
  signal: AbortSignal,
): Promise<string[]> {
  const touched = environment.repository
    .resourcesOf(stack.id)
    .filter((record) => record.touched?.operation === operation.id);
  const records = new Map(touched.map((record) => [record.logicalId, record]));
  const order: Dependencies = new Map(
    touched.map(({ logicalId, previous }) => [logicalId, new Set(previous?.dependsOn.filter((id) => records.has(id)))]),
  );
  return runInOrder(
    order,
    async (logicalId) => {
      const record = records.get(logicalId);
      if (!record) return;
      try {
        await putBack(environment, stack, operation, record, signal);
      } catch (error) {
        if (signal.reason !== regionClosing)
          environment.journal.resource(stack, record, "UPDATE_FAILED", { reason: reasonOf(error) });
        throw error;
      }
    },
    () => signal.reason === regionClosing,
  );
}

async function putBack(
  environment: Environment,
  stack: StackRecord,
  operation: Operation,
  record: ResourceRecord,
  signal: AbortSignal,
): Promise<void> {
  const { journal, repository } = environment;
  const { previous, touched, physical, pending } = record;
  const skipped = operation.skip.includes(record.logicalId);
  if (touched?.as === "created" || !previous) {
    // Nothing to go back to: the cleanup deletes what there is.
    if (touched?.as !== "created") delete record.touched;
    repository.putResource(record);
    return;
  }
  if (touched?.as === "unchanged" || skipped) {
    record.physical = skipped && physical ? physical : previous;
    finish(record);
    if (skipped) journal.resource(stack, record, "UPDATE_COMPLETE");
    else repository.putResource(record);
    return;
  }
  journal.resource(stack, record, "UPDATE_IN_PROGRESS");
  if (touched?.as === "replaced") {
    const unwanted = [physical, pending].filter((each) => each && each.physicalId !== "");
    record.retired = [...record.retired, ...unwanted.flatMap((each) => each ?? [])].filter(
      ({ physicalId }) => physicalId !== previous.physicalId,
    );
    record.physical = previous;
  } else {
    const type = await environment.types.load(previous.type);
    if (!type) throw new Error(`Template format error: Unrecognized resource types: [${previous.type}]`);
    const now = pending ?? physical ?? previous;
    const subject = { stack, logicalId: record.logicalId, signal };
    record.physical = await updatePhysical(environment, subject, type, now, previous);
  }
  finish(record);
  journal.resource(stack, record, "UPDATE_COMPLETE");
}

function finish(record: ResourceRecord): void {
  delete record.touched;
  delete record.previous;
  delete record.pending;
}
