import type { Subnet } from "@aws-sdk/client-ec2";
import { regionalArn } from "../../arn.ts";
import { AwsError } from "../../errors.ts";
import type { Operations } from "../../service.ts";
import { isSubnetInUse } from "./attached-interfaces.ts";
import { contains, formatCidr, overlaps, parseCidr } from "./cidr.ts";
import { describeRecords } from "./describe.ts";
import { dependencyViolation, type Network } from "./network.ts";
import { zonesOf } from "./zones.ts";

type Ec2Operations = Operations<typeof import("@aws-sdk/client-ec2")>;

// "The first four IP addresses and the last IP address in each subnet CIDR block are not available for your use."
const reservedAddresses = 5;

export function createSubnet(
  network: Network,
  wanted: { VpcId: string; CidrBlock: string; zone: string | undefined; isDefault: boolean },
): Subnet {
  const vpc = network.vpc(wanted.VpcId);
  const cidr = parseCidr(wanted.CidrBlock);
  if (cidr.bits < 16 || cidr.bits > 28 || !contains(parseCidr(vpc.CidrBlock ?? ""), cidr)) {
    throw new AwsError("InvalidSubnet.Range", `The CIDR '${wanted.CidrBlock}' is invalid.`);
  }
  const siblings = network.subnets.list().filter(({ VpcId }) => VpcId === wanted.VpcId);
  if (siblings.some(({ CidrBlock = "" }) => overlaps(parseCidr(CidrBlock), cidr))) {
    throw new AwsError("InvalidSubnet.Conflict", `The CIDR '${wanted.CidrBlock}' conflicts with another subnet`);
  }
  const zones = zonesOf(network.region);
  const zone =
    wanted.zone === undefined ? zones[0] : zones.find(({ name, id }) => [name, id].includes(wanted.zone ?? ""));
  if (!zone) {
    const message = `Value (${wanted.zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${zones.map(({ name }) => name).join(", ")}.`;
    throw new AwsError("InvalidParameterValue", message);
  }
  const SubnetId = network.newId("subnet");
  const subnet: Subnet = {
    SubnetId,
    SubnetArn: regionalArn(network.region, "ec2", `subnet/${SubnetId}`),
    VpcId: wanted.VpcId,
    CidrBlock: formatCidr(cidr),
    AvailabilityZone: zone.name,
    AvailabilityZoneId: zone.id,
    AvailableIpAddressCount: cidr.size - reservedAddresses,
    AssignIpv6AddressOnCreation: false,
    DefaultForAz: wanted.isDefault,
    EnableDns64: false,
    Ipv6CidrBlockAssociationSet: [],
    Ipv6Native: false,
    MapCustomerOwnedIpOnLaunch: false,
    MapPublicIpOnLaunch: wanted.isDefault,
    OwnerId: network.accountId,
    PrivateDnsNameOptionsOnLaunch: {
      HostnameType: "ip-name",
      EnableResourceNameDnsARecord: false,
      EnableResourceNameDnsAAAARecord: false,
    },
    State: "available",
  };
  network.subnets.put(SubnetId, subnet);
  return subnet;
}

export function subnetOperations(network: Network): Ec2Operations {
  return {
    CreateSubnet: (input) => {
      if (!input.CidrBlock) throw new AwsError("MissingParameter", "The request must contain the parameter CidrBlock");
      const subnet = createSubnet(network, {
        VpcId: input.VpcId,
        CidrBlock: input.CidrBlock,
        zone: input.AvailabilityZone ?? input.AvailabilityZoneId,
        isDefault: false,
      });
      network.tagNew(subnet.SubnetId ?? "", "subnet", input.TagSpecifications);
      return { Subnet: network.withTags(subnet.SubnetId, subnet) };
    },

    DescribeSubnets: (input) => {
      const { items, nextToken } = describeRecords(
        network,
        network.subnets,
        ({ SubnetId }) => SubnetId,
        { ids: input.SubnetIds, filters: input.Filters, token: input.NextToken, limit: input.MaxResults },
        { code: "InvalidSubnetID.NotFound", kind: "subnet ID" },
        {
          "subnet-id": ({ SubnetId }) => SubnetId,
          "vpc-id": ({ VpcId }) => VpcId,
          "cidr-block": ({ CidrBlock }) => CidrBlock,
          "availability-zone": ({ AvailabilityZone }) => AvailabilityZone,
          "availability-zone-id": ({ AvailabilityZoneId }) => AvailabilityZoneId,
          "default-for-az": ({ DefaultForAz }) => String(DefaultForAz),
          defaultForAz: ({ DefaultForAz }) => String(DefaultForAz),
          "map-public-ip-on-launch": ({ MapPublicIpOnLaunch }) => String(MapPublicIpOnLaunch),
          state: ({ State }) => State,
          "owner-id": ({ OwnerId }) => OwnerId,
        },
      );
      return { Subnets: items, NextToken: nextToken };
    },

    ModifySubnetAttribute: (input) => {
      const subnet = network.subnet(input.SubnetId);
      const { MapPublicIpOnLaunch, SubnetId, ...others } = input;
      const unbuilt = Object.keys(others)[0];
      if (unbuilt)
        throw new AwsError("InvalidParameterValue", `drydock does not keep the subnet attribute ${unbuilt}.`);
      network.subnets.put(SubnetId, {
        ...subnet,
        MapPublicIpOnLaunch: MapPublicIpOnLaunch?.Value ?? subnet.MapPublicIpOnLaunch,
      });
      return {};
    },

    DeleteSubnet: async (input) => {
      network.subnet(input.SubnetId);
      if (await isSubnetInUse(network, input.SubnetId)) throw dependencyViolation("subnet", input.SubnetId);
      network.region.store.transaction(() => {
        for (const table of network.routeTables.list()) {
          const Associations = table.Associations?.filter(({ SubnetId }) => SubnetId !== input.SubnetId);
          network.routeTables.put(table.RouteTableId ?? "", { ...table, ...(Associations && { Associations }) });
        }
        network.remove(network.subnets, input.SubnetId);
      });
      return {};
    },
  };
}
