import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import type { Network } from "./network.ts";

export interface Zone {
  name: string;
  id: string;
}

/** Three zones, as most regions have: `eu-west-1a` is `euw1-az1`. */
export function zonesOf(region: Region): Zone[] {
  const [area = "", direction = "", number = ""] = region.name.split("-");
  const short = `${area}${direction.replace(/(north|south|central)?(east|west)?/, (_all, a = "", b = "") => `${a.charAt(0)}${b.charAt(0)}`)}${number}`;
  return ["a", "b", "c"].map((letter, index) => ({ name: `${region.name}${letter}`, id: `${short}-az${index + 1}` }));
}

export function zoneOperations(network: Network): Operations<typeof import("@aws-sdk/client-ec2")> {
  const { region } = network;
  return {
    DescribeAvailabilityZones: (input) => {
      const wanted = input.Filters?.find(({ Name }) => Name === "zone-name")?.Values ?? input.ZoneNames;
      const zones = zonesOf(region)
        .filter(({ name }) => !wanted?.length || wanted.includes(name))
        .filter(({ id }) => !input.ZoneIds?.length || input.ZoneIds.includes(id));
      return {
        AvailabilityZones: zones.map(({ name, id }) => ({
          ZoneName: name,
          ZoneId: id,
          State: "available" as const,
          RegionName: region.name,
          GroupName: region.name,
          NetworkBorderGroup: region.name,
          OptInStatus: "opt-in-not-required" as const,
          ZoneType: "availability-zone",
          Messages: [],
        })),
      };
    },

    DescribeRegions: () => ({
      Regions: [
        { RegionName: region.name, Endpoint: `ec2.${region.name}.amazonaws.com`, OptInStatus: "opt-in-not-required" },
      ],
    }),

    DescribeAccountAttributes: () => {
      const defaultVpc = network.vpcs.list().find(({ IsDefault }) => IsDefault)?.VpcId ?? "none";
      const attributes = {
        "supported-platforms": "VPC",
        "default-vpc": defaultVpc,
        "vpc-max-security-groups-per-interface": "5",
      };
      return {
        AccountAttributes: Object.entries(attributes).map(([AttributeName, AttributeValue]) => ({
          AttributeName,
          AttributeValues: [{ AttributeValue }],
        })),
      };
    },
  };
}
