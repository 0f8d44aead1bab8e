import type { CreateRouteCommandInput, Route } from "@aws-sdk/client-ec2";
import { AwsError } from "../../errors.ts";
import type { Operations } from "../../service.ts";
import { formatCidr, parseCidr } from "./cidr.ts";
import { type Network, notFound } from "./network.ts";

export function routeOperations(network: Network): Operations<typeof import("@aws-sdk/client-ec2")> {
  return {
    CreateRoute: (input) => {
      const table = network.routeTable(input.RouteTableId);
      const destination = destinationOf(input.DestinationCidrBlock);
      if (table.Routes?.some(({ DestinationCidrBlock }) => DestinationCidrBlock === destination)) {
        throw new AwsError("RouteAlreadyExists", `The route identified by ${destination} already exists.`);
      }
      const route = newRoute(network, destination, input);
      network.routeTables.put(input.RouteTableId, { ...table, Routes: [...(table.Routes ?? []), route] });
      return { Return: true };
    },

    ReplaceRoute: (input) => {
      const table = network.routeTable(input.RouteTableId);
      const destination = destinationOf(input.DestinationCidrBlock);
      if (!table.Routes?.some(({ DestinationCidrBlock }) => DestinationCidrBlock === destination)) {
        throw noRoute(destination, input.RouteTableId);
      }
      const route = newRoute(network, destination, input);
      const Routes = table.Routes.map((each) => (each.DestinationCidrBlock === destination ? route : each));
      network.routeTables.put(input.RouteTableId, { ...table, Routes });
      return {};
    },

    DeleteRoute: (input) => {
      const table = network.routeTable(input.RouteTableId);
      const destination = destinationOf(input.DestinationCidrBlock);
      const route = table.Routes?.find(({ DestinationCidrBlock }) => DestinationCidrBlock === destination);
      if (!route) throw noRoute(destination, input.RouteTableId);
      if (route.GatewayId === "local") {
        const message = `cannot remove local route ${destination} in route table ${input.RouteTableId}`;
        throw new AwsError("InvalidParameterValue", message);
      }
      network.routeTables.put(input.RouteTableId, {
        ...table,
        Routes: table.Routes?.filter((each) => each !== route) ?? [],
      });
      return {};
    },
  };
}

function destinationOf(cidrBlock: string | undefined): string {
  if (!cidrBlock) {
    throw new AwsError(
      "MissingParameter",
      "The request must contain the parameter DestinationCidrBlock; drydock keeps IPv4 routes.",
    );
  }
  return formatCidr(parseCidr(cidrBlock));
}

function newRoute(
  network: Network,
  destination: string,
  input: Pick<CreateRouteCommandInput, "GatewayId" | "NatGatewayId">,
): Route {
  const base = { DestinationCidrBlock: destination, Origin: "CreateRoute" as const, State: "active" as const };
  if (input.GatewayId) {
    network.internetGateway(input.GatewayId);
    return { ...base, GatewayId: input.GatewayId };
  }
  if (input.NatGatewayId) {
    network.find(network.natGateways, input.NatGatewayId, "InvalidNatGatewayID.NotFound", "natGateway ID");
    return { ...base, NatGatewayId: input.NatGatewayId };
  }
  throw new AwsError(
    "InvalidParameterCombination",
    "drydock routes to internet gateways and NAT gateways; name one of them.",
  );
}

function noRoute(destination: string, table: string): AwsError {
  return notFound("InvalidRoute.NotFound", `route with destination-cidr-block ${destination} in route table`, table);
}
