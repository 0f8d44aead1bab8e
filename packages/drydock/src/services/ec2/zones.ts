import type { AvailabilityZone, Region as Ec2Region } from "@aws-sdk/client-ec2";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { describeRecords } from "./describe.ts";
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

function describeZone(region: Region, { name, id }: Zone): AvailabilityZone {
  return {
    ZoneName: name,
    ZoneId: id,
    State: "available",
    RegionName: region.name,
    GroupName: region.name,
    NetworkBorderGroup: region.name,
    OptInStatus: "opt-in-not-required",
    ZoneType: "availability-zone",
    Messages: [],
  };
}

export function zoneOperations(network: Network): Operations<typeof import("@aws-sdk/client-ec2")> {
  const { region } = network;
  return {
    DescribeAvailabilityZones: (input) => {
      const zones = zonesOf(region).map((zone) => describeZone(region, zone));
      const { items } = describeRecords<AvailabilityZone>(
        network,
        {
          get: (wanted) => zones.find(({ ZoneName, ZoneId }) => ZoneName === wanted || ZoneId === wanted),
          list: () => zones,
        },
        ({ ZoneName }) => ZoneName,
        { ids: input.ZoneNames ?? input.ZoneIds, filters: input.Filters, token: undefined, limit: undefined },
        { code: "InvalidParameterValue", kind: "availability zone" },
        {
          "zone-name": ({ ZoneName }) => ZoneName,
          "zone-id": ({ ZoneId }) => ZoneId,
          "zone-type": ({ ZoneType }) => ZoneType,
          "region-name": ({ RegionName }) => RegionName,
          "group-name": ({ GroupName }) => GroupName,
          "opt-in-status": ({ OptInStatus }) => OptInStatus,
          state: ({ State }) => State,
        },
      );
      return { AvailabilityZones: items };
    },

    DescribeRegions: (input) => {
      const regions: Ec2Region[] = [
        { RegionName: region.name, Endpoint: `ec2.${region.name}.amazonaws.com`, OptInStatus: "opt-in-not-required" },
      ];
      const { items } = describeRecords<Ec2Region>(
        network,
        { get: (wanted) => regions.find(({ RegionName }) => RegionName === wanted), list: () => regions },
        ({ RegionName }) => RegionName,
        { ids: input.RegionNames, filters: input.Filters, token: undefined, limit: undefined },
        { code: "InvalidParameterValue", kind: "region" },
        {
          "region-name": ({ RegionName }) => RegionName,
          endpoint: ({ Endpoint }) => Endpoint,
          "opt-in-status": ({ OptInStatus }) => OptInStatus,
        },
      );
      return { Regions: items };
    },

    DescribeAccountAttributes: (input) => {
      const defaultVpc = network.vpcs.list().find(({ IsDefault }) => IsDefault)?.VpcId ?? "none";
      const attributes = {
        "supported-platforms": "VPC",
        "default-vpc": defaultVpc,
        "vpc-max-security-groups-per-interface": "5",
      };
      return {
        AccountAttributes: Object.entries(attributes)
          .filter(([name]) => !input.AttributeNames?.length || input.AttributeNames.some((wanted) => wanted === name))
          .map(([AttributeName, AttributeValue]) => ({ AttributeName, AttributeValues: [{ AttributeValue }] })),
      };
    },
  };
}
