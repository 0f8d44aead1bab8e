import type { AvailabilityZone, SubnetMapping } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { invalidConfiguration, validationError } from "./errors.ts";

/** Where a load balancer is: its VPC and one subnet in each zone. Throws ELB's errors for subnets that don't do. */
export async function placement(
  region: Region,
  input: { Subnets?: string[]; SubnetMappings?: SubnetMapping[] },
): Promise<{ vpcId: string; zones: AvailabilityZone[] }> {
  if (input.Subnets?.length && input.SubnetMappings?.length)
    throw validationError("You must specify either subnets or subnet mappings, but not both");
  const ids = input.Subnets ?? (input.SubnetMappings ?? []).flatMap(({ SubnetId }) => SubnetId ?? []);
  if (ids.length === 0)
    throw validationError("At least two subnets in two different Availability Zones must be specified");
  const { Subnets = [] } = await translated("InvalidSubnetID.NotFound", "SubnetNotFound", () =>
    region.call("ec2").DescribeSubnets({ SubnetIds: ids }),
  );
  const zones = Subnets.map(({ AvailabilityZone, SubnetId }) => ({ ZoneName: AvailabilityZone, SubnetId }));
  const names = new Set(zones.map(({ ZoneName }) => ZoneName));
  if (names.size < zones.length)
    throw invalidConfiguration("A load balancer cannot be attached to multiple subnets in the same Availability Zone");
  if (names.size < 2)
    throw validationError("At least two subnets in two different Availability Zones must be specified");
  const vpcs = new Set(Subnets.map(({ VpcId }) => VpcId));
  const [vpcId = ""] = vpcs;
  if (vpcs.size > 1) throw invalidConfiguration("All subnets must belong to the same VPC");
  return { vpcId, zones: zones.toSorted((a, b) => (a.ZoneName ?? "").localeCompare(b.ZoneName ?? "")) };
}

/** Security groups as given, checked against the VPC; without any, the VPC's default group. */
export async function securityGroups(region: Region, vpcId: string, ids: string[] | undefined): Promise<string[]> {
  const ec2 = region.call("ec2");
  if (!ids?.length) {
    const { SecurityGroups = [] } = await ec2.DescribeSecurityGroups({
      Filters: [
        { Name: "vpc-id", Values: [vpcId] },
        { Name: "group-name", Values: ["default"] },
      ],
    });
    return SecurityGroups.flatMap(({ GroupId }) => GroupId ?? []);
  }
  const { SecurityGroups = [] } = await translated("InvalidGroup.NotFound", "InvalidSecurityGroup", () =>
    ec2.DescribeSecurityGroups({ GroupIds: ids }),
  );
  const foreign = SecurityGroups.find((group) => group.VpcId !== vpcId);
  if (foreign)
    throw invalidConfiguration(`One or more security groups are invalid: '${foreign.GroupId}' isn't in VPC '${vpcId}'`);
  return ids;
}

/** "InvalidSubnet: VPC vpc-… has no internet gateway" */
export async function requireInternetGateway(region: Region, vpcId: string): Promise<void> {
  const { InternetGateways = [] } = await region.call("ec2").DescribeInternetGateways({
    Filters: [{ Name: "attachment.vpc-id", Values: [vpcId] }],
  });
  if (InternetGateways.length === 0) throw new AwsError("InvalidSubnet", `VPC ${vpcId} has no internet gateway`);
}

export async function requireVpc(region: Region, vpcId: string): Promise<void> {
  await translated("InvalidVpcID.NotFound", "ValidationError", () =>
    region.call("ec2").DescribeVpcs({ VpcIds: [vpcId] }),
  );
}

/** EC2's not-found error under the name that ELB has for it. */
async function translated<R>(from: string, to: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AwsError && error.code === from) throw new AwsError(to, error.message);
    throw error;
  }
}
