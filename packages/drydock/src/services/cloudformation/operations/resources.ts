import { paginate } from "../../../pagination.ts";
import type { Operations } from "../../../service.ts";
import type { CloudFormation } from "../cloudformation.ts";
import type { ResourceRecord, StackEventRecord } from "../engine/records.ts";
import { validationError } from "../errors.ts";
import type { Client } from "./index.ts";
import { pageOf } from "./requests.ts";
import { describeResource } from "./stack-view.ts";

type Names = "DescribeStackEvents" | "DescribeStackResource" | "DescribeStackResources" | "ListStackResources";

export function resourceOperations({ repository }: CloudFormation): Pick<Operations<Client>, Names> {
  return {
    DescribeStackEvents({ StackName, NextToken }) {
      const stack = repository.get(StackName ?? "", `Stack [${StackName}] does not exist`);
      const newestFirst = ({ sequence }: StackEventRecord) =>
        String(Number.MAX_SAFE_INTEGER - sequence).padStart(16, "0");
      const { items, nextToken } = paginate(repository.eventsOf(stack.id), newestFirst, pageOf(NextToken));
      return {
        StackEvents: items.map((event) => ({
          StackId: event.stackId,
          EventId: event.eventId,
          StackName: event.stackName,
          LogicalResourceId: event.logicalId,
          PhysicalResourceId: event.physicalId,
          ResourceType: event.type,
          Timestamp: event.timestamp,
          ResourceStatus: event.status as ResourceRecord["status"],
          ...(event.reason !== undefined && { ResourceStatusReason: event.reason }),
          ...(event.properties !== undefined && { ResourceProperties: event.properties }),
          ...(event.clientRequestToken !== undefined && { ClientRequestToken: event.clientRequestToken }),
        })),
        NextToken: nextToken,
      };
    },

    DescribeStackResource({ StackName, LogicalResourceId }) {
      const stack = repository.get(StackName, `Stack '${StackName}' does not exist`);
      const record = repository.resource(stack.id, LogicalResourceId);
      if (!record) throw validationError(`Resource ${LogicalResourceId} does not exist for stack ${stack.name}`);
      const { Timestamp, ...rest } = describeResource(stack, record);
      const metadata = record.physical?.metadata;
      return {
        StackResourceDetail: {
          ...rest,
          LastUpdatedTimestamp: Timestamp,
          ...(metadata !== undefined && { Metadata: JSON.stringify(metadata) }),
        },
      };
    },

    DescribeStackResources({ StackName, LogicalResourceId, PhysicalResourceId }) {
      if (StackName === undefined && PhysicalResourceId === undefined)
        throw validationError("Either stackName or physicalResourceId must be specified.");
      const stack =
        StackName === undefined
          ? repository
              .live()
              .find(({ id }) =>
                repository.resourcesOf(id).some((each) => each.physical?.physicalId === PhysicalResourceId),
              )
          : repository.get(StackName);
      if (!stack) throw validationError(`Stack for ${PhysicalResourceId} does not exist`);
      const records = repository
        .resourcesOf(stack.id)
        .filter(({ logicalId }) => LogicalResourceId === undefined || logicalId === LogicalResourceId);
      if (LogicalResourceId !== undefined && records.length === 0)
        throw validationError(`Resource ${LogicalResourceId} does not exist for stack ${stack.name}`);
      return { StackResources: records.map((record) => describeResource(stack, record)) };
    },

    ListStackResources({ StackName, NextToken }) {
      const stack = repository.get(StackName);
      const { items, nextToken } = paginate(
        repository.resourcesOf(stack.id),
        ({ logicalId }) => logicalId,
        pageOf(NextToken),
      );
      return {
        StackResourceSummaries: items.map((record) => {
          const { Timestamp, StackName: _name, StackId: _id, ...rest } = describeResource(stack, record);
          return { ...rest, LastUpdatedTimestamp: Timestamp };
        }),
        NextToken: nextToken,
      };
    },
  };
}
