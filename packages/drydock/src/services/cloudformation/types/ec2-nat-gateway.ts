import type { Region } from "../../../region.ts";
import { ifThere, present, until } from "../engine/calls.ts";
import { inPlace, replacement, required, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { tagSpecifications, updateTags } from "./ec2-tags.ts";

export const natGateway = defineResourceType({
  properties: {
    AllocationId: replacement(text),
    ConnectivityType: replacement(text),
    PrivateIpAddress: replacement(text),
    SubnetId: required(replacement(text)),
    Tags: inPlace(tags),
  },
  unsupported: [
    "AvailabilityMode",
    "AvailabilityZoneAddresses",
    "MaxDrainDurationSeconds",
    "SecondaryAllocationIds",
    "SecondaryPrivateIpAddressCount",
    "SecondaryPrivateIpAddresses",
    "VpcId",
  ],
  attributes: ["NatGatewayId"],
  async create({ region, properties, tags, token }) {
    const { AllocationId, ConnectivityType, PrivateIpAddress, SubnetId } = properties;
    const { NatGateway } = await region.call("ec2").CreateNatGateway({
      AllocationId,
      ConnectivityType: ConnectivityType as "public" | undefined,
      PrivateIpAddress,
      SubnetId,
      ClientToken: token,
      ...tagSpecifications("natgateway", tags),
    });
    return present(NatGateway?.NatGatewayId, "NatGatewayId");
  },
  async settle(context) {
    await until(context, async () => {
      const state = await stateOf(context.region, context.physicalId);
      if (state === "failed") throw new Error(`NAT gateway ${context.physicalId} failed`);
      return state === "available";
    });
  },
  read: async ({ physicalId }) => ({ NatGatewayId: physicalId }),
  async update(context) {
    await updateTags(context, context.physicalId);
    return undefined;
  },
  async delete(context) {
    const { region, physicalId } = context;
    await ifThere(/NotFound/, region.call("ec2").DeleteNatGateway({ NatGatewayId: physicalId }));
    await until(context, async () => [undefined, "deleted"].includes(await stateOf(region, physicalId)));
  },
});

async function stateOf(region: Region, id: string): Promise<string | undefined> {
  const found = await ifThere(/NotFound/, region.call("ec2").DescribeNatGateways({ NatGatewayIds: [id] }));
  return found?.NatGateways?.[0]?.State;
}
