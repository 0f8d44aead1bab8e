import { createHash } from "node:crypto";
import type { NetworkInterface } from "@aws-sdk/client-ec2";
import type { Task } from "@aws-sdk/client-ecs";
import type { ServiceName } from "../index.ts";
import type { Network } from "./network.ts";

/**
 * The interfaces that other services have in the region's subnets: those of NAT gateways, load balancers, database instances
 * and tasks. What has one can't be deleted. The services are asked as any client would ask them, and only those that hold
 * data: a service that was never used isn't loaded for it.
 */
export async function attachedInterfaces(network: Network): Promise<NetworkInterface[]> {
  const found = await Promise.all([
    natGateways(network),
    isInUse(network, "elasticloadbalancing") ? loadBalancers(network) : [],
    isInUse(network, "rds") ? databases(network) : [],
    isInUse(network, "ecs") ? tasks(network) : [],
  ]);
  return found.flat();
}

export async function isSubnetInUse(network: Network, id: string): Promise<boolean> {
  return (await attachedInterfaces(network)).some(({ SubnetId }) => SubnetId === id);
}

export async function isSecurityGroupInUse(network: Network, id: string): Promise<boolean> {
  return (await attachedInterfaces(network)).some(({ Groups }) => Groups?.some(({ GroupId }) => GroupId === id));
}

/** Collections are named `<service>.<kind>`. */
function isInUse(network: Network, service: ServiceName): boolean {
  const sql = "SELECT 1 FROM documents WHERE collection >= ? AND collection < ? LIMIT 1";
  return network.region.store.database.prepare(sql).get(`${service}.`, `${service}/`) !== undefined;
}

function natGateways(network: Network): NetworkInterface[] {
  const alive = network.natGateways.list().filter(({ State }) => State !== "deleted");
  return alive.flatMap((gateway) =>
    (gateway.NatGatewayAddresses ?? []).map((address) => ({
      ...describe(network, address.NetworkInterfaceId, gateway.SubnetId, []),
      InterfaceType: "natGateway" as const,
      Description: `Interface for NAT Gateway ${gateway.NatGatewayId}`,
      PrivateIpAddress: address.PrivateIp,
      ...(address.PublicIp && { Association: { PublicIp: address.PublicIp, IpOwnerId: network.accountId } }),
    })),
  );
}

async function loadBalancers(network: Network): Promise<NetworkInterface[]> {
  const elb = network.region.call("elasticloadbalancing");
  const found = await everyPage(async (Marker) => {
    const { LoadBalancers, NextMarker } = await elb.DescribeLoadBalancers({ Marker });
    return [LoadBalancers, NextMarker];
  });
  return found.flatMap((balancer) =>
    (balancer.AvailabilityZones ?? []).map(({ SubnetId }) => ({
      ...describe(network, idOf(balancer.LoadBalancerArn, SubnetId), SubnetId, balancer.SecurityGroups),
      RequesterId: "amazon-elb",
      Description: `ELB ${balancer.LoadBalancerArn?.split(":loadbalancer/")[1]}`,
      ...(balancer.Scheme === "internet-facing" && { Association: { IpOwnerId: "amazon-elb" } }),
    })),
  );
}

/** One in the zone of an instance, and one in that of its standby. */
async function databases(network: Network): Promise<NetworkInterface[]> {
  const rds = network.region.call("rds");
  const found = await everyPage(async (Marker) => {
    const { DBInstances, Marker: next } = await rds.DescribeDBInstances({ Marker });
    return [DBInstances, next];
  });
  return found.flatMap((instance) => {
    const zones = [instance.AvailabilityZone, instance.SecondaryAvailabilityZone];
    const groups = instance.VpcSecurityGroups?.flatMap(({ VpcSecurityGroupId }) => VpcSecurityGroupId ?? []);
    const subnets = instance.DBSubnetGroup?.Subnets ?? [];
    return subnets
      .filter(({ SubnetAvailabilityZone }) => SubnetAvailabilityZone && zones.includes(SubnetAvailabilityZone.Name))
      .map(({ SubnetIdentifier }) => ({
        ...describe(network, idOf(instance.DBInstanceArn, SubnetIdentifier), SubnetIdentifier, groups),
        RequesterId: "amazon-rds",
        Description: "RDSNetworkInterface",
      }));
  });
}

