import { ifThere } from "../engine/calls.ts";
import { inPlace, replacement, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { tagChanges } from "../engine/tags.ts";

export const scheduleGroup = defineResourceType({
  properties: { Name: replacement(text), Tags: inPlace(tags) },
  attributes: ["Arn", "CreationDate", "LastModificationDate", "State"],
  nameProperty: "Name",
  async create({ region, properties, tags: Tags, generatedName, token: ClientToken }) {
    const Name = properties.Name ?? generatedName(64);
    await region.call("scheduler").CreateScheduleGroup({ Name, Tags, ClientToken });
    return Name;
  },
  async read({ region, physicalId: Name }) {
    const group = await region.call("scheduler").GetScheduleGroup({ Name });
    return {
      Arn: group.Arn,
      CreationDate: group.CreationDate?.toISOString(),
      LastModificationDate: group.LastModificationDate?.toISOString(),
      State: group.State,
    };
  },
  async update({ region, attributes, previousTags, tags }) {
    const scheduler = region.call("scheduler");
    const { set: Tags, removed: TagKeys } = tagChanges(previousTags, tags);
    const ResourceArn = String(attributes.Arn);
    if (TagKeys.length > 0) await scheduler.UntagResource({ ResourceArn, TagKeys });
    if (Tags.length > 0) await scheduler.TagResource({ ResourceArn, Tags });
    return undefined;
  },
  async delete({ region, physicalId: Name }) {
    await ifThere(/ResourceNotFound/, region.call("scheduler").DeleteScheduleGroup({ Name }));
  },
});
