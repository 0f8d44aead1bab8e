import { randomBytes } from "node:crypto";
import type {
  Listener,
  LoadBalancer,
  Rule,
  Tag,
  TargetGroup,
  TargetHealthReasonEnum,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { regionalArn } from "../../arn.ts";
import type { Region } from "../../region.ts";
import type { Collection } from "../../store/store.ts";

/** Attributes hold only what was set; what wasn't has its default. */
type Attributes = Record<string, string>;

export interface LoadBalancerRecord {
  loadBalancer: LoadBalancer & { LoadBalancerArn: string; LoadBalancerName: string };
  attributes: Attributes;
}

export interface TargetGroupRecord {
  targetGroup: TargetGroup & { TargetGroupArn: string; TargetGroupName: string };
  attributes: Attributes;
}

/** The default actions are those of the listener's default rule, which is a rule record like the others. */
export interface ListenerRecord {
  listener: Omit<Listener, "DefaultActions"> & { ListenerArn: string; LoadBalancerArn: string; Port: number };
  attributes: Attributes;
  /** The port of this machine that the listener has; kept over restarts as long as nobody else takes it. */
  realPort: number | undefined;
}

export interface RuleRecord {
  listenerArn: string;
  rule: Rule & { RuleArn: string; Priority: string };
}

export interface TargetRecord {
  targetGroupArn: string;
  id: string;
  port: number;
  availabilityZone: string | undefined;
  state: "initial" | "healthy" | "unhealthy" | "draining" | "unused";
  reason: TargetHealthReasonEnum | undefined;
  description: string | undefined;
  /** Milliseconds since the epoch; of a draining target only. */
  drainsUntil: number | undefined;
}

/** Everything the service keeps, each by its ARN; targets by `<target group ARN> <id>:<port>`. */
export interface State {
  loadBalancers: Collection<LoadBalancerRecord>;
  targetGroups: Collection<TargetGroupRecord>;
  listeners: Collection<ListenerRecord>;
  rules: Collection<RuleRecord>;
  targets: Collection<TargetRecord>;
  tags: Collection<Tag[]>;
}

export function stateOf(region: Region): State {
  const collection = <T>(kind: string) => region.store.collection<T>(`elasticloadbalancing.${kind}`);
  return {
    loadBalancers: collection("loadBalancers"),
    targetGroups: collection("targetGroups"),
    listeners: collection("listeners"),
    rules: collection("rules"),
    targets: collection("targets"),
    tags: collection("tags"),
  };
}

export function targetKey(target: { targetGroupArn: string; id: string; port: number }): string {
  return `${target.targetGroupArn} ${target.id}:${target.port}`;
}

/** `arn:aws:elasticloadbalancing:<region>:<account>:<path>/<16 hex digits>`; the digits are new each time. */
export function newArn(region: Region, path: string): string {
  return regionalArn(region, "elasticloadbalancing", `${path}/${randomBytes(8).toString("hex")}`);
}

/** A listener's ARN extends its load balancer's, a rule's its listener's; only the resource type differs. */
export function childArn(parent: string, type: "listener" | "listener-rule"): string {
  return `${parent.replace(/:(loadbalancer|listener)\//, `:${type}/`)}/${randomBytes(8).toString("hex")}`;
}

export function listenersOf(state: State, loadBalancerArn: string): ListenerRecord[] {
  return state.listeners.list(`${loadBalancerArn.replace(":loadbalancer/", ":listener/")}/`);
}

/** A listener's rules in the order they are tried, the default rule last. */
export function rulesOf(state: State, listenerArn: string): RuleRecord[] {
  return state.rules
    .list(`${listenerArn.replace(":listener/", ":listener-rule/")}/`)
    .sort((a, b) => priorityOf(a) - priorityOf(b));
}

function priorityOf({ rule }: RuleRecord): number {
  return rule.IsDefault ? Number.POSITIVE_INFINITY : Number(rule.Priority);
}

/** The target groups a rule forwards to, with any weight. */
function targetGroupsOf(rule: Rule): string[] {
  return (rule.Actions ?? []).flatMap((action) =>
    (action.ForwardConfig?.TargetGroups ?? []).flatMap(({ TargetGroupArn }) => TargetGroupArn ?? []),
  );
}

/** ARNs of the load balancers that route to each target group, by the target group's ARN. */
export function loadBalancersByTargetGroup(state: State): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  for (const { rule, listenerArn } of state.rules.list()) {
    const loadBalancerArn = state.listeners.get(listenerArn)?.listener.LoadBalancerArn;
    for (const targetGroupArn of targetGroupsOf(rule)) {
      const known = users.get(targetGroupArn) ?? new Set();
      if (loadBalancerArn) known.add(loadBalancerArn);
      users.set(targetGroupArn, known);
    }
  }
  return users;
}
