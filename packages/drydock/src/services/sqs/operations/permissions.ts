import { AwsError } from "../../../errors.ts";
import { invalidParameter } from "../errors.ts";
import { findQueue, type QueueRecord, queueArn, queuesOf } from "../queues.ts";
import type { Sqs, SqsOperations } from "../sqs.ts";

interface Policy {
  Version: string;
  Id?: string;
  Statement: { Sid?: string }[];
}

/** Permissions are statements of the queue's policy, by their label. */
export function permissionOperations({ region }: Sqs) {
  return {
    AddPermission: ({ QueueUrl, Label, AWSAccountIds, Actions }) => {
      const queue = findQueue(region, QueueUrl);
      const resource = queueArn(region, queue.name);
      const policy = policyOf(queue, `${resource}/SQSDefaultPolicy`);
      if (policy.Statement.some(({ Sid }) => Sid === Label)) {
        throw invalidParameter("Label", Label, "Already exists.");
      }
      const unknown = Actions.find((action) => !/^(?:\*|\w+)$/.test(action));
      if (unknown !== undefined) throw invalidParameter("ActionName", unknown, "Please refer to the API reference.");
      const principals = AWSAccountIds.map((account) => `arn:aws:iam::${account}:root`);
      const actions = Actions.map((action) => `SQS:${action}`);
      const statement = {
        Sid: Label,
        Effect: "Allow",
        Principal: { AWS: principals.length === 1 ? principals[0] : principals },
        Action: actions.length === 1 ? actions[0] : actions,
        Resource: resource,
      };
      keep(queue, { ...policy, Statement: [...policy.Statement, statement] });
      return {};
    },

    RemovePermission: ({ QueueUrl, Label }) => {
      const queue = findQueue(region, QueueUrl);
      const policy = policyOf(queue, "");
      const Statement = policy.Statement.filter(({ Sid }) => Sid !== Label);
      if (Statement.length === policy.Statement.length) {
        throw new AwsError(
          "InvalidParameterValue",
          `Value ${Label} for parameter Label is invalid. Reason: can't find label on existing policy.`,
        );
      }
      keep(queue, { ...policy, Statement });
      return {};
    },
  } satisfies SqsOperations;

  function keep(queue: QueueRecord, policy: Policy): void {
    const { Policy: _before, ...others } = queue.attributes;
    const attributes = policy.Statement.length > 0 ? { ...others, Policy: JSON.stringify(policy) } : others;
    queuesOf(region).put(queue.name, { ...queue, attributes, modified: region.clock.now() });
  }
}

function policyOf({ attributes }: QueueRecord, id: string): Policy {
  const policy = JSON.parse(attributes.Policy ?? "{}");
  const { Statement = [] } = policy;
  return { Version: "2012-10-17", Id: id, ...policy, Statement: Array.isArray(Statement) ? Statement : [Statement] };
}
