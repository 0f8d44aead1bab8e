import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import type { Databases } from "./databases.ts";
import { requireParameterGroup } from "./parameter-groups.ts";
import { putTags, tagsOf } from "./records.ts";
import { findSnapshot } from "./snapshots.ts";
import { requireSubnetGroup } from "./subnet-groups.ts";

export function tagOperations(databases: Databases): Operations<typeof import("@aws-sdk/client-rds")> {
  const { region } = databases;

  return {
    AddTagsToResource: (input) => {
      requireResource(databases, region, input.ResourceName);
      const keys = new Set(input.Tags.map(({ Key }) => Key));
      const kept = tagsOf(region, input.ResourceName).filter(({ Key }) => !keys.has(Key));
      putTags(region, input.ResourceName, [...kept, ...input.Tags]);
      return {};
    },

    RemoveTagsFromResource: (input) => {
      requireResource(databases, region, input.ResourceName);
      const kept = tagsOf(region, input.ResourceName).filter(({ Key = "" }) => !input.TagKeys.includes(Key));
      putTags(region, input.ResourceName, kept);
      return {};
    },

    ListTagsForResource: (input) => {
      requireResource(databases, region, input.ResourceName);
      return { TagList: tagsOf(region, input.ResourceName) };
    },
  };
}

/** Throws the not-found error of the resource's kind, or InvalidParameterValue for what is no ARN of one. */
function requireResource(databases: Databases, region: Region, arn: string): void {
  const [, kind, name = ""] = /^arn:aws:rds:[\w-]+:\d{12}:(db|snapshot|subgrp|pg):(.+)$/.exec(arn) ?? [];
  if (kind === "db") databases.find(name);
  else if (kind === "snapshot") findSnapshot(region, name);
  else if (kind === "subgrp") requireSubnetGroup(region, name);
  else if (kind === "pg") requireParameterGroup(region, name);
  else throw new AwsError("InvalidParameterValue", `Invalid resource name: ${arn}`);
}
