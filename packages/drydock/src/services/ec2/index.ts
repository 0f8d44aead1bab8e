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
 * listen on loopback. Gaps: network ACLs beyond the default one, IPv6, peering, VPC endpoints, instances.
 */
export const ec2 = defineService({
  name: "ec2",
  load: () => import("@aws-sdk/client-ec2"),
  operations: (region) => {
    const network = new Network(region);
    return {
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
    };
  },
  start: (region) => createDefaultVpc(new Network(region)),
});
