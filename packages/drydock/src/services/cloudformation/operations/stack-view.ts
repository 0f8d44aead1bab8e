import type { Parameter, Stack, StackResource, StackSummary } from "@aws-sdk/client-cloudformation";
import type { ResourceRecord, StackDefinition, StackRecord } from "../engine/records.ts";
import { parseTemplate } from "../template/parse.ts";

const notChecked = { StackDriftStatus: "NOT_CHECKED" } as const;

/** A stack as DescribeStacks shows it. */
export function describeStack(stack: StackRecord): Stack {
  const { definition } = stack;
  return {
    StackId: stack.id,
    StackName: stack.name,
    ...(stack.changeSetId !== undefined && { ChangeSetId: stack.changeSetId }),
    ...(stack.description !== undefined && { Description: stack.description }),
    ...(definition && Object.keys(definition.parameters).length > 0 && { Parameters: shownParameters(definition) }),
    CreationTime: stack.createdAt,
    ...(stack.deletedAt && { DeletionTime: stack.deletedAt }),
    ...(stack.updatedAt && { LastUpdatedTime: stack.updatedAt }),
    RollbackConfiguration: {},
    StackStatus: stack.status,
    ...(stack.statusReason !== undefined && { StackStatusReason: stack.statusReason }),
    DisableRollback: stack.disableRollback,
    NotificationARNs: [],
    ...(stack.timeoutInMinutes !== undefined && { TimeoutInMinutes: stack.timeoutInMinutes }),
    ...(definition &&
      definition.capabilities.length > 0 && {
        Capabilities: definition.capabilities as Stack["Capabilities"],
      }),
    ...(stack.outputs.length > 0 && { Outputs: stack.outputs }),
    ...(definition?.roleArn !== undefined && { RoleARN: definition.roleArn }),
    Tags: definition?.tags ?? [],
    EnableTerminationProtection: stack.terminationProtection,
    DriftInformation: notChecked,
  };
}

export function summarizeStack(stack: StackRecord): StackSummary {
  return {
    StackId: stack.id,
    StackName: stack.name,
    ...(stack.description !== undefined && { TemplateDescription: stack.description }),
    CreationTime: stack.createdAt,
    ...(stack.updatedAt && { LastUpdatedTime: stack.updatedAt }),
    ...(stack.deletedAt && { DeletionTime: stack.deletedAt }),
    StackStatus: stack.status,
    ...(stack.statusReason !== undefined && { StackStatusReason: stack.statusReason }),
    DriftInformation: notChecked,
  };
}

/** Parameters with NoEcho hidden, and what those that name an SSM parameter stand for. */
export function shownParameters({ body, parameters, resolved }: StackDefinition): Parameter[] {
  const declared = parseTemplate(body).parameters;
  return Object.entries(parameters).map(([ParameterKey, value]) => ({
    ParameterKey,
    ParameterValue: declared[ParameterKey]?.NoEcho ? "****" : value,
    ...(resolved[ParameterKey] !== undefined && { ResolvedValue: resolved[ParameterKey] }),
  }));
}

/** A resource as DescribeStackResources shows it. */
export function describeResource(stack: StackRecord, record: ResourceRecord) {
  const physicalId = record.physical?.physicalId ?? (record.pending?.physicalId || undefined);
  return {
    StackName: stack.name,
    StackId: stack.id,
    LogicalResourceId: record.logicalId,
    ...(physicalId !== undefined && { PhysicalResourceId: physicalId }),
    ResourceType: record.type,
    Timestamp: record.timestamp,
    ResourceStatus: record.status,
    ...(record.statusReason !== undefined && { ResourceStatusReason: record.statusReason }),
    DriftInformation: { StackResourceDriftStatus: "NOT_CHECKED" },
  } satisfies StackResource;
}
