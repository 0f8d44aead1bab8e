import type { Operations } from "../../../service.ts";
import type { CloudFormation } from "../cloudformation.ts";
import { validationError } from "../errors.ts";
import type { Client } from "./index.ts";
import { answerSoon } from "./requests.ts";

type Names = "CancelUpdateStack" | "ContinueUpdateRollback" | "RollbackStack";

/** What brings a stack out of an update that went wrong. */
export function stackRecoveryOperations(service: CloudFormation): Pick<Operations<Client>, Names> {
  const { repository, engine, journal } = service;
  return {
    CancelUpdateStack({ StackName }) {
      const stack = repository.get(StackName, `Stack [${StackName}] does not exist`);
      if (stack.status !== "UPDATE_IN_PROGRESS")
        throw validationError(`CancelUpdateStack cannot be called from current stack status`);
      engine.interrupt(stack.id);
      return {};
    },

    async ContinueUpdateRollback({ StackName, ResourcesToSkip = [], ClientRequestToken }) {
      const stack = repository.get(StackName, `Stack [${StackName}] does not exist`);
      const { operation } = stack;
      if (stack.status !== "UPDATE_ROLLBACK_FAILED" || !operation)
        throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not continue rollback.`);
      for (const id of ResourcesToSkip)
        if (repository.resource(stack.id, id)?.status !== "UPDATE_FAILED")
          throw validationError(`Resources to skip must be in the UPDATE_FAILED state: [${id}]`);
      stack.operation = { ...operation, skip: ResourcesToSkip, halted: false };
      if (ClientRequestToken !== undefined) stack.operation.clientRequestToken = ClientRequestToken;
      journal.stack(stack, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated");
      engine.begin(stack.id);
      await answerSoon(service, stack.id);
      return {};
    },

    async RollbackStack({ StackName, ClientRequestToken }) {
      const stack = repository.get(StackName, `Stack [${StackName}] does not exist`);
      const { operation } = stack;
      if ((stack.status !== "CREATE_FAILED" && stack.status !== "UPDATE_FAILED") || !operation)
        throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be rolled back.`);
      stack.operation = { ...operation, phase: "rollback", halted: false };
      if (ClientRequestToken !== undefined) stack.operation.clientRequestToken = ClientRequestToken;
      const status = operation.kind === "create" ? "ROLLBACK_IN_PROGRESS" : "UPDATE_ROLLBACK_IN_PROGRESS";
      journal.stack(stack, status, "User Initiated");
      engine.begin(stack.id);
      await answerSoon(service, stack.id);
      return { StackId: stack.id };
    },
  };
}
