import type { Region } from "../../../region.ts";
import { ifThere, present } from "../engine/calls.ts";
import { inPlace, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { tagSpecifications, updateTags } from "./ec2-tags.ts";

export const eip = defineResourceType({
  properties: { Domain: inPlace(text), Tags: inPlace(tags) },
  unsupported: ["Address", "InstanceId", "IpamPoolId", "NetworkBorderGroup", "PublicIpv4Pool", "TransferAddress"],
  attributes: ["AllocationId", "PublicIp"],
  async create({ region, tags }) {
    const { PublicIp } = await region
      .call("ec2")
      .AllocateAddress({ Domain: "vpc", ...tagSpecifications("elastic-ip", tags) });
    return present(PublicIp, "PublicIp");
  },
  read: async ({ region, physicalId }) => ({
    PublicIp: physicalId,
    AllocationId: await allocationOf(region, physicalId),
  }),
  async update(context) {
    await updateTags(context, present(await allocationOf(context.region, context.physicalId), "AllocationId"));
    return undefined;
  },
  async delete({ region, physicalId }) {
    const AllocationId = await allocationOf(region, physicalId);
    if (AllocationId !== undefined) await ifThere(/NotFound/, region.call("ec2").ReleaseAddress({ AllocationId }));
  },
});

async function allocationOf(region: Region, address: string): Promise<string | undefined> {
  const found = await ifThere(/NotFound/, region.call("ec2").DescribeAddresses({ PublicIps: [address] }));
  return found?.Addresses?.[0]?.AllocationId;
}
