import { randomUUID } from "node:crypto";
import type { ChangeSetSummary, CreateChangeSetInput, ResourceChange } from "@aws-sdk/client-cloudformation";
import { regionalArn } from "../../../arn.ts";
import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import type { Operations } from "../../../service.ts";
import type { CloudFormation } from "../cloudformation.ts";
import { type ChangeSetRecord, previewOf } from "../engine/change-set.ts";
import { definitionOf } from "../engine/definition.ts";
import { withoutPropertyValues } from "../engine/property-values.ts";
import type { StackDefinition, StackRecord } from "../engine/records.ts";
import { reasonOf, validationError } from "../errors.ts";
import { parseTemplate } from "../template/parse.ts";
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
import { shownParameters } from "./stack-view.ts";

type Names = "CreateChangeSet" | "DeleteChangeSet" | "DescribeChangeSet" | "ExecuteChangeSet" | "ListChangeSets";

const noChanges =
  "The submitted information didn't contain changes. Submit different information to create a change set.";
export function changeSetOperations(service: CloudFormation): Pick<Operations<Client>, Names> {
  const { region, repository, engine, journal } = service;
  return {
    async CreateChangeSet(input) {
      checkName("changeSetName", input.ChangeSetName);
      refuseImports(input);
      await refuseUnsupported(service, input);
      const stack = stackFor(service, input);
      const sameName = repository.changeSetsOf(stack.id).find(({ name }) => name === input.ChangeSetName);
      if (sameName && input.ClientToken === undefined && !sameName.executionStatus.startsWith("EXECUTE"))
        throw new AwsError("AlreadyExistsException", `ChangeSet ${input.ChangeSetName} already exists`);
      const { definition } = await definitionOf(service, input, stack);
      // Another request may have begun the same stack while this one's template was looked at.
      const begun = repository.find(stack.name);
      if (begun && begun.id !== stack.id) throw validationError(`Stack [${stack.name}] already exists`);
      if (!begun) journal.stack(stack, "REVIEW_IN_PROGRESS", "User Initiated");
      const changeSet: ChangeSetRecord = {
        id: regionalArn(region, "cloudformation", `changeSet/${input.ChangeSetName}/${randomUUID()}`),
        name: input.ChangeSetName,
        stackId: stack.id,
        stackName: stack.name,
        type: input.ChangeSetType ?? "UPDATE",
        ...(input.Description !== undefined && { description: input.Description }),
        createdAt: new Date(region.clock.now()),
        definition,
        onFailure: input.OnStackFailure ?? "ROLLBACK",
        ...(await outcome(service, stack, definition)),
      };
      repository.putChangeSet(changeSet);
      return { Id: changeSet.id, StackId: stack.id };
    },

    DescribeChangeSet(input) {
      const changeSet = findChangeSet(service, input.ChangeSetName, input.StackName);
      const shown = input.IncludePropertyValues ? (change: ResourceChange) => change : withoutPropertyValues;
      const { definition } = changeSet;
      return {
        ...summary(changeSet),
        ...(changeSet.description !== undefined && { Description: changeSet.description }),
        ...(Object.keys(definition.parameters).length > 0 && { Parameters: shownParameters(definition) }),
        NotificationARNs: [],
        RollbackConfiguration: {},
        Capabilities: definition.capabilities as never,
        Tags: definition.tags,
        Changes: changeSet.changes.map((change) => ({ Type: "Resource" as const, ResourceChange: shown(change) })),
        OnStackFailure: changeSet.onFailure,
      };
    },

    ListChangeSets({ StackName, NextToken }) {
      const stack = repository.get(StackName, `Stack [${StackName}] does not exist`);
      const waiting = repository
        .changeSetsOf(stack.id)
        .filter(({ executionStatus }) => !executionStatus.startsWith("EXECUTE"));
      const { items, nextToken } = paginate(waiting, ({ name }) => name, pageOf(NextToken));
      return { Summaries: items.map(summary), NextToken: nextToken };
    },

    DeleteChangeSet({ ChangeSetName, StackName }) {
      // To delete one that isn't there is no error: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteChangeSet.html
      // knows only that of a change set in the wrong status.
      const changeSet = lookUpChangeSet(service, ChangeSetName, StackName);
      if (changeSet) repository.removeChangeSet(changeSet);
      return {};
    },

    async ExecuteChangeSet(input) {
      const changeSet = findChangeSet(service, input.ChangeSetName, input.StackName);
      const token = input.ClientRequestToken;
      // "Specify this token if you plan to retry requests so that CloudFormation knows that you're not attempting to execute
      // a change set to update a stack with the same name" (ExecuteChangeSet).
      if (isRepeated(repository.get(changeSet.stackId), "execute", token)) return {};
      if (changeSet.status !== "CREATE_COMPLETE")
        throw invalidStatus(
          `ChangeSet [${changeSet.id}] cannot be executed in its current status of [${changeSet.status}]`,
        );
      if (changeSet.executionStatus !== "AVAILABLE")
        throw invalidStatus(
          `ChangeSet [${changeSet.id}] cannot be executed in its current execution status of [${changeSet.executionStatus}]`,
        );
      const stack = repository.get(changeSet.stackId);
      const creating = stack.status === "REVIEW_IN_PROGRESS";
      if (!creating) checkUpdatable(stack);
      await execute(service, stack, changeSet, {
        creating,
        token,
        disableRollback: input.DisableRollback,
      });
      engine.begin(stack.id);
      await answerSoon(service, stack.id);
      return {};
    },
  };
}

