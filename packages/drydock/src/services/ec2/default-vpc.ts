import type { Network } from "./network.ts";
import { createSubnet } from "./subnets.ts";
import { createVpc } from "./vpcs.ts";
import { zonesOf } from "./zones.ts";

/**
 * Every region of an account has a default VPC: 172.31.0.0/16 with a public subnet in each zone.
 * Made once; a person who deletes it has none, as on AWS.
 */
export function createDefaultVpc(network: Network): void {
  const settings = network.region.store.collection<boolean>("ec2.settings");
  if (settings.get("defaultVpcMade")) return;
  network.region.store.transaction(() => {
    const { VpcId = "" } = createVpc(network, "172.31.0.0/16", true);
    zonesOf(network.region).forEach(({ name }, index) => {
      createSubnet(network, { VpcId, CidrBlock: `172.31.${index * 16}.0/20`, zone: name, isDefault: true });
    });
    const InternetGatewayId = network.newId("igw");
    network.internetGateways.put(InternetGatewayId, {
      InternetGatewayId,
      Attachments: [{ State: "available" as "attached", VpcId }],
      OwnerId: network.accountId,
    });
    const table = network.routeTables.list().find((each) => each.VpcId === VpcId);
    const internet = {
      DestinationCidrBlock: "0.0.0.0/0",
      GatewayId: InternetGatewayId,
      Origin: "CreateRoute" as const,
      State: "active" as const,
    };
    if (table)
      network.routeTables.put(table.RouteTableId ?? "", { ...table, Routes: [...(table.Routes ?? []), internet] });
    settings.put("defaultVpcMade", true);
  });
}
