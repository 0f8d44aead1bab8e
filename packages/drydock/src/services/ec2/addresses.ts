import { AwsError } from "../../errors.ts";
import type { Operations } from "../../service.ts";
import { describeRecords } from "./describe.ts";
import type { Network } from "./network.ts";

/** Elastic IPs, numbered through 203.0.113.0/24 and on: an address range that is documentation's own, RFC 5737. */
export function addressOperations(network: Network): Operations<typeof import("@aws-sdk/client-ec2")> {
  return {
    AllocateAddress: (input) => {
      const AllocationId = network.newId("eipalloc");
      const number = network.region.store.next("ec2.addresses");
      const address = {
        AllocationId,
        PublicIp: `203.0.${113 + Math.floor(number / 250)}.${(number % 250) + 1}`,
        Domain: "vpc" as const,
        NetworkBorderGroup: network.region.name,
        PublicIpv4Pool: "amazon",
      };
      network.addresses.put(AllocationId, address);
      network.tagNew(AllocationId, "elastic-ip", input.TagSpecifications);
      return address;
    },

    DescribeAddresses: (input) => {
      const { items } = describeRecords(
        network,
        network.addresses,
        ({ AllocationId }) => AllocationId,
        { ids: input.AllocationIds, filters: input.Filters, token: undefined, limit: undefined },
        { code: "InvalidAllocationID.NotFound", kind: "allocation ID" },
        {
          "allocation-id": ({ AllocationId }) => AllocationId,
          "association-id": ({ AssociationId }) => AssociationId,
          "public-ip": ({ PublicIp }) => PublicIp,
          domain: ({ Domain }) => Domain,
          "network-interface-id": ({ NetworkInterfaceId }) => NetworkInterfaceId,
        },
      );
      const unknown = input.PublicIps?.find((ip) => !network.addresses.list().some(({ PublicIp }) => PublicIp === ip));
      if (unknown) throw new AwsError("InvalidAddress.NotFound", `Address '${unknown}' not found.`);
      return {
        Addresses: items.filter(({ PublicIp = "" }) => !input.PublicIps?.length || input.PublicIps.includes(PublicIp)),
      };
    },

    DescribeAddressesAttribute: (input) => ({
      Addresses: network.addresses
        .list()
        .filter(({ AllocationId = "" }) => !input.AllocationIds?.length || input.AllocationIds.includes(AllocationId))
        .map(({ AllocationId, PublicIp }) => ({ AllocationId, PublicIp })),
    }),

    // Only a NAT gateway holds an address here, and lets go of it when it is deleted.
    DisassociateAddress: (input) => {
      if (!input.AssociationId) {
        throw new AwsError("MissingParameter", "The request must contain the parameter AssociationId");
      }
      if (network.addresses.list().some(({ AssociationId }) => AssociationId === input.AssociationId)) {
        throw new AwsError("AuthFailure", "You do not have permission to access the specified resource.");
      }
      const message = `The association ID '${input.AssociationId}' does not exist`;
      throw new AwsError("InvalidAssociationID.NotFound", message);
    },

    ReleaseAddress: (input) => {
      const address = network.addresses
        .list()
        .find(
          ({ AllocationId, PublicIp }) =>
            AllocationId === input.AllocationId || (input.PublicIp && PublicIp === input.PublicIp),
        );
      if (!address?.AllocationId) {
        const message = `The allocation ID '${input.AllocationId ?? input.PublicIp}' does not exist`;
        throw new AwsError("InvalidAllocationID.NotFound", message);
      }
      if (address.AssociationId) {
        throw new AwsError("InvalidIPAddress.InUse", `Address ${address.PublicIp} is in use.`);
      }
      network.remove(network.addresses, address.AllocationId);
      return {};
    },
  };
}
