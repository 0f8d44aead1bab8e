import { ifThere, present } from "../engine/calls.ts";
import { inPlace, number, replacement, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { tagChanges, tagMap } from "../engine/tags.ts";

export const logGroup = defineResourceType({
  properties: {
    LogGroupClass: replacement(text),
    LogGroupName: replacement(text),
    RetentionInDays: inPlace(number),
    Tags: inPlace(tags),
  },
  unsupported: [
    "BearerTokenAuthenticationEnabled",
    "DataProtectionPolicy",
    "DeletionProtectionEnabled",
    "FieldIndexPolicies",
    "KmsKeyId",
    "ResourcePolicyDocument",
  ],
  attributes: ["Arn"],
  nameProperty: "LogGroupName",
  async create({ region, properties, tags, generatedName, made }) {
    const logs = region.call("logs");
    const logGroupName = properties.LogGroupName ?? generatedName(512);
    await logs.CreateLogGroup({
      logGroupName,
      tags: tagMap(tags),
      ...(properties.LogGroupClass !== undefined && { logGroupClass: properties.LogGroupClass as "STANDARD" }),
    });
    made(logGroupName);
    const { RetentionInDays: retentionInDays } = properties;
    if (retentionInDays !== undefined) await logs.PutRetentionPolicy({ logGroupName, retentionInDays });
    return logGroupName;
  },
  async read({ region, physicalId }) {
    const { logGroups = [] } = await region.call("logs").DescribeLogGroups({ logGroupNamePrefix: physicalId });
    return { Arn: present(logGroups.find(({ logGroupName }) => logGroupName === physicalId)?.arn, "log group") };
  },
  async update({ region, physicalId: logGroupName, properties, attributes, previousTags, tags, changed }) {
    const logs = region.call("logs");
    const { RetentionInDays: retentionInDays } = properties;
    if (retentionInDays !== undefined) await logs.PutRetentionPolicy({ logGroupName, retentionInDays });
    else if (changed.has("RetentionInDays")) await logs.DeleteRetentionPolicy({ logGroupName });
    if (changed.has("Tags")) {
      const { set, removed } = tagChanges(previousTags, tags);
      // "The ARN of the resource": here without the `:*` that the log group's own ends in.
      const resourceArn = String(attributes.Arn).replace(/:\*$/, "");
      if (removed.length > 0) await logs.UntagResource({ resourceArn, tagKeys: removed });
      if (set.length > 0) await logs.TagResource({ resourceArn, tags: tagMap(set) });
    }
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/ResourceNotFound/, region.call("logs").DeleteLogGroup({ logGroupName: physicalId }));
  },
});