async function tasks(network: Network): Promise<NetworkInterface[]> {
  const ecs = network.region.call("ecs");
  const clusters = await everyPage(async (nextToken) => {
    const { clusterArns, nextToken: next } = await ecs.ListClusters({ nextToken });
    return [clusterArns, next];
  });
  const found = await Promise.all(clusters.map((cluster) => tasksOf(network, cluster)));
  return found.flat();
}

async function tasksOf(network: Network, cluster: string): Promise<NetworkInterface[]> {
  const ecs = network.region.call("ecs");
  const describing = (["RUNNING", "STOPPED"] as const).map((desiredStatus) =>
    everyPage(async (nextToken) => {
      const page = await ecs.ListTasks({ cluster, desiredStatus, nextToken });
      const arns = page.taskArns ?? [];
      const described = arns.length > 0 ? (await ecs.DescribeTasks({ cluster, tasks: arns })).tasks : [];
      return [described, page.nextToken];
    }),
  );
  const alive = (await Promise.all(describing)).flat().filter(({ lastStatus }) => lastStatus !== "STOPPED");
  const groups = await serviceSecurityGroups(network, cluster, alive);
  return alive.flatMap((task) =>
    (task.attachments ?? []).map(({ id, details = [] }) => {
      const detail = (wanted: string) => details.find(({ name }) => name === wanted)?.value;
      return {
        ...describe(network, detail("networkInterfaceId"), detail("subnetId"), groups.get(task.startedBy ?? "")),
        Description: `arn:aws:ecs:${network.region.name}:${network.accountId}:attachment/${id}`,
        PrivateIpAddress: detail("privateIPv4Address"),
        MacAddress: detail("macAddress"),
      };
    }),
  );
}

/** By deployment: a task itself doesn't say its security groups, the deployment that started it does. */
async function serviceSecurityGroups(network: Network, cluster: string, tasks: Task[]): Promise<Map<string, string[]>> {
  const names = tasks.flatMap(({ group }) => (group?.startsWith("service:") ? [group.slice("service:".length)] : []));
  const wanted = [...new Set(names)];
  const groups = new Map<string, string[]>();
  for (let start = 0; start < wanted.length; start += 10) {
    const services = wanted.slice(start, start + 10);
    const described = await network.region.call("ecs").DescribeServices({ cluster, services });
    for (const { id = "", networkConfiguration } of described.services?.flatMap((each) => each.deployments ?? []) ??
      []) {
      groups.set(id, networkConfiguration?.awsvpcConfiguration?.securityGroups ?? []);
    }
  }
  return groups;
}

function describe(
  network: Network,
  NetworkInterfaceId: string | undefined,
  SubnetId: string | undefined,
  groups: string[] | undefined,
): NetworkInterface {
  const subnet = SubnetId === undefined ? undefined : network.subnets.get(SubnetId);
  return {
    NetworkInterfaceId,
    InterfaceType: "interface",
    OwnerId: network.accountId,
    RequesterManaged: true,
    Status: "in-use",
    SubnetId,
    VpcId: subnet?.VpcId,
    AvailabilityZone: subnet?.AvailabilityZone,
    Groups: (groups ?? []).map((GroupId) => ({
      GroupId,
      GroupName: network.securityGroups.get(GroupId)?.GroupName,
    })),
  };
}

/** The same id at every look, for interfaces that aren't recorded anywhere. */
function idOf(owner: string | undefined, subnet: string | undefined): string {
  return `eni-0${createHash("sha256").update(`${owner} ${subnet}`).digest("hex").slice(0, 16)}`;
}

async function everyPage<T>(
  read: (token: string | undefined) => Promise<[items: T[] | undefined, token: string | undefined]>,
): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const [items = [], next] = await read(token);
    all.push(...items);
    token = next;
  } while (token !== undefined);
  return all;
}
