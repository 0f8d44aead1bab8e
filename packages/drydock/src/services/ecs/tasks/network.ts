import { randomBytes, randomUUID } from "node:crypto";
import type { NetworkConfiguration } from "@aws-sdk/client-ecs";
import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";
import type { TaskNetwork } from "../../../runtime/tasks/task.ts";
import { invalidParameter } from "../errors.ts";
import type { Subnet, TaskRecord } from "../records.ts";

/** The subnets of a network configuration. Throws InvalidParameterException for ones that don't exist. */
export async function lookUpSubnets(
  region: Region,
  configuration: NetworkConfiguration | undefined,
): Promise<Subnet[]> {
  const wanted = configuration?.awsvpcConfiguration?.subnets ?? [];
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

/** Throws InvalidParameterException for security groups that don't exist. */
export async function checkSecurityGroups(
  region: Region,
  configuration: NetworkConfiguration | undefined,
): Promise<void> {
  const groups = configuration?.awsvpcConfiguration?.securityGroups ?? [];
  if (groups.length === 0) return;
  await region
    .call("ec2")
    .DescribeSecurityGroups({ GroupIds: groups })
    .catch((error: unknown) => {
      if (!(error instanceof AwsError)) throw error;
      throw invalidParameter(
        `Error retrieving security group information for [${groups.join(", ")}]: ${error.message} ` +
          `(ErrorCode: ${error.code})`,
      );
    });
}

/**
 * A network interface for one more task: in the zone where its service (or group) has the fewest tasks, on an address of
 * that subnet that no task still listed has. `neighbours` are the group's tasks, `all` those of the region.
 */
export function placeTask(subnets: Subnet[], neighbours: TaskRecord[], all: TaskRecord[]): TaskNetwork {
  const alive = neighbours.filter((task) => task.state.lastStatus !== "STOPPED");
  const load = (key: "availabilityZone" | "subnetId", value: string) =>
    alive.filter((task) => task.network[key] === value).length;
  const [subnet] = subnets.toSorted(
    (a, b) =>
      load("availabilityZone", a.availabilityZone) - load("availabilityZone", b.availabilityZone) ||
      load("subnetId", a.subnetId) - load("subnetId", b.subnetId),
  );
  if (!subnet) throw invalidParameter("There is no subnet to place a task in.");
  return {
    address: freeAddress(subnet, all),
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
function freeAddress(subnet: Subnet, all: TaskRecord[]): string {
  const [base = "", length = "24"] = subnet.cidrBlock.split("/");
  const first = toNumber(base) + 4;
  const count = 2 ** (32 - Number(length)) - 5;
  const own = all.filter((task) => task.network.subnetId === subnet.subnetId);
  const running = new Set(own.filter((task) => task.state.lastStatus !== "STOPPED").map(addressOf));
  const listed = new Set(own.map(addressOf));
  const newest = own.reduce<TaskRecord | undefined>(
    (last, task) => (last && last.createdAt > task.createdAt ? last : task),
    undefined,
  );
  const start = newest ? addressOf(newest) - first + 1 : 0;
  for (const taken of [listed, running]) {
    for (let offset = 0; offset < count; offset++) {
      const address = first + ((start + offset) % count);
      if (!taken.has(address)) return toText(address);
    }
  }
  throw invalidParameter(`Insufficient free addresses in subnet ${subnet.subnetId}.`);
}

function addressOf(task: TaskRecord): number {
  return toNumber(task.network.address);
}

function toNumber(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function toText(address: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join(".");
}
