import { randomBytes, randomUUID } from "node:crypto";
import type { NetworkConfiguration } from "@aws-sdk/client-ecs";
import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";
import type { TaskNetwork } from "../../../runtime/tasks/task.ts";
import type { Ecs } from "../ecs.ts";
import { invalidParameter } from "../errors.ts";
import type { Subnet } from "../records.ts";
import type { SubnetAddresses } from "../subnet-addresses.ts";

/** Where tasks of a network configuration can be, looked up once per revision. */
export interface NetworkPlacement {
  subnets: Subnet[];
  securityGroups: string[];
}

/** Throws InvalidParameterException for subnets or security groups that don't exist. */
export async function lookUpNetwork(
  region: Region,
  configuration: NetworkConfiguration | undefined,
): Promise<NetworkPlacement> {
  const { subnets: wanted = [], securityGroups = [] } = configuration?.awsvpcConfiguration ?? {};
  const subnets = await lookUpSubnets(region, wanted);
  return { subnets, securityGroups: await lookUpSecurityGroups(region, securityGroups, subnets[0]?.vpcId) };
}

async function lookUpSubnets(region: Region, wanted: string[]): Promise<Subnet[]> {
  if (wanted.length === 0) {
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  if (wanted.length > 16) throw invalidParameter("Network Configuration can have at most 16 subnets.");
  const found = await region
    .call("ec2")
    .DescribeSubnets({ SubnetIds: wanted })
    .catch((error: unknown) => {
      if (!(error instanceof AwsError)) throw error;
      throw invalidParameter(
        `Error retrieving subnet information for [${wanted.join(", ")}]: ${error.message} (ErrorCode: ${error.code})`,
      );
    });
  return (found.Subnets ?? []).map((subnet) => ({
    subnetId: subnet.SubnetId ?? "",
    ...(subnet.VpcId ? { vpcId: subnet.VpcId } : {}),
    cidrBlock: subnet.CidrBlock ?? "",
    availabilityZone: subnet.AvailabilityZone ?? "",
  }));
}

/** "If you do not specify a security group, the default security group for the VPC is used" (AwsVpcConfiguration). */
async function lookUpSecurityGroups(region: Region, wanted: string[], vpcId: string | undefined): Promise<string[]> {
  if (wanted.length > 5) throw invalidParameter("Network Configuration can have at most 5 security groups.");
  const defaultGroup = {
    Filters: [
      { Name: "vpc-id", Values: [vpcId ?? ""] },
      { Name: "group-name", Values: ["default"] },
    ],
  };
  const { SecurityGroups = [] } = await region
    .call("ec2")
    .DescribeSecurityGroups(wanted.length > 0 ? { GroupIds: wanted } : defaultGroup)
    .catch((error: unknown) => {
      if (!(error instanceof AwsError)) throw error;
      throw invalidParameter(
        `Error retrieving security group information for [${wanted.join(", ")}]: ${error.message} ` +
          `(ErrorCode: ${error.code})`,
      );
    });
  return wanted.length > 0 ? wanted : SecurityGroups.flatMap(({ GroupId }) => GroupId ?? []);
}

/**
 * A network interface for one more task: in the zone where its service (or group) has the fewest tasks, on an address of
 * that subnet that no task still listed has. There must be a subnet.
 */
export function placeTask({ records }: Ecs, subnets: Subnet[], clusterName: string, group: string): TaskNetwork {
  const neighbours = records.tasks.places(clusterName, group);
  const load = (key: "availabilityZone" | "subnetId", value: string) =>
    neighbours.filter((place) => place[key] === value).length;
  const [subnet] = subnets.toSorted(
    (a, b) =>
      load("availabilityZone", a.availabilityZone) - load("availabilityZone", b.availabilityZone) ||
      load("subnetId", a.subnetId) - load("subnetId", b.subnetId),
  );
  if (!subnet) throw new Error(`There is no subnet to place a task of ${group} in.`);
  return {
    address: freeAddress(subnet, records.tasks.addresses(subnet.subnetId)),
    attachmentId: randomUUID(),
    macAddress: `0a:${randomBytes(5).toString("hex").match(/../g)?.join(":")}`,
    subnetId: subnet.subnetId,
    ...(subnet.vpcId ? { vpcId: subnet.vpcId } : {}),
    subnetCidrBlock: subnet.cidrBlock,
    availabilityZone: subnet.availabilityZone,
  };
}

/**
 * The address after the newest one given in this subnet, so that a stopped task's target isn't taken for a new one's.
 * AWS keeps a subnet's first four addresses and the last one for itself.
 */
function freeAddress(subnet: Subnet, given: SubnetAddresses): string {
  const [base = "", length = "24"] = subnet.cidrBlock.split("/");
  const first = toNumber(base) + 4;
  const count = 2 ** (32 - Number(length)) - 5;
  const start = given.newest ? toNumber(given.newest.address) - first + 1 : 0;
  const taken = [(address: string) => given.isListed(address), (address: string) => given.isRunning(address)];
  for (const isTaken of taken) {
    for (let offset = 0; offset < count; offset++) {
      const address = toText(first + ((start + offset) % count));
      if (!isTaken(address)) return address;
    }
  }
  throw invalidParameter(`Insufficient free addresses in subnet ${subnet.subnetId}.`);
}

function toNumber(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function toText(address: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join(".");
}
