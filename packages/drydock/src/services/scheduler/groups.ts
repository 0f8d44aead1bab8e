import type { ScheduleGroupSummary } from "@aws-sdk/client-scheduler";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import type { Agenda } from "./agenda.ts";
import { findGroup, type GroupRecord, groupArn, groupsOf, scheduleKey, schedulesOf } from "./records.ts";

const mostTags = 200;

export function groupOperations(region: Region, agenda: Agenda) {
  const groups = groupsOf(region);

  return {
    CreateScheduleGroup: ({ Name, Tags = [], ClientToken }) => {
      const existing = Name === "default" ? findGroup(region) : groups.get(Name);
      if (existing && (ClientToken === undefined || existing.clientToken !== ClientToken)) {
        throw new AwsError("ConflictException", `Schedule group ${Name} already exists.`);
      }
      if (!existing) {
        const now = region.clock.now();
        const tags = Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
        const clientToken = ClientToken === undefined ? {} : { clientToken: ClientToken };
        groups.put(Name, { Name, created: now, modified: now, tags, ...clientToken });
      }
      return { ScheduleGroupArn: groupArn(region, Name) };
    },

    GetScheduleGroup: ({ Name }) => describe(findGroup(region, Name)),

    ListScheduleGroups: ({ NamePrefix = "", MaxResults, NextToken }) => {
      const all = [findGroup(region), ...groups.list()].filter(({ Name }) => Name.startsWith(NamePrefix));
      const byName = all.sort((one, other) => (one.Name < other.Name ? -1 : 1));
      const page = paginate(byName, ({ Name }) => Name, {
        token: NextToken,
        limit: MaxResults ?? 100,
        invalidTokenCode: "ValidationException",
      });
      return { ScheduleGroups: page.items.map(describe), NextToken: page.nextToken };
    },

    /** "Deletes the specified schedule group. Deleting a schedule group deletes all schedules associated with the group." */
    DeleteScheduleGroup: ({ Name }) => {
      if (Name === "default") throw new AwsError("ValidationException", "The default schedule group can't be deleted.");
      findGroup(region, Name);
      region.store.transaction(() => {
        for (const schedule of schedulesOf(region).list(`${Name}/`)) agenda.remove(scheduleKey(schedule));
        groups.delete(Name);
      });
      return {};
    },

    TagResource: ({ ResourceArn, Tags }) => {
      const group = findByArn(ResourceArn);
      const tags = { ...group.tags, ...Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value])) };
      if (Object.keys(tags).length > mostTags) {
        throw new AwsError("ValidationException", `A schedule group can have at most ${mostTags} tags.`);
      }
      groups.put(group.Name, { ...group, tags });
      return {};
    },

    UntagResource: ({ ResourceArn, TagKeys }) => {
      const group = findByArn(ResourceArn);
      const tags = Object.fromEntries(Object.entries(group.tags).filter(([key]) => !TagKeys.includes(key)));
      groups.put(group.Name, { ...group, tags });
      return {};
    },

    ListTagsForResource: ({ ResourceArn }) => {
      const { tags } = findByArn(ResourceArn);
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  } satisfies Operations<typeof import("@aws-sdk/client-scheduler")>;

  /** Only groups have tags. */
  function findByArn(arn: string): GroupRecord {
    const name = arn.slice(arn.lastIndexOf("/") + 1);
    if (arn !== groupArn(region, name)) {
      throw new AwsError("ResourceNotFoundException", `There is no schedule group ${arn}.`);
    }
    return findGroup(region, name);
  }

  function describe({ Name, created, modified }: GroupRecord): ScheduleGroupSummary {
    return {
      Arn: groupArn(region, Name),
      Name,
      State: "ACTIVE",
      CreationDate: new Date(created),
      LastModificationDate: new Date(modified),
    };
  }
}
