import type { DBParameterGroup, Parameter } from "@aws-sdk/client-rds";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { postgresReleases } from "../../runtime/postgres/binaries.ts";
import type { Operations } from "../../service.ts";
import { majorOf } from "./engines.ts";
import { pageOf, putTags, rdsArn } from "./records.ts";

interface StoredGroup {
  group: DBParameterGroup;
  /** Values set by a person; PostgreSQL's own defaults hold for the rest. */
  parameters: Record<string, string>;
}

const collectionOf = (region: Region) => region.store.collection<StoredGroup>("rds.parameterGroups");

// Settings that only exist on RDS; they are kept and shown, but no PostgreSQL would start with them.
const rdsOnly = /^rds\./;

/** The settings a server of this group starts with. */
export function serverParameters(region: Region, name: string): Record<string, string> {
  const set = Object.entries(collectionOf(region).get(name)?.parameters ?? {});
  return Object.fromEntries(set.filter(([key]) => !rdsOnly.test(key)));
}

export function requireParameterGroup(region: Region, name: string): StoredGroup {
  const stored = collectionOf(region).get(name.toLowerCase()) ?? defaultGroup(region, name.toLowerCase());
  if (!stored) throw new AwsError("DBParameterGroupNotFound", `DBParameterGroup not found: ${name.toLowerCase()}`);
  return stored;
}

function defaultGroup(region: Region, name: string): StoredGroup | undefined {
  const family = postgresReleases
    .map(({ version }) => `postgres${majorOf(version)}`)
    .find((each) => name === `default.${each}`);
  if (!family) return undefined;
  const group = {
    DBParameterGroupName: name,
    DBParameterGroupFamily: family,
    Description: `Default parameter group for ${family}`,
    DBParameterGroupArn: rdsArn(region, "pg", name),
  };
  return { group, parameters: {} };
}

export function parameterGroupOperations(region: Region): Operations<typeof import("@aws-sdk/client-rds")> {
  const groups = collectionOf(region);

  const own = (name: string): StoredGroup => {
    const stored = requireParameterGroup(region, name);
    if (name.toLowerCase().startsWith("default.")) {
      throw new AwsError("InvalidParameterValue", "The default parameter group can't be changed or deleted.");
    }
    return stored;
  };
  const change = (name: string, alter: (parameters: Record<string, string>) => Record<string, string>) => {
    const stored = own(name);
    groups.put(name.toLowerCase(), { ...stored, parameters: alter(stored.parameters) });
    return { DBParameterGroupName: name.toLowerCase() };
  };

  return {
    CreateDBParameterGroup: (input) => {
      const name = input.DBParameterGroupName.toLowerCase();
      if (groups.get(name) || name.startsWith("default.")) {
        throw new AwsError("DBParameterGroupAlreadyExists", `Parameter group ${name} already exists`);
      }
      const family = postgresReleases.find(
        ({ version }) => `postgres${majorOf(version)}` === input.DBParameterGroupFamily,
      );
      if (!family) {
        const message = `ParameterGroupFamily ${input.DBParameterGroupFamily} is not a valid parameter group family`;
        throw new AwsError("InvalidParameterValue", message);
      }
      const group: DBParameterGroup = {
        DBParameterGroupName: name,
        DBParameterGroupFamily: input.DBParameterGroupFamily,
        Description: input.Description,
        DBParameterGroupArn: rdsArn(region, "pg", name),
      };
      groups.put(name, { group, parameters: {} });
      putTags(region, group.DBParameterGroupArn ?? "", input.Tags);
      return { DBParameterGroup: group };
    },

    DescribeDBParameterGroups: (input) => {
      const found = input.DBParameterGroupName
        ? [requireParameterGroup(region, input.DBParameterGroupName)]
        : groups.list();
      const { page, ...paging } = pageOf(found, ({ group }) => group.DBParameterGroupName ?? "", input);
      return { DBParameterGroups: page.map(({ group }) => group), ...paging };
    },

    DescribeDBParameters: (input) => {
      const { parameters } = requireParameterGroup(region, input.DBParameterGroupName);
      const wanted = input.Source === undefined || input.Source === "user" ? Object.entries(parameters) : [];
      const described = wanted.map(
        ([ParameterName, ParameterValue]): Parameter => ({
          ParameterName,
          ParameterValue,
          Source: "user",
          ApplyMethod: "pending-reboot",
          IsModifiable: true,
        }),
      );
      const { page, ...paging } = pageOf(described, ({ ParameterName = "" }) => ParameterName, input);
      return { Parameters: page, ...paging };
    },

    ModifyDBParameterGroup: (input) =>
      change(input.DBParameterGroupName, (parameters) => ({
        ...parameters,
        ...Object.fromEntries(
          input.Parameters.map(({ ParameterName = "", ParameterValue = "" }) => [ParameterName, ParameterValue]),
        ),
      })),

    ResetDBParameterGroup: (input) =>
      change(input.DBParameterGroupName, (parameters) => {
        const reset = new Set(input.Parameters?.map(({ ParameterName }) => ParameterName));
        return Object.fromEntries(
          Object.entries(parameters).filter(([name]) => !input.ResetAllParameters && !reset.has(name)),
        );
      }),

    DeleteDBParameterGroup: (input) => {
      const { group } = own(input.DBParameterGroupName);
      const inUse = region.store
        .collection<{ parameterGroup: string }>("rds.instances")
        .list()
        .some(({ parameterGroup }) => parameterGroup === group.DBParameterGroupName);
      if (inUse) {
        const message =
          "One or more database instances are still members of this parameter group, so the group cannot be deleted";
        throw new AwsError("InvalidDBParameterGroupState", message);
      }
      groups.delete(group.DBParameterGroupName ?? "");
      putTags(region, group.DBParameterGroupArn ?? "", undefined);
      return {};
    },
  };
}
