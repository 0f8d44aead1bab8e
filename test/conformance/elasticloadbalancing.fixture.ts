import { EC2 } from "@aws-sdk/client-ec2";
import {
  type Action,
  type CreateListenerInput,
  type CreateTargetGroupInput,
  ElasticLoadBalancingV2,
  type RuleCondition,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Target } from "./targets.ts";

export const reference = (page: string) =>
  `https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_${page}.html`;
export const guide = (page: string) =>
  `https://docs.aws.amazon.com/elasticloadbalancing/latest/application/${page}.html`;

export const answer = (StatusCode: string): Action[] => [
  { Type: "fixed-response", FixedResponseConfig: { StatusCode } },
];
export const path = (...Values: string[]): RuleCondition[] => [
  { Field: "path-pattern", PathPatternConfig: { Values } },
];

/** What the suites make over and over, with what a test doesn't say filled in. */
export function loadBalancing(target: Target) {
  const elb = target.client(ElasticLoadBalancingV2);
  const ec2 = target.client(EC2);
  const network = async () => {
    const { Subnets = [] } = await ec2.describeSubnets({ Filters: [{ Name: "default-for-az", Values: ["true"] }] });
    return { VpcId: Subnets[0]?.VpcId ?? "", Subnets: Subnets.map(({ SubnetId = "" }) => SubnetId).sort() };
  };
  const balancer = async (Name: string, more = {}) => {
    const { Subnets } = await network();
    const { LoadBalancers: [made] = [] } = await elb.createLoadBalancer({ Name, Subnets, ...more });
    return made?.LoadBalancerArn ?? "";
  };
  const listener = async (LoadBalancerArn: string, more: Partial<CreateListenerInput> = {}) => {
    const input = { LoadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions: answer("404"), ...more } as const;
    return (await elb.createListener(input)).Listeners?.[0]?.ListenerArn ?? "";
  };
  const group = async (Name: string, more: Partial<CreateTargetGroupInput> = {}) => {
    const { VpcId } = await network();
    const input = { Name, Protocol: "HTTP", Port: 80, VpcId, TargetType: "ip", ...more } as const;
    return (await elb.createTargetGroup(input)).TargetGroups?.[0]?.TargetGroupArn ?? "";
  };
  const rule = async (ListenerArn: string, Priority: number, Conditions = path(`/${Priority}`)) =>
    (await elb.createRule({ ListenerArn, Priority, Conditions, Actions: answer("200") })).Rules?.[0]?.RuleArn ?? "";
  return { elb, ec2, network, balancer, listener, group, rule };
}
