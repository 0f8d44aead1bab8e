import type { Ecs } from "../ecs.ts";
import { invalidParameter } from "../errors.ts";
import { lastSegment, pathOf } from "../names.ts";
import type { EcsOperations } from "../operations.ts";
import { findTaskDefinition } from "../task-definitions/find.ts";

export function tagOperations(ecs: Ecs) {
  const { records } = ecs;
  return {
    TagResource: ({ resourceArn, tags }) => {
      checkExists(ecs, resourceArn);
      const own = tags.find(({ key }) => key?.toLowerCase().startsWith("aws:"));
      if (own) throw invalidParameter(`Tag key ${own.key} can't begin with aws:.`);
      const kept = new Map((records.tags.get(resourceArn) ?? []).map((tag) => [tag.key, tag]));
      for (const tag of tags) kept.set(tag.key, tag);
      if (kept.size > 50) throw invalidParameter("A resource can have at most 50 tags.");
      records.tags.put(resourceArn, [...kept.values()]);
      return {};
    },

    UntagResource: ({ resourceArn, tagKeys }) => {
      checkExists(ecs, resourceArn);
      const kept = (records.tags.get(resourceArn) ?? []).filter(({ key = "" }) => !tagKeys.includes(key));
      records.tags.put(resourceArn, kept);
      return {};
    },

    ListTagsForResource: ({ resourceArn }) => {
      checkExists(ecs, resourceArn);
      return { tags: records.tags.get(resourceArn) ?? [] };
    },
  } satisfies EcsOperations;
}

/** Throws InvalidParameterException for an ARN of nothing. */
function checkExists(ecs: Ecs, arn: string): void {
  const { records } = ecs;
  const type = /^arn:aws:ecs:[^:]*:\d*:([a-z-]+)\//.exec(arn)?.[1];
  const found = {
    cluster: () => records.clusters.get(lastSegment(arn))?.status === "ACTIVE",
    service: () => (records.services.get(pathOf(arn))?.status ?? "INACTIVE") !== "INACTIVE",
    task: () => records.tasks.get(pathOf(arn)) !== undefined,
    "task-definition": () => findTaskDefinition(ecs, arn) !== undefined,
  }[type ?? ""];
  if (!found) throw invalidParameter("Invalid identifier: Resource ARN is not valid.");
  if (!found()) throw invalidParameter(`The specified ${type} is inactive or does not exist.`);
}
