import { setTimeout as delay } from "node:timers/promises";
import type { StackStatus } from "@aws-sdk/client-cloudformation";
import { reasonOf } from "../errors.ts";
import { blueprintOf } from "./blueprint.ts";
import { deleteResources, doomedBy, retiredBy } from "./deletion.ts";
import type { Environment } from "./environment.ts";
import { ForwardPass, regionClosing } from "./forward.ts";
import { outputsOf } from "./outputs.ts";
import type { Operation, StackDefinition, StackRecord } from "./records.ts";
import { rollBackUpdate } from "./rollback.ts";
import { importersOf } from "./scope.ts";

interface Drive {
  abort: AbortController;
  done: Promise<void>;
}

/** A service that doesn't answer can't keep the region open; its step is done again after the restart. */
const closeWithinMilliseconds = 2000;

const interrupted = "User Initiated";
const timedOut = "Stack creation time exceeded the specified timeout";

/**
 * Carries the stacks' operations out. All it knows is in the store after every step, so an operation that was broken
 * off with the region goes on where it stood.
 */
export class StackEngine {
  private readonly environment: Environment;
  private readonly drives = new Map<string, Drive>();
  private closing = false;

  constructor(environment: Environment) {
    this.environment = environment;
  }

  /** Goes on with the operation in the stack's record, if there is one that isn't halted. */
  begin(stackId: string): void {
    if (this.drives.has(stackId)) return;
    const abort = new AbortController();
    const done = this.drive(stackId, abort)
      .catch((error) => this.environment.region.log(`cloudformation ${stackId}: ${reasonOf(error)}`))
      .finally(() => this.drives.delete(stackId));
    this.drives.set(stackId, { abort, done });
  }

  /** Ends when the stack's operation has ended. */
  async ended(stackId: string): Promise<void> {
    await this.drives.get(stackId)?.done;
  }

  /** Breaks the running resource operations of a stack off; what follows is for its operation to say. */
  interrupt(stackId: string): void {
    this.drives.get(stackId)?.abort.abort(interrupted);
  }

  /** Takes up what was going on when the region last ended. */
  resume(): void {
    for (const { id, operation } of this.environment.repository.live())
      if (operation && !operation.halted) this.begin(id);
  }

  async close(): Promise<void> {
    this.closing = true;
    for (const { abort } of this.drives.values()) abort.abort(regionClosing);
    const late = new AbortController();
    const ended = Promise.all([...this.drives.values()].map(({ done }) => done));
    await Promise.race([ended, delay(closeWithinMilliseconds, undefined, { signal: late.signal }).catch(() => {})]);
    late.abort();
  }

  private async drive(stackId: string, first: AbortController): Promise<void> {
    let abort = first;
    for (;;) {
      const stack = this.environment.repository.get(stackId);
      const { operation } = stack;
      if (!operation || operation.halted || this.closing) return;
      if (operation.phase === "forward") await this.forward(stack, operation, abort);
      else {
        // What undoes a broken-off operation must not be broken off with it.
        if (abort.signal.aborted && abort.signal.reason !== regionClosing) {
          abort = new AbortController();
          const drive = this.drives.get(stackId);
          if (drive) drive.abort = abort;
        }
        if (operation.phase === "rollback") await this.rollBack(stack, operation, abort.signal);
        else if (operation.phase === "cleanup") await this.cleanUp(stack, abort.signal);
        else await this.remove(stack, operation, abort.signal);
      }
    }
  }

  private async forward(stack: StackRecord, operation: Operation, abort: AbortController): Promise<void> {
    const { target } = operation;
    if (!target) throw new Error(`operation ${operation.id} has no target`);
    const cancelTimeout = this.limitTime(operation, abort);
    try {
      const blueprint = await blueprintOf(this.environment, stack, target);
      const failed = await new ForwardPass(this.environment, stack, { ...operation, target }, blueprint, abort).run();
      if (this.closing) return;
      if (failed.length > 0 || abort.signal.aborted) {
        const verb = operation.kind === "create" ? "create" : "update";
        const which = failed.length > 0 ? `The following resource(s) failed to ${verb}: [${failed.join(", ")}]. ` : "";
        const { reason } = abort.signal;
        this.fail(stack.id, reason === timedOut || reason === interrupted ? `${reason}. ${which}` : which);
        return;
      }
      const { outputs, imports } = await outputsOf(this.environment, stack, blueprint);
      this.succeed(stack.id, operation, target, { outputs, imports, description: blueprint.template.description });
    } catch (error) {
      if (!this.closing) this.fail(stack.id, `${reasonOf(error)}. `);
    } finally {
      cancelTimeout();
    }
  }

  private limitTime(operation: Operation, abort: AbortController): () => void {
    const { clock } = this.environment.region;
    if (operation.timeoutAt === undefined) return () => {};
    return clock.after(Math.max(0, operation.timeoutAt - clock.now()), () => abort.abort(timedOut));
  }

