import { randomBytes } from "node:crypto";
import type {
  Address,
  InternetGateway,
  NatGateway,
  RouteTable,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
  Tag,
  TagSpecification,
  Vpc,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Collection } from "../../store/store.ts";

/** A VPC's attributes that DescribeVpcs doesn't show. */
export interface StoredVpc extends Vpc {
  dnsSupport: boolean;
  dnsHostnames: boolean;
  addressUsageMetrics: boolean;
}

/** The records of the region's networks. Tags are kept beside them, by resource id. */
export class Network {
  readonly region: Region;
  readonly vpcs: Collection<StoredVpc>;
  readonly subnets: Collection<Subnet>;
  readonly internetGateways: Collection<InternetGateway>;
  readonly addresses: Collection<Address>;
  readonly natGateways: Collection<NatGateway>;
  readonly routeTables: Collection<RouteTable>;
  readonly securityGroups: Collection<SecurityGroup>;
  readonly rules: Collection<SecurityGroupRule>;
  readonly tags: Collection<Tag[]>;

  constructor(region: Region) {
    const { store } = region;
    this.region = region;
    this.vpcs = store.collection("ec2.vpcs");
    this.subnets = store.collection("ec2.subnets");
    this.internetGateways = store.collection("ec2.internetGateways");
    this.addresses = store.collection("ec2.addresses");
    this.natGateways = store.collection("ec2.natGateways");
    this.routeTables = store.collection("ec2.routeTables");
    this.securityGroups = store.collection("ec2.securityGroups");
    this.rules = store.collection("ec2.securityGroupRules");
    this.tags = store.collection("ec2.tags");
  }

  get accountId(): string {
    return this.region.accountId;
  }

  /** `vpc-0123456789abcdef0`: a prefix and seventeen hexadecimal digits. */
  newId(prefix: string): string {
    return `${prefix}-0${randomBytes(8).toString("hex")}`;
  }

  /** Keeps the tags that a create call gives for its own kind of resource. */
  tagNew(id: string, type: string, specifications: TagSpecification[] | undefined): void {
    const tags = (specifications ?? [])
      .filter(({ ResourceType }) => ResourceType === type)
      .flatMap(({ Tags }) => Tags ?? []);
    if (tags.length > 0) this.tags.put(id, tags);
  }

  tagsOf(id: string | undefined): Tag[] {
    return (id && this.tags.get(id)) || [];
  }

  withTags<T>(id: string | undefined, record: T): T & { Tags: Tag[] } {
    return { ...record, Tags: this.tagsOf(id) };
  }

  remove<T>(collection: Collection<T>, id: string): void {
    collection.delete(id);
    this.tags.delete(id);
  }

  find<T>(collection: Collection<T>, id: string, code: string, kind: string): T {
    const record = collection.get(id);
    if (!record) throw notFound(code, kind, id);
    return record;
  }

  vpc(id: string): StoredVpc {
    return this.find(this.vpcs, id, "InvalidVpcID.NotFound", "vpc ID");
  }

  subnet(id: string): Subnet {
    return this.find(this.subnets, id, "InvalidSubnetID.NotFound", "subnet ID");
  }

  securityGroup(id: string): SecurityGroup {
    return this.find(this.securityGroups, id, "InvalidGroup.NotFound", "security group");
  }

  routeTable(id: string): RouteTable {
    return this.find(this.routeTables, id, "InvalidRouteTableID.NotFound", "routeTable ID");
  }

  internetGateway(id: string): InternetGateway {
    return this.find(this.internetGateways, id, "InvalidInternetGatewayID.NotFound", "internetGateway ID");
  }
}

export function notFound(code: string, kind: string, id: string): AwsError {
  return new AwsError(code, `The ${kind} '${id}' does not exist`);
}

export function dependencyViolation(kind: string, id: string): AwsError {
  return new AwsError("DependencyViolation", `The ${kind} '${id}' has dependencies and cannot be deleted.`);
}
