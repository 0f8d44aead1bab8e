import type { DBSubnetGroup } from "@aws-sdk/client-rds";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { pageOf, putTags, rdsArn } from "./records.ts";

const collectionOf = (region: Region) => region.store.collection<DBSubnetGroup>("rds.subnetGroups");

export function requireSubnetGroup(region: Region, name: string): DBSubnetGroup {
  const group = collectionOf(region).get(name.toLowerCase());
  if (!group)
    throw new AwsError("DBSubnetGroupNotFoundFault", `DB subnet group '${name.toLowerCase()}' does not exist.`);
  return group;
}

export function describeSubnetGroup(region: Region, name: string): DBSubnetGroup | undefined {
  return collectionOf(region).get(name);
}

export function subnetGroupOperations(region: Region): Operations<typeof import("@aws-sdk/client-rds")> {
  const groups = collectionOf(region);

  const describeSubnets = async (subnetIds: string[]): Promise<Pick<DBSubnetGroup, "Subnets" | "VpcId">> => {
    const invalid = (message: string) => new AwsError("InvalidSubnet", message);
    const { Subnets = [] } = await region
      .call("ec2")
      .DescribeSubnets({ SubnetIds: subnetIds })
      .catch((error: unknown) => {
        if (!(error instanceof AwsError) || error.code !== "InvalidSubnetID.NotFound") throw error;
        throw invalid(`Some input subnets in :[${subnetIds.join(", ")}] are invalid.`);
      });
    if (new Set(Subnets.map(({ VpcId }) => VpcId)).size > 1) throw invalid("The subnets are not all in a common VPC.");
    if (new Set(Subnets.map(({ AvailabilityZone }) => AvailabilityZone)).size < 2) {
      const message =
        "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage is one. Add subnets to cover at least 2 AZs.";
      throw new AwsError("DBSubnetGroupDoesNotCoverEnoughAZs", message);
    }
    return {
      VpcId: Subnets[0]?.VpcId,
      Subnets: Subnets.map(({ SubnetId, AvailabilityZone }) => ({
        SubnetIdentifier: SubnetId,
        SubnetAvailabilityZone: { Name: AvailabilityZone },
        SubnetStatus: "Active",
      })),
    };
  };

  return {
    CreateDBSubnetGroup: async (input) => {
      const name = input.DBSubnetGroupName.toLowerCase();
      if (groups.get(name)) {
        throw new AwsError("DBSubnetGroupAlreadyExists", `The DB subnet group '${name}' already exists.`);
      }
      const group: DBSubnetGroup = {
        DBSubnetGroupName: name,
        DBSubnetGroupDescription: input.DBSubnetGroupDescription,
        DBSubnetGroupArn: rdsArn(region, "subgrp", name),
        SubnetGroupStatus: "Complete",
        SupportedNetworkTypes: ["IPV4"],
        ...(await describeSubnets(input.SubnetIds)),
      };
      groups.put(name, group);
      putTags(region, group.DBSubnetGroupArn ?? "", input.Tags);
      return { DBSubnetGroup: group };
    },

    DescribeDBSubnetGroups: (input) => {
      const found = input.DBSubnetGroupName ? [requireSubnetGroup(region, input.DBSubnetGroupName)] : groups.list();
      const { page, ...paging } = pageOf(found, ({ DBSubnetGroupName = "" }) => DBSubnetGroupName, input);
      return { DBSubnetGroups: page, ...paging };
    },

    ModifyDBSubnetGroup: async (input) => {
      const group = requireSubnetGroup(region, input.DBSubnetGroupName);
      const changed = {
        ...group,
        DBSubnetGroupDescription: input.DBSubnetGroupDescription ?? group.DBSubnetGroupDescription,
        ...(await describeSubnets(input.SubnetIds)),
      };
      groups.put(group.DBSubnetGroupName ?? "", changed);
      return { DBSubnetGroup: changed };
    },

    DeleteDBSubnetGroup: (input) => {
      const { DBSubnetGroupName: name = "", DBSubnetGroupArn: arn = "" } = requireSubnetGroup(
        region,
        input.DBSubnetGroupName,
      );
      const user = region.store
        .collection<{ id: string; subnetGroup: string | undefined }>("rds.instances")
        .list()
        .find(({ subnetGroup }) => subnetGroup === name);
      if (user) {
        const message = `Cannot delete the subnet group '${name}' because at least one database instance: ${user.id} is still using it.`;
        throw new AwsError("InvalidDBSubnetGroupStateFault", message);
      }
      groups.delete(name);
      putTags(region, arn, undefined);
      return {};
    },
  };
}