async function execute(
  { region, repository, journal }: CloudFormation,
  stack: StackRecord,
  changeSet: ChangeSetRecord,
  options: { creating: boolean; token: string | undefined; disableRollback: boolean | undefined },
): Promise<void> {
  const { definition } = changeSet;
  const onFailure = options.disableRollback ? "DO_NOTHING" : changeSet.onFailure;
  stack.changeSetId = changeSet.id;
  stack.updatedAt = new Date(region.clock.now());
  stack.disableRollback = onFailure === "DO_NOTHING";
  rememberRequest(stack, "execute", options.token);
  stack.operation = newOperation(
    {
      kind: options.creating ? "create" : "update",
      phase: "forward",
      target: definition,
      onFailure: onFailure === "DELETE" && !options.creating ? "ROLLBACK" : onFailure,
    },
    options.token,
  );
  if (options.creating) {
    stack.definition = definition;
    const { description } = parseTemplate(definition.body);
    if (description !== undefined) stack.description = description;
  }
  region.store.transaction(() => {
    // "After you execute a change set, CloudFormation deletes all change sets associated with the stack".
    for (const other of repository.changeSetsOf(stack.id))
      if (other.id !== changeSet.id) repository.removeChangeSet(other);
    repository.putChangeSet({ ...changeSet, executionStatus: "EXECUTE_COMPLETE" });
    journal.stack(stack, options.creating ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS", "User Initiated");
  });
}

type Outcome = Pick<ChangeSetRecord, "status" | "executionStatus" | "changes" | "statusReason">;

async function outcome(service: CloudFormation, stack: StackRecord, definition: StackDefinition): Promise<Outcome> {
  const failed = (statusReason: string): Outcome => ({
    status: "FAILED",
    executionStatus: "UNAVAILABLE",
    changes: [],
    statusReason,
  });
  try {
    const { changes, outputsChange } = await previewOf(service, stack, definition);
    const nothing = changes.length === 0 && !outputsChange && stack.status !== "REVIEW_IN_PROGRESS";
    return nothing ? failed(noChanges) : { status: "CREATE_COMPLETE", executionStatus: "AVAILABLE", changes };
  } catch (error) {
    return failed(reasonOf(error));
  }
}

/**
 * ImportExistingResources, which `cdk bootstrap` sets, only matters where a resource with a name of its own is there already:
 * drydock then fails at making it, saying that it exists.
 */
function refuseImports(input: Pick<CreateChangeSetInput, "ChangeSetType" | "ResourcesToImport">): void {
  if (input.ChangeSetType === "IMPORT" || input.ResourcesToImport?.length)
    throw validationError("Importing resources into a stack is not supported by drydock.");
}

/** The stack a change set is for; one in review, not in the store yet, for a stack that is to be created. */
function stackFor(
  service: CloudFormation,
  input: Pick<CreateChangeSetInput, "ChangeSetName" | "ChangeSetType"> & { StackName: string },
): StackRecord {
  const stack = service.repository.find(input.StackName);
  if (input.ChangeSetType === "CREATE") {
    if (stack && stack.status !== "REVIEW_IN_PROGRESS")
      throw validationError(
        `Stack [${input.StackName}] already exists and cannot be created again with the changeSet [${input.ChangeSetName}].`,
      );
    checkName("stackName", stack?.name ?? input.StackName);
    return stack ?? { ...newStack(service, input.StackName), status: "REVIEW_IN_PROGRESS" };
  }
  if (!stack || stack.status === "DELETE_COMPLETE") throw validationError(`Stack [${input.StackName}] does not exist`);
  checkUpdatable(stack);
  return stack;
}

/** @throws ChangeSetNotFoundException, ValidationError when only a name is given */
export function findChangeSet(
  service: CloudFormation,
  nameOrId: string,
  stackName: string | undefined,
): ChangeSetRecord {
  const changeSet = lookUpChangeSet(service, nameOrId, stackName);
  if (!changeSet) throw new AwsError("ChangeSetNotFoundException", `ChangeSet [${nameOrId}] does not exist`);
  return changeSet;
}

function lookUpChangeSet(
  { repository }: CloudFormation,
  nameOrId: string,
  stackName: string | undefined,
): ChangeSetRecord | undefined {
  if (nameOrId.startsWith("arn:")) return repository.changeSetById(nameOrId);
  if (stackName === undefined)
    throw validationError("StackName must be specified if ChangeSetName is not specified as an ARN.");
  const stack = repository.get(stackName, `Stack [${stackName}] does not exist`);
  return repository.changeSetsOf(stack.id).find(({ name }) => name === nameOrId);
}

function invalidStatus(message: string): AwsError {
  return new AwsError("InvalidChangeSetStatus", message);
}

function summary(changeSet: ChangeSetRecord): ChangeSetSummary {
  return {
    StackId: changeSet.stackId,
    StackName: changeSet.stackName,
    ChangeSetId: changeSet.id,
    ChangeSetName: changeSet.name,
    ExecutionStatus: changeSet.executionStatus,
    Status: changeSet.status,
    ...(changeSet.statusReason !== undefined && { StatusReason: changeSet.statusReason }),
    CreationTime: changeSet.createdAt,
    ...(changeSet.description !== undefined && { Description: changeSet.description }),
    IncludeNestedStacks: false,
  };
}
