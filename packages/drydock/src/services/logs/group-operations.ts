import type { LogGroup as DescribedGroup } from "@aws-sdk/client-cloudwatch-logs";
import { regionalArn } from "../../arn.ts";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import { wallClock } from "../../scaled-clock.ts";
import type { Operations } from "../../service.ts";
import { type LogGroup, LogStore } from "./log-store.ts";

// The days PutRetentionPolicy takes, from its reference.
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

// TagResource: "A resource can have no more than 50 tags."
const maximumTags = 50;

export function groupOperations(region: Region): Operations<typeof import("@aws-sdk/client-cloudwatch-logs")> {
  const store = new LogStore(region);
  const change = (name: string, changes: Partial<LogGroup>) =>
    store.groups.put(name, { ...store.group(name), ...changes });
  const byArn = (arn: string) => store.groupByNameOrArn(arn, undefined);

  return {
    CreateLogGroup: (input) => {
      if (store.groups.get(input.logGroupName)) {
        throw new AwsError("ResourceAlreadyExistsException", "The specified log group already exists");
      }
      store.groups.put(input.logGroupName, {
        name: input.logGroupName,
        arn: regionalArn(region, "logs", `log-group:${input.logGroupName}`),
        created: wallClock(region.clock).now(),
        retentionDays: undefined,
        kmsKeyId: input.kmsKeyId,
        class: input.logGroupClass ?? "STANDARD",
        deletionProtected: input.deletionProtectionEnabled ?? false,
        tags: input.tags ?? {},
      });
      return {};
    },

    DeleteLogGroup: (input) => {
      if (store.group(input.logGroupName).deletionProtected) {
        const message = "The log group is protected against deletion. Disable deletion protection first.";
        throw new AwsError("ValidationException", message);
      }
      store.deleteGroup(input.logGroupName);
      return {};
    },

    DescribeLogGroups: (input) => {
      if (input.logGroupNamePrefix !== undefined && input.logGroupNamePattern !== undefined) {
        const message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
        throw new AwsError("InvalidParameterException", message);
      }
      const pattern = input.logGroupNamePattern?.toLowerCase() ?? "";
      const wanted = input.logGroupIdentifiers;
      const found = store.groups
        .list(input.logGroupNamePrefix)
        .filter(({ name }) => name.toLowerCase().includes(pattern))
        .filter(({ name, arn }) => !wanted || wanted.includes(name) || wanted.includes(arn))
        .filter((group) => !input.logGroupClass || group.class === input.logGroupClass);
      const page = paginate(found, ({ name }) => name, {
        token: input.nextToken,
        limit: input.limit ?? 50,
        invalidTokenCode: "InvalidParameterException",
      });
      return { logGroups: page.items.map(describe), nextToken: page.nextToken };
    },

    PutRetentionPolicy: (input) => {
      if (!retentionDays.includes(input.retentionInDays)) {
        const message = `1 validation error detected: Value '${input.retentionInDays}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${retentionDays.join(", ")}]`;
        throw new AwsError("InvalidParameterException", message);
      }
      change(input.logGroupName, { retentionDays: input.retentionInDays });
      return {};
    },

    DeleteRetentionPolicy: (input) => {
      change(input.logGroupName, { retentionDays: undefined });
      return {};
    },

    PutLogGroupDeletionProtection: (input) => {
      const { name } = byArn(input.logGroupIdentifier);
      change(name, { deletionProtected: input.deletionProtectionEnabled });
      return {};
    },

    TagResource: (input) => {
      const group = byArn(input.resourceArn);
      const tags = { ...group.tags, ...input.tags };
      if (Object.keys(tags).length > maximumTags) {
        const message = `A resource can have no more than ${maximumTags} tags.`;
        throw new AwsError("TooManyTagsException", message, { members: { resourceName: input.resourceArn } });
      }
      change(group.name, { tags });
      return {};
    },

    UntagResource: (input) => {
      const group = byArn(input.resourceArn);
      change(group.name, { tags: without(group.tags, input.tagKeys) });
      return {};
    },

    ListTagsForResource: (input) => ({ tags: byArn(input.resourceArn).tags }),

    // The three older calls that TagResource and its companions replaced; CLI v1 scripts still make them.
    TagLogGroup: (input) => {
      change(input.logGroupName, { tags: { ...store.group(input.logGroupName).tags, ...input.tags } });
      return {};
    },

    UntagLogGroup: (input) => {
      change(input.logGroupName, { tags: without(store.group(input.logGroupName).tags, input.tags) });
      return {};
    },

    ListTagsLogGroup: (input) => ({ tags: store.group(input.logGroupName).tags }),
  };
}

function without(tags: Record<string, string>, keys: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)));
}

function describe(group: LogGroup): DescribedGroup {
  return {
    logGroupName: group.name,
    // "arn: ends in :*, so that it fits IAM policies; logGroupArn has no such end."
    arn: `${group.arn}:*`,
    logGroupArn: group.arn,
    creationTime: group.created,
    retentionInDays: group.retentionDays,
    kmsKeyId: group.kmsKeyId,
    logGroupClass: group.class,
    deletionProtectionEnabled: group.deletionProtected,
    metricFilterCount: 0,
    storedBytes: 0,
  };
}
