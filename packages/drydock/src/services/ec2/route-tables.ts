import type { Route, RouteTable, RouteTableAssociation } from "@aws-sdk/client-ec2";
import { AwsError } from "../../errors.ts";
import type { Operations } from "../../service.ts";
import { describeRecords } from "./describe.ts";
import { dependencyViolation, type Network, notFound } from "./network.ts";

type Ec2Operations = Operations<typeof import("@aws-sdk/client-ec2")>;

/** The table that subnets without one of their own use. */
export function createMainRouteTable(network: Network, VpcId: string, cidrBlock: string): RouteTable {
  const table = newTable(network, VpcId, cidrBlock);
  const RouteTableId = table.RouteTableId ?? "";
  const main = { ...table, Associations: [association(network, RouteTableId, { Main: true })] };
  network.routeTables.put(RouteTableId, main);
  return main;
}

export function routeTableOperations(network: Network): Ec2Operations {
  return {
    CreateRouteTable: (input) => {
      const table = newTable(network, input.VpcId, network.vpc(input.VpcId).CidrBlock ?? "");
      network.routeTables.put(table.RouteTableId ?? "", table);
      network.tagNew(table.RouteTableId ?? "", "route-table", input.TagSpecifications);
      return { RouteTable: network.withTags(table.RouteTableId, table), ClientToken: input.ClientToken };
    },

    DescribeRouteTables: (input) => {
      const { items, nextToken } = describeRecords(
        network,
        network.routeTables,
        ({ RouteTableId }) => RouteTableId,
        { ids: input.RouteTableIds, filters: input.Filters, token: input.NextToken, limit: input.MaxResults },
        { code: "InvalidRouteTableID.NotFound", kind: "routeTable ID" },
        {
          "route-table-id": ({ RouteTableId }) => RouteTableId,
          "vpc-id": ({ VpcId }) => VpcId,
          "owner-id": ({ OwnerId }) => OwnerId,
          "association.main": ({ Associations }) => Associations?.map(({ Main }) => String(Main)),
          "association.subnet-id": ({ Associations }) => Associations?.map(({ SubnetId }) => SubnetId),
          "association.route-table-association-id": ({ Associations }) =>
            Associations?.map(({ RouteTableAssociationId }) => RouteTableAssociationId),
          "route.destination-cidr-block": ({ Routes }) =>
            Routes?.map(({ DestinationCidrBlock }) => DestinationCidrBlock),
          "association.gateway-id": () => undefined,
          "route.gateway-id": ({ Routes }) => Routes?.map(({ GatewayId }) => GatewayId),
          "route.nat-gateway-id": ({ Routes }) => Routes?.map(({ NatGatewayId }) => NatGatewayId),
        },
      );
      return { RouteTables: items.map((table) => withRouteStates(network, table)), NextToken: nextToken };
    },

    DeleteRouteTable: (input) => {
      const table = network.routeTable(input.RouteTableId);
      if (table.Associations?.length) throw dependencyViolation("routeTable", input.RouteTableId);
      network.remove(network.routeTables, input.RouteTableId);
      return {};
    },

    AssociateRouteTable: (input) => {
      if (!input.SubnetId) {
        throw new AwsError("InvalidParameterValue", "drydock associates route tables with subnets, not with gateways.");
      }
      const { SubnetId } = input;
      network.subnet(SubnetId);
      const table = network.routeTable(input.RouteTableId);
      const current = network.routeTables
        .list()
        .flatMap(({ Associations }) => Associations ?? [])
        .find((each) => each.SubnetId === SubnetId);
      if (current) {
        if (current.RouteTableId === input.RouteTableId) return { AssociationId: current.RouteTableAssociationId };
        const message = `the specified association for route table ${input.RouteTableId} conflicts with an existing association`;
        throw new AwsError("Resource.AlreadyAssociated", message);
      }
      const added = association(network, input.RouteTableId, { SubnetId });
      network.routeTables.put(input.RouteTableId, { ...table, Associations: [...(table.Associations ?? []), added] });
      return { AssociationId: added.RouteTableAssociationId, AssociationState: { State: "associated" } };
    },

    DisassociateRouteTable: (input) => {
      const { table, found } = findAssociation(network, input.AssociationId);
      if (found.Main) {
        throw new AwsError("InvalidParameterValue", "cannot disassociate the main route table association");
      }
      const Associations = table.Associations?.filter((each) => each !== found) ?? [];
      network.routeTables.put(table.RouteTableId ?? "", { ...table, Associations });
      return {};
    },

    ReplaceRouteTableAssociation: (input) => {
      const { table, found } = findAssociation(network, input.AssociationId);
      const target = network.routeTable(input.RouteTableId);
      const moved = association(network, input.RouteTableId, {
        Main: found.Main,
        ...(found.SubnetId !== undefined && { SubnetId: found.SubnetId }),
      });
      network.region.store.transaction(() => {
        const rest = table.Associations?.filter((each) => each !== found) ?? [];
        network.routeTables.put(table.RouteTableId ?? "", { ...table, Associations: rest });
        const others = target.RouteTableId === table.RouteTableId ? rest : (target.Associations ?? []);
        network.routeTables.put(input.RouteTableId, { ...target, Associations: [...others, moved] });
      });
      return { NewAssociationId: moved.RouteTableAssociationId, AssociationState: { State: "associated" } };
    },
  };
}

/** "blackhole indicates that the route's target isn't available", as when its gateway was detached or deleted. */
function withRouteStates<T extends RouteTable>(network: Network, table: T): T {
  const reaches = ({ GatewayId, NatGatewayId }: Route) => {
    if (NatGatewayId !== undefined) {
      const gateway = network.natGateways.get(NatGatewayId);
      return gateway !== undefined && gateway.State !== "deleted";
    }
    if (GatewayId === undefined || GatewayId === "local") return true;
    const gateway = network.internetGateways.get(GatewayId);
    return gateway?.Attachments?.some(({ VpcId }) => VpcId === table.VpcId) ?? false;
  };
  const Routes = table.Routes?.map((route) => ({ ...route, State: reaches(route) ? "active" : "blackhole" }) as Route);
  return { ...table, ...(Routes && { Routes }) };
}

function newTable(network: Network, VpcId: string, cidrBlock: string): RouteTable {
  return {
    RouteTableId: network.newId("rtb"),
    VpcId,
    OwnerId: network.accountId,
    Associations: [],
    PropagatingVgws: [],
    Routes: [{ DestinationCidrBlock: cidrBlock, GatewayId: "local", Origin: "CreateRouteTable", State: "active" }],
  };
}

function association(
  network: Network,
  RouteTableId: string,
  more: { Main?: boolean | undefined; SubnetId?: string },
): RouteTableAssociation {
  return {
    RouteTableAssociationId: network.newId("rtbassoc"),
    RouteTableId,
    AssociationState: { State: "associated" },
    ...more,
    Main: more.Main ?? false,
  };
}

function findAssociation(network: Network, id: string): { table: RouteTable; found: RouteTableAssociation } {
  for (const table of network.routeTables.list()) {
    const found = table.Associations?.find(({ RouteTableAssociationId }) => RouteTableAssociationId === id);
    if (found) return { table, found };
  }
  throw notFound("InvalidAssociationID.NotFound", "association ID", id);
}
