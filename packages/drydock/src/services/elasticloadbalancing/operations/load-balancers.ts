import type { CreateLoadBalancerInput, LoadBalancer } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import { loadBalancerAttributes } from "../attributes.ts";
import { loadBalancerNotFound, notBuilt, validationError } from "../errors.ts";
import { checkName } from "../names.ts";
import { placement, requireInternetGateway, securityGroups } from "../network.ts";
import { listenersOf, newArn, rulesOf, type State } from "../state.ts";
import { withTags } from "../tags.ts";
import type { Context, ElbOperations } from "./context.ts";

/** The zone of ELB's DNS names in eu-west-1; there is no DNS here that it would matter to. */
const hostedZone = "Z32O12XQLNTSW2";

export function loadBalancerOperations(
  context: Context,
): Pick<ElbOperations, "CreateLoadBalancer" | "DescribeLoadBalancers" | "DeleteLoadBalancer"> {
  const { region, state, plane } = context;
  return {
    async CreateLoadBalancer(input) {
      checkName(input.Name, "load balancer");
      refuseOtherTypes(input);
      const tags = withTags([], input.Tags ?? []);
      const { vpcId, zones } = await placement(region, input);
      const scheme = input.Scheme ?? "internet-facing";
      const groups = await securityGroups(region, vpcId, input.SecurityGroups);
      if (scheme === "internet-facing") await requireInternetGateway(region, vpcId);
      const settings = {
        Type: "application",
        Scheme: scheme,
        VpcId: vpcId,
        IpAddressType: input.IpAddressType ?? "ipv4",
        AvailabilityZones: zones,
        SecurityGroups: groups,
      } as const;
      const known = findByName(state, input.Name);
      if (known) {
        if (!sameSettings(known, settings)) throw duplicateName(input.Name);
        return { LoadBalancers: [known] };
      }
      const LoadBalancerArn = newArn(region, `loadbalancer/app/${input.Name}`);
      const loadBalancer = {
        LoadBalancerArn,
        DNSName: "localhost",
        CanonicalHostedZoneId: hostedZone,
        CreatedTime: new Date(region.clock.now()),
        LoadBalancerName: input.Name,
        ...settings,
        State: { Code: "active" },
      } as const satisfies LoadBalancer;
      region.store.transaction(() => {
        state.loadBalancers.put(LoadBalancerArn, {
          loadBalancer,
          attributes: scheme === "internal" ? { "ipv6.deny_all_igw_traffic": "true" } : {},
        });
        state.tags.put(LoadBalancerArn, tags);
      });
      return { LoadBalancers: [{ ...loadBalancer, State: { Code: "provisioning" } }] };
    },

    DescribeLoadBalancers({ LoadBalancerArns, Names, Marker, PageSize }) {
      if (LoadBalancerArns?.length && Names?.length)
        throw validationError("Load balancer names and load balancer ARNs cannot be specified at the same time");
      const all = state.loadBalancers.list().map(({ loadBalancer }) => loadBalancer);
      const wanted = [...(LoadBalancerArns ?? []), ...(Names ?? [])];
      const found = all.filter((one) => wanted.includes(one.LoadBalancerArn) || wanted.includes(one.LoadBalancerName));
      if (new Set(wanted).size > found.length) {
        const missing = Names?.find((name) => !all.some((one) => one.LoadBalancerName === name));
        throw missing
          ? new AwsError("LoadBalancerNotFound", `Load balancers '[${missing}]' not found`)
          : loadBalancerNotFound();
      }
      const page = paginate(wanted.length > 0 ? found : all, (one) => one.LoadBalancerArn, {
        token: Marker,
        limit: PageSize ?? 400,
        invalidTokenCode: "ValidationError",
      });
      return { LoadBalancers: page.items, NextMarker: page.nextToken };
    },

    /** "If the load balancer does not exist or has already been deleted, the call succeeds." */
    async DeleteLoadBalancer({ LoadBalancerArn }) {
      const record = state.loadBalancers.get(LoadBalancerArn);
      if (!record) return {};
      if (loadBalancerAttributes.value(record.attributes, "deletion_protection.enabled") === "true")
        throw new AwsError(
          "OperationNotPermitted",
          `Load balancer '${LoadBalancerArn}' cannot be deleted because deletion protection is enabled`,
        );
      region.store.transaction(() => {
        for (const { listener } of listenersOf(state, LoadBalancerArn)) deleteListener(state, listener.ListenerArn);
        state.loadBalancers.delete(LoadBalancerArn);
        state.tags.delete(LoadBalancerArn);
      });
      await plane.routingChanged();
      return {};
    },
  };
}

/** Deletes a listener with its rules and all their tags. */
export function deleteListener(state: State, listenerArn: string): void {
  for (const { rule } of rulesOf(state, listenerArn)) {
    state.rules.delete(rule.RuleArn);
    state.tags.delete(rule.RuleArn);
  }
  state.listeners.delete(listenerArn);
  state.tags.delete(listenerArn);
}

function refuseOtherTypes(input: Partial<CreateLoadBalancerInput>): void {
  if (input.Type !== undefined && input.Type !== "application")
    throw notBuilt(`load balancers of type '${input.Type}'`);
  if (input.IpAddressType !== undefined && input.IpAddressType !== "ipv4")
    throw notBuilt(`the IP address type '${input.IpAddressType}'`);
  if (input.CustomerOwnedIpv4Pool !== undefined || input.IpamPools !== undefined) throw notBuilt("address pools");
}

function findByName(state: State, name: string): LoadBalancer | undefined {
  return state.loadBalancers.list().find(({ loadBalancer }) => loadBalancer.LoadBalancerName === name)?.loadBalancer;
}

/** "This operation is idempotent: if you create load balancers with the same settings, each call succeeds." */
function sameSettings(known: LoadBalancer, wanted: LoadBalancer): boolean {
  const key = (one: LoadBalancer) =>
    JSON.stringify([
      one.Scheme,
      one.IpAddressType,
      one.AvailabilityZones?.map(({ SubnetId }) => SubnetId),
      one.SecurityGroups?.toSorted(),
    ]);
  return key(known) === key(wanted);
}

function duplicateName(name: string): AwsError {
  return new AwsError(
    "DuplicateLoadBalancerName",
    `A load balancer with the same name '${name}' exists, but with different settings`,
  );
}