  private succeed(
    stackId: string,
    operation: Operation,
    target: StackDefinition,
    result: Pick<StackRecord, "outputs" | "imports"> & { description: string | undefined },
  ): void {
    const { repository, journal } = this.environment;
    const stack = repository.get(stackId);
    stack.definition = target;
    stack.outputs = result.outputs;
    stack.imports = result.imports;
    delete stack.description;
    if (result.description !== undefined) stack.description = result.description;
    if (stack.operation?.phase === "delete") {
      // A delete came in while the last resource was being made.
      repository.put(stack);
    } else if (operation.kind === "create") {
      this.forget(stackId);
      journal.stack(stack, "CREATE_COMPLETE");
      delete stack.operation;
      repository.put(stack);
    } else {
      stack.operation = { ...operation, phase: "cleanup" };
      journal.stack(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    }
  }

  private fail(stackId: string, reason: string): void {
    const { repository, journal } = this.environment;
    const stack = repository.get(stackId);
    const { operation } = stack;
    if (!operation || operation.phase === "delete") return;
    const creating = operation.kind === "create";
    if (operation.onFailure === "DO_NOTHING") {
      operation.halted = true;
      journal.stack(stack, creating ? "CREATE_FAILED" : "UPDATE_FAILED", reason);
    } else if (operation.onFailure === "DELETE") {
      operation.phase = "delete";
      journal.stack(stack, "DELETE_IN_PROGRESS", `${reason}Delete requested by user.`);
    } else {
      operation.phase = "rollback";
      const status = creating ? "ROLLBACK_IN_PROGRESS" : "UPDATE_ROLLBACK_IN_PROGRESS";
      journal.stack(stack, status, creating ? `${reason}Rollback requested by user.` : reason);
    }
  }

  /** Ends when nothing more is to be done for the operation, or another one has taken its place meanwhile. */
  private async rollBack(stack: StackRecord, operation: Operation, signal: AbortSignal): Promise<void> {
    const { repository, journal } = this.environment;
    if (operation.kind === "create") {
      const doomed = repository.resourcesOf(stack.id).flatMap((record) => doomedBy(record, true));
      const failed = await deleteResources(this.environment, stack, doomed, signal);
      if (this.closing) return;
      this.finish(stack, failed.length > 0 ? "ROLLBACK_FAILED" : "ROLLBACK_COMPLETE", failedToDelete(failed));
      return;
    }
    const failed = await rollBackUpdate(this.environment, stack, operation, signal);
    if (this.closing) return;
    const now = repository.get(stack.id);
    if (failed.length > 0) {
      now.operation = { ...operation, halted: true };
      const reason = `The following resource(s) failed to update: [${failed.join(", ")}]. `;
      journal.stack(now, "UPDATE_ROLLBACK_FAILED", reason);
    } else {
      now.operation = { ...operation, phase: "cleanup" };
      journal.stack(now, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
    }
  }

  /** Deletes what an update, or its rollback, has left over. What can't be deleted is left: the stack no longer has it. */
  private async cleanUp(stack: StackRecord, signal: AbortSignal): Promise<void> {
    const { repository } = this.environment;
    const rolledBack = stack.status === "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS";
    const wanted = stack.definition && (await blueprintOf(this.environment, stack, stack.definition)).dependencies;
    const records = repository.resourcesOf(stack.id);
    const removed = records.filter(({ logicalId }) => !wanted?.has(logicalId));
    const doomed = records.flatMap((record) =>
      removed.includes(record) ? doomedBy(record, rolledBack) : retiredBy(record),
    );
    await deleteResources(this.environment, stack, doomed, signal);
    if (this.closing) return;
    for (const { logicalId } of removed) repository.removeResource(stack.id, logicalId);
    this.finish(stack, rolledBack ? "UPDATE_ROLLBACK_COMPLETE" : "UPDATE_COMPLETE");
  }

  private async remove(stack: StackRecord, operation: Operation, signal: AbortSignal): Promise<void> {
    const { repository } = this.environment;
    const used = stack.outputs.flatMap(({ ExportName }) => {
      const users = ExportName === undefined ? [] : importersOf(repository, ExportName);
      return users.length > 0 ? [`Cannot delete export ${ExportName} as it is in use by ${users.join(" and ")}.`] : [];
    });
    if (used.length > 0) {
      this.finish(stack, "DELETE_FAILED", `Delete canceled. ${used[0]}`);
      return;
    }
    const records = repository.resourcesOf(stack.id).filter(({ logicalId }) => !operation.skip.includes(logicalId));
    const creation = operation.kind === "create" || operation.retainExceptOnCreate === true;
    const doomed = records.flatMap((record) => doomedBy(record, creation));
    const failed = await deleteResources(this.environment, stack, doomed, signal);
    if (this.closing) return;
    this.finish(stack, failed.length > 0 ? "DELETE_FAILED" : "DELETE_COMPLETE", failedToDelete(failed));
  }

  /** Ends an operation. What was changed in the stack's record while it ran, its policy for one, stays. */
  private finish({ id, operation }: StackRecord, status: StackStatus, reason?: string): void {
    const stack = this.environment.repository.get(id);
    // A delete that came in during a rollback has taken its place.
    if (stack.operation?.id !== operation?.id) return;
    this.forget(id);
    if (status === "DELETE_COMPLETE") {
      stack.outputs = [];
      stack.imports = [];
    }
    this.environment.journal.stack(stack, status, reason);
    delete stack.operation;
    this.environment.repository.put(stack);
  }

  /** The operation is over: what its records kept for a rollback isn't needed any more. */
  private forget(stackId: string): void {
    const { repository } = this.environment;
    for (const record of repository.resourcesOf(stackId)) {
      if (record.status === "DELETE_FAILED") continue;
      delete record.touched;
      delete record.previous;
      delete record.pending;
      record.retired = [];
      repository.putResource(record);
    }
  }
}

function failedToDelete(failed: string[]): string | undefined {
  return failed.length > 0 ? `The following resource(s) failed to delete: [${failed.join(", ")}]. ` : undefined;
}
