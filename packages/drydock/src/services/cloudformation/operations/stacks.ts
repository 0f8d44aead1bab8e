import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import type { Operations } from "../../../service.ts";
import type { CloudFormation } from "../cloudformation.ts";
import { previewOf } from "../engine/change-set.ts";
import { definitionOf } from "../engine/definition.ts";
import type { StackRecord } from "../engine/records.ts";
import { parseStackPolicy } from "../engine/stack-policy.ts";
import { validationError } from "../errors.ts";
import type { Client } from "./index.ts";
import {
  answerSoon,
  checkName,
  checkUpdatable,
  isRepeated,
  newOperation,
  newStack,
  pageOf,
  refuseUnsupported,
  rememberRequest,
} from "./requests.ts";
import { describeStack, summarizeStack } from "./stack-view.ts";

type Names =
  | "CreateStack"
  | "DeleteStack"
  | "DescribeStacks"
  | "GetStackPolicy"
  | "ListStacks"
  | "SetStackPolicy"
  | "UpdateStack"
  | "UpdateTerminationProtection";

export function stackOperations(service: CloudFormation): Pick<Operations<Client>, Names> {
  const { region, repository, engine, journal } = service;
  return {
    async CreateStack(input) {
      checkName("stackName", input.StackName);
      const existing = repository.find(input.StackName);
      if (existing && isRepeated(existing, "create", input.ClientRequestToken)) return { StackId: existing.id };
      if (existing) throw new AwsError("AlreadyExistsException", `Stack [${input.StackName}] already exists`);
      if (input.OnFailure !== undefined && input.DisableRollback !== undefined)
        throw validationError("You can specify either DisableRollback or OnFailure, but not both.");
      await refuseUnsupported(service, input);
      const policy = await stackPolicyOf(input.StackPolicyBody, input.StackPolicyURL);
      const { definition, template } = await definitionOf(service, input, undefined);
      if (repository.find(input.StackName))
        throw new AwsError("AlreadyExistsException", `Stack [${input.StackName}] already exists`);
      const stack = newStack(service, input.StackName);
      stack.definition = definition;
      stack.terminationProtection = input.EnableTerminationProtection ?? false;
      stack.disableRollback = input.DisableRollback ?? input.OnFailure === "DO_NOTHING";
      if (template.description !== undefined) stack.description = template.description;
      if (policy !== undefined) stack.stackPolicy = policy;
      if (input.TimeoutInMinutes !== undefined) stack.timeoutInMinutes = input.TimeoutInMinutes;
      rememberRequest(stack, "create", input.ClientRequestToken);
      stack.operation = newOperation(
        {
          kind: "create",
          phase: "forward",
          target: definition,
          onFailure: input.OnFailure ?? (input.DisableRollback ? "DO_NOTHING" : "ROLLBACK"),
          ...(input.RetainExceptOnCreate && { retainExceptOnCreate: true }),
          ...(input.TimeoutInMinutes && { timeoutAt: region.clock.now() + input.TimeoutInMinutes * 60_000 }),
        },
        input.ClientRequestToken,
      );
      journal.stack(stack, "CREATE_IN_PROGRESS", "User Initiated");
      engine.begin(stack.id);
      await answerSoon(service, stack.id);
      return { StackId: stack.id };
    },

    async UpdateStack(input) {
      const before = repository.get(input.StackName, `Stack [${input.StackName}] does not exist`);
      if (isRepeated(before, "update", input.ClientRequestToken)) return { StackId: before.id };
      checkUpdatable(before);
      await refuseUnsupported(service, input);
      const policy = await stackPolicyOf(input.StackPolicyBody, input.StackPolicyURL);
      const policyDuringUpdate = await stackPolicyOf(
        input.StackPolicyDuringUpdateBody,
        input.StackPolicyDuringUpdateURL,
      );
      const { definition } = await definitionOf(service, input, before);
      const { changes, outputsChange } = await previewOf(service, before, definition);
      if (changes.length === 0 && !outputsChange) throw validationError("No updates are to be performed.");
      const stack = repository.get(before.id);
      checkUpdatable(stack);
      if (policy !== undefined) stack.stackPolicy = policy;
      if (input.DisableRollback !== undefined) stack.disableRollback = input.DisableRollback;
      stack.updatedAt = new Date(region.clock.now());
      rememberRequest(stack, "update", input.ClientRequestToken);
      stack.operation = newOperation(
        {
          kind: "update",
          phase: "forward",
          target: definition,
          onFailure: input.DisableRollback ? "DO_NOTHING" : "ROLLBACK",
          ...(policyDuringUpdate !== undefined && { stackPolicy: policyDuringUpdate }),
        },
        input.ClientRequestToken,
      );
      journal.stack(stack, "UPDATE_IN_PROGRESS", "User Initiated");
      obsoleteChangeSets(service, stack);
      engine.begin(stack.id);
      await answerSoon(service, stack.id);
      return { StackId: stack.id };
    },

    async DeleteStack(input) {
      const stack = repository.find(input.StackName);
      // "Deleting a stack that doesn't exist" succeeds, as does deleting one twice.
      if (!stack || stack.status === "DELETE_COMPLETE" || stack.status === "DELETE_IN_PROGRESS") return {};
      if (input.DeletionMode === "FORCE_DELETE_STACK")
        throw validationError(
          "DeletionMode FORCE_DELETE_STACK is not supported by drydock: name the resources in RetainResources",
        );
      if (stack.terminationProtection)
        throw validationError(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`);
      const retained = input.RetainResources ?? [];
      if (retained.length > 0 && stack.status !== "DELETE_FAILED")
        throw validationError(
          `Invalid operation on stack [${stack.id}]. When you delete a stack, specify which resources to retain only when the stack is in the DELETE_FAILED state.`,
        );
      if (stack.status.startsWith("UPDATE") && stack.status.endsWith("_IN_PROGRESS"))
        throw validationError(`Stack [${stack.id}] cannot be deleted while in status ${stack.status}`);
      const wasBeingMade = stack.status === "CREATE_IN_PROGRESS";
      stack.operation = newOperation({ kind: "delete", phase: "delete", skip: retained }, input.ClientRequestToken);
      journal.stack(stack, "DELETE_IN_PROGRESS", "User Initiated");
      for (const changeSet of repository.changeSetsOf(stack.id)) repository.removeChangeSet(changeSet);
      if (wasBeingMade) engine.interrupt(stack.id);
      engine.begin(stack.id);
      await answerSoon(service, stack.id);
      return {};
    },

    DescribeStacks({ StackName, NextToken }) {
      const stacks =
        StackName === undefined
          ? repository.live().sort((a, b) => (a.id < b.id ? -1 : 1))
          : [repository.get(StackName)];
      const { items, nextToken } = paginate(stacks, ({ id }) => id, pageOf(NextToken));
      return { Stacks: items.map(describeStack), NextToken: nextToken };
    },

    ListStacks({ StackStatusFilter, NextToken }) {
      const newestFirst = ({ createdAt, id }: StackRecord) =>
        `${String(Number.MAX_SAFE_INTEGER - createdAt.getTime()).padStart(16, "0")}${id}`;
      const stacks = repository
        .list()
        .filter(({ status }) => !StackStatusFilter?.length || StackStatusFilter.includes(status))
        .sort((a, b) => (newestFirst(a) < newestFirst(b) ? -1 : 1));
      const { items, nextToken } = paginate(stacks, newestFirst, pageOf(NextToken));
      return { StackSummaries: items.map(summarizeStack), NextToken: nextToken };
    },

    UpdateTerminationProtection({ StackName, EnableTerminationProtection }) {
      const stack = repository.get(StackName, `Stack [${StackName}] does not exist`);
      if (stack.status === "DELETE_COMPLETE") throw validationError(`Stack [${StackName}] does not exist`);
      stack.terminationProtection = EnableTerminationProtection;
      repository.put(stack);
      return { StackId: stack.id };
    },

    async SetStackPolicy(input) {
      const policy = await stackPolicyOf(input.StackPolicyBody, input.StackPolicyURL);
      const stack = repository.get(input.StackName, `Stack [${input.StackName}] does not exist`);
      if (policy === undefined) throw validationError("Either StackPolicyBody or StackPolicyURL must be specified.");
      stack.stackPolicy = policy;
      repository.put(stack);
      return {};
    },

    GetStackPolicy({ StackName }) {
      const { stackPolicy } = repository.get(StackName, `Stack [${StackName}] does not exist`);
      return stackPolicy === undefined ? {} : { StackPolicyBody: stackPolicy };
    },
  };
}

/** What was worked out against the stack as it was can't be carried out any more. */
function obsoleteChangeSets({ repository }: CloudFormation, stack: StackRecord): void {
  for (const changeSet of repository.changeSetsOf(stack.id))
    if (changeSet.executionStatus === "AVAILABLE")
      repository.putChangeSet({ ...changeSet, executionStatus: "OBSOLETE" });
}

async function stackPolicyOf(body: string | undefined, url: string | undefined): Promise<string | undefined> {
  if (body !== undefined && url !== undefined)
    throw validationError("You cannot specify both StackPolicyURL and StackPolicyBody");
  if (url !== undefined) throw validationError("A stack policy from a URL is not supported by drydock: give its text");
  if (body !== undefined) parseStackPolicy(body);
  return body;
}
