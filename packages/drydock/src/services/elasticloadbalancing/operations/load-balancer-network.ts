import { notBuilt, validationError } from "../errors.ts";
import { placement, securityGroups } from "../network.ts";
import { type Context, type ElbOperations, loadBalancerOf } from "./context.ts";

export function loadBalancerNetworkOperations(
  context: Context,
): Pick<ElbOperations, "SetSubnets" | "SetSecurityGroups" | "SetIpAddressType" | "DescribeCapacityReservation"> {
  const { region, state } = context;
  return {
    async SetSubnets(input) {
      const { vpcId, zones } = await placement(region, input);
      const record = loadBalancerOf(context, input.LoadBalancerArn);
      const { loadBalancer } = record;
      if (vpcId !== loadBalancer.VpcId)
        throw validationError(`The subnets must be in the VPC of the load balancer, '${loadBalancer.VpcId}'`);
      if (input.IpAddressType !== undefined && input.IpAddressType !== "ipv4")
        throw notBuilt(`the IP address type '${input.IpAddressType}'`);
      state.loadBalancers.put(loadBalancer.LoadBalancerArn, {
        ...record,
        loadBalancer: { ...loadBalancer, AvailabilityZones: zones },
      });
      return { AvailabilityZones: zones, IpAddressType: loadBalancer.IpAddressType };
    },

    async SetSecurityGroups({ LoadBalancerArn, SecurityGroups }) {
      if (SecurityGroups.length === 0) throw validationError("At least one security group must be specified");
      const vpcId = loadBalancerOf(context, LoadBalancerArn).loadBalancer.VpcId ?? "";
      const groups = await securityGroups(region, vpcId, SecurityGroups);
      const record = loadBalancerOf(context, LoadBalancerArn);
      state.loadBalancers.put(LoadBalancerArn, {
        ...record,
        loadBalancer: { ...record.loadBalancer, SecurityGroups: groups },
      });
      return { SecurityGroupIds: groups };
    },

    SetIpAddressType({ LoadBalancerArn, IpAddressType }) {
      loadBalancerOf(context, LoadBalancerArn);
      if (IpAddressType !== "ipv4") throw notBuilt(`the IP address type '${IpAddressType}'`);
      return { IpAddressType };
    },

    /** Nothing is ever reserved here: ModifyCapacityReservation isn't built. */
    DescribeCapacityReservation({ LoadBalancerArn }) {
      loadBalancerOf(context, LoadBalancerArn);
      return { CapacityReservationState: [] };
    },
  };
}
