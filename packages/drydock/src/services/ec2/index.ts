import { AwsError } from "../../errors.ts";
import { defineService } from "../../service.ts";
import { addressOperations } from "./addresses.ts";
import { createDefaultVpc } from "./default-vpc.ts";
import { internetGatewayOperations } from "./internet-gateways.ts";
import { natGatewayOperations } from "./nat-gateways.ts";
import { Network } from "./network.ts";
import { networkInterfaceOperations } from "./network-interfaces.ts";
import { routeTableOperations } from "./route-tables.ts";
import { routeOperations } from "./routes.ts";
import { securityGroupRuleOperations } from "./security-group-rules.ts";
import { securityGroupOperations } from "./security-groups.ts";
import { subnetOperations } from "./subnets.ts";
import { tagOperations } from "./tags.ts";
import { vpcOperations } from "./vpcs.ts";
import { zoneOperations } from "./zones.ts";

/**
 * EC2's network records: VPCs and what is in them, as the API shows them. Nothing is routed or filtered by them: tasks
 * listen on loopback. Gaps: network ACLs beyond the default one, IPv6, peering, VPC endpoints, instances, interfaces
 * of one's own.
 */
export const ec2 = defineService({
  name: "ec2",
  load: () => import("@aws-sdk/client-ec2"),
  operations: (region) => {
    const network = new Network(region);
    return withDryRun({
      ...vpcOperations(network),
      ...subnetOperations(network),
      ...internetGatewayOperations(network),
      ...addressOperations(network),
      ...natGatewayOperations(network),
      ...routeTableOperations(network),
      ...routeOperations(network),
      ...securityGroupOperations(network),
      ...securityGroupRuleOperations(network),
      ...networkInterfaceOperations(network),
      ...tagOperations(network),
      ...zoneOperations(network),
    });
  },
  start: (region) => createDefaultVpc(new Network(region)),
});

/**
 * Every operation takes DryRun: "Checks whether you have the required permissions for the action, without actually making
 * the request. If you have them, the error response is DryRunOperation."
 */
function withDryRun<Handlers extends object>(operations: Handlers): Handlers {
  const handlers = operations as Record<string, (input: { DryRun?: boolean }, caller: unknown) => unknown>;
  const wrapped = Object.entries(handlers).map(([name, handle]): [string, (typeof handlers)[string]] => [
    name,
    (input, caller) => {
      if (!input.DryRun) return handle(input, caller);
      const message = "Request would have succeeded, but DryRun flag is set.";
      throw new AwsError("DryRunOperation", message, { status: 412 });
    },
  ]);
  return Object.fromEntries(wrapped) as Handlers;
}
