import {
  exported,
  getAtt,
  nameTag,
  type Output,
  type Resource,
  ref,
  type Template,
  template,
  type Value,
} from "./template.ts";

const zones = [
  { letter: "A", index: 0, publicCidr: "10.0.0.0/20", privateCidr: "10.0.128.0/20" },
  { letter: "B", index: 1, publicCidr: "10.0.16.0/20", privateCidr: "10.0.144.0/20" },
];

/** Ids of the private subnets, of which every stack of an app needs all. */
export const privateSubnetOutputs = zones.map((zone) => `PrivateSubnet${zone.letter}`);
export const publicSubnetOutputs = zones.map((zone) => `PublicSubnet${zone.letter}`);

/** Network and ECS cluster, which several apps may share. Tasks and databases live in the private subnets. */
export function clusterTemplate(cluster: string): Template {
  return template(
    `fardel: network and ECS cluster ${cluster}`,
    {
      ...network(cluster),
      ...Object.assign({}, ...zones.map((zone) => subnets(cluster, zone))),
      Cluster: {
        Type: "AWS::ECS::Cluster",
        Properties: {
          ClusterName: cluster,
          CapacityProviders: ["FARGATE", "FARGATE_SPOT"],
          ClusterSettings: [{ Name: "containerInsights", Value: "disabled" }],
        },
      },
    },
    outputs(cluster),
  );
}

function network(cluster: string): Record<string, Resource> {
  return {
    Vpc: {
      Type: "AWS::EC2::VPC",
      Properties: {
        CidrBlock: "10.0.0.0/16",
        EnableDnsSupport: true,
        EnableDnsHostnames: true,
        Tags: nameTag(cluster),
      },
    },
    InternetGateway: { Type: "AWS::EC2::InternetGateway", Properties: { Tags: nameTag(cluster) } },
    InternetGatewayAttachment: {
      Type: "AWS::EC2::VPCGatewayAttachment",
      Properties: { VpcId: ref("Vpc"), InternetGatewayId: ref("InternetGateway") },
    },
    NatAddress: {
      Type: "AWS::EC2::EIP",
      // "If you define an Elastic IP address and associate it with a VPC that is defined in the same template, you must
      // declare a dependency on the VPC-gateway attachment" (AWS::EC2::EIP).
      DependsOn: ["InternetGatewayAttachment"],
      Properties: { Domain: "vpc", Tags: nameTag(`${cluster}-nat`) },
    },
    NatGateway: {
      Type: "AWS::EC2::NatGateway",
      Properties: {
        AllocationId: getAtt("NatAddress", "AllocationId"),
        SubnetId: ref("PublicSubnetA"),
        Tags: nameTag(cluster),
      },
    },
    PublicRouteTable: routeTable(`${cluster}-public`),
    PublicRoute: {
      Type: "AWS::EC2::Route",
      DependsOn: ["InternetGatewayAttachment"],
      Properties: {
        RouteTableId: ref("PublicRouteTable"),
        DestinationCidrBlock: "0.0.0.0/0",
        GatewayId: ref("InternetGateway"),
      },
    },
    PrivateRouteTable: routeTable(`${cluster}-private`),
    PrivateRoute: {
      Type: "AWS::EC2::Route",
      Properties: {
        RouteTableId: ref("PrivateRouteTable"),
        DestinationCidrBlock: "0.0.0.0/0",
        NatGatewayId: ref("NatGateway"),
      },
    },
  };
}

function routeTable(name: string): Resource {
  return { Type: "AWS::EC2::RouteTable", Properties: { VpcId: ref("Vpc"), Tags: nameTag(name) } };
}

function subnets(cluster: string, zone: (typeof zones)[number]): Record<string, Resource> {
  const subnet = (access: "public" | "private", cidr: string): Resource => ({
    Type: "AWS::EC2::Subnet",
    Properties: {
      VpcId: ref("Vpc"),
      AvailabilityZone: { "Fn::Select": [zone.index, { "Fn::GetAZs": "" }] },
      CidrBlock: cidr,
      Tags: nameTag(`${cluster}-${access}-${zone.letter.toLowerCase()}`),
    },
  });
  const association = (subnetId: string, routeTableId: string): Resource => ({
    Type: "AWS::EC2::SubnetRouteTableAssociation",
    Properties: { SubnetId: ref(subnetId), RouteTableId: ref(routeTableId) },
  });
  const [publicId, privateId] = [`PublicSubnet${zone.letter}`, `PrivateSubnet${zone.letter}`];
  return {
    [publicId]: subnet("public", zone.publicCidr),
    [`${publicId}Routing`]: association(publicId, "PublicRouteTable"),
    [privateId]: subnet("private", zone.privateCidr),
    [`${privateId}Routing`]: association(privateId, "PrivateRouteTable"),
  };
}

function outputs(cluster: string): Record<string, Output> {
  const values: Record<string, Value> = {
    VpcId: ref("Vpc"),
    ClusterName: ref("Cluster"),
    NatAddress: ref("NatAddress"),
  };
  for (const id of [...publicSubnetOutputs, ...privateSubnetOutputs]) values[id] = ref(id);
  return Object.assign({}, ...Object.entries(values).map(([name, value]) => exported(cluster, name, value)));
}
