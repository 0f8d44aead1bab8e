import type { Action, CreateRuleInput, Rule, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Aws } from "../../aws/clients.ts";
import { isAwsError } from "../../aws/errors.ts";
import type { Route } from "../../config/app.ts";
import type { EnvironmentDescriptor } from "../../infra/descriptor.ts";
import { tagNames } from "../names.ts";
import type { ReleasedConfiguration } from "../records/record.ts";

/** Rules of an app's listener, as they are. */
export interface ListenerRules {
  /** ARN; undefined when the environment has no load balancer. */
  listener: string | undefined;
  /** By service. */
  own: ReadonlyMap<string, ExistingRule>;
  /** Priorities that somebody else's rules have. */
  foreign: ReadonlySet<number>;
}

export interface ExistingRule {
  arn: string;
  priority: number;
  conditions: RuleCondition[];
  targetGroup: string | undefined;
  /** The other one of a rule whose weights ECS moves between two. */
  alternate?: string;
}

export interface DesiredRule {
  service: string;
  conditions: RuleCondition[];
  targetGroup: string;
  /** Of a service whose traffic ECS shifts between two target groups: then the weights are ECS's, and nobody else sets them. */
  alternate?: string;
}

/** Nobody's host: a target group gets its health checks as soon as a rule names it, and no traffic before it is ready. */
const pendingHost = "not-routed-yet.fardel.invalid";
const highestPriority = 50_000;

export function routesOf({ services }: Pick<ReleasedConfiguration, "services">): Map<string, Route> {
  return new Map(Object.values(services).flatMap(({ name, route }) => (route ? [[name, route] as const] : [])));
}

/** "The specific one before the general one": with a host before without, then the longer path, then an exact one. */
export function orderRoutes(routes: ReadonlyMap<string, Route>): string[] {
  const weight = ({ host, path }: Route) => [
    host === undefined ? 0 : /[*?]/.test(host) ? 1 : 2,
    host?.replace(/[*?]/g, "").length ?? 0,
    path.replace(/[*?]/g, "").length,
    /[*?]/.test(path) ? 0 : 1,
  ];
  return [...routes]
    .map(([service, route]) => ({ service, weight: weight(route) }))
    .sort((a, b) => {
      const decisive = a.weight.findIndex((value, index) => value !== b.weight[index]);
      if (decisive < 0) return a.service < b.service ? -1 : 1;
      return (b.weight[decisive] ?? 0) - (a.weight[decisive] ?? 0);
    })
    .map(({ service }) => service);
}

/**
 * The rules of an app, most specific first.
 *
 * @param alternates the second target group of each service whose traffic ECS shifts.
 */
export function desiredRules(
  routes: ReadonlyMap<string, Route>,
  targetGroups: EnvironmentDescriptor["targetGroups"],
  alternates: ReadonlyMap<string, string> = new Map(),
): DesiredRule[] {
  return orderRoutes(routes).flatMap((service) => {
    const route = routes.get(service);
    const targetGroup = targetGroups[service];
    const alternate = alternates.get(service);
    if (!route || !targetGroup) return [];
    return [{ service, conditions: conditionsOf(route), targetGroup, ...(alternate !== undefined && { alternate }) }];
  });
}

function conditionsOf({ host, path }: Pick<Route, "host" | "path">): RuleCondition[] {
  const byPath: RuleCondition = { Field: "path-pattern", PathPatternConfig: { Values: [path] } };
  return host === undefined ? [byPath] : [byHost(host), byPath];
}

function byHost(host: string): RuleCondition {
  return { Field: "host-header", HostHeaderConfig: { Values: [host] } };
}

/** `shop.example.com/api/*`: what a person takes a rule's conditions for. */
export function describeConditions(conditions: readonly RuleCondition[]): string {
  const values = (field: string) =>
    conditions
      .filter(({ Field }) => Field === field)
      .flatMap((each) => (each.HostHeaderConfig ?? each.PathPatternConfig)?.Values ?? each.Values ?? [])
      .sort()
      .join(" or ");
  const others = conditions.flatMap(({ Field = "" }) => (/^(host-header|path-pattern)$/.test(Field) ? [] : [Field]));
  return [`${values("host-header")}${values("path-pattern")}`, ...others].join(" and ");
}

/** Whether a rule has begun to send traffic. */
export function isPending(rule: ExistingRule): boolean {
  return describeConditions(rule.conditions) === pendingHost;
}

/** Whether a rule sends what it should to where it should. How much of it goes to which of two target groups is ECS's. */
export function isAsDesired(rule: ExistingRule, desired: DesiredRule): boolean {
  return (
    describeConditions(rule.conditions) === describeConditions(desired.conditions) && hasTargetGroupsOf(rule, desired)
  );
}

function hasTargetGroupsOf(rule: ExistingRule, desired: DesiredRule): boolean {
  const groups = ({ targetGroup, alternate }: Pick<ExistingRule, "targetGroup" | "alternate">) =>
    [targetGroup, alternate].sort().join(" ");
  return groups(rule) === groups(desired);
}

/** Priorities in steps of ten, in the order given, past those that others have. */
export function priorities(services: readonly string[], foreign: ReadonlySet<number>): Map<string, number> {
  const assigned = new Map<string, number>();
  let last = 0;
  for (const service of services) {
    let priority = last + 10;
    while (foreign.has(priority)) priority += 1;
    assigned.set(service, priority);
    last = priority;
  }
  return assigned;
}

/** Reads the rules of an app's listener: fardel's own are known by their tags. */
export async function readListenerRules(aws: Aws, descriptor: EnvironmentDescriptor): Promise<ListenerRules> {
  const { https, http } = descriptor.loadBalancer?.listeners ?? {};
  return readRulesOf(aws, https ?? http);
}

/** The same for any of its listeners. */
export async function readRulesOf(aws: Aws, ListenerArn: string | undefined): Promise<ListenerRules> {
  if (ListenerArn === undefined) return { listener: undefined, own: new Map(), foreign: new Set() };
  const rules = await allRules(aws, ListenerArn);
  const services = await serviceTags(
    aws,
    rules.map(({ RuleArn = "" }) => RuleArn),
  );
  const own = new Map<string, ExistingRule>();
  const foreign = new Set<number>();
  for (const rule of rules) {
    const service = services.get(rule.RuleArn ?? "");
    if (service === undefined) foreign.add(Number(rule.Priority));
    else own.set(service, existing(rule));
  }
  return { listener: ListenerArn, own, foreign };
}

async function allRules(aws: Aws, ListenerArn: string): Promise<Rule[]> {
  const rules: Rule[] = [];
  let marker: string | undefined;
  do {
    const page = await aws.elbv2.describeRules({ ListenerArn, ...(marker && { Marker: marker }) });
    rules.push(...(page.Rules ?? []));
    marker = page.NextMarker;
  } while (marker);
  return rules.filter(({ IsDefault }) => !IsDefault);
}

/** Service by rule ARN, for rules that a release has made. "You can specify up to 20 resources in a single call." */
async function serviceTags(aws: Aws, arns: string[]): Promise<Map<string, string>> {
  const batches = Array.from({ length: Math.ceil(arns.length / 20) }, (_, at) => arns.slice(at * 20, at * 20 + 20));
  const answers = await Promise.all(batches.map((ResourceArns) => aws.elbv2.describeTags({ ResourceArns })));
  return new Map(
    answers
      .flatMap(({ TagDescriptions = [] }) => TagDescriptions)
      .flatMap(({ ResourceArn = "", Tags = [] }) => {
        const service = Tags.find(({ Key }) => Key === tagNames.workload)?.Value;
        return service === undefined ? [] : [[ResourceArn, service]];
      }),
  );
}

function existing({ RuleArn = "", Priority, Conditions = [], Actions = [] }: Rule): ExistingRule {
  const [action] = Actions;
  const [first, second] = action?.ForwardConfig?.TargetGroups ?? [];
  return {
    arn: RuleArn,
    priority: Number(Priority),
    conditions: Conditions,
    targetGroup: action?.TargetGroupArn ?? first?.TargetGroupArn,
    ...(second?.TargetGroupArn !== undefined && { alternate: second.TargetGroupArn }),
  };
}

/** Puts a target group behind the listener without sending it anything yet: ECS wants it to have a load balancer. */
export async function attachTargetGroup(
  aws: Aws,
  descriptor: EnvironmentDescriptor,
  rules: ListenerRules,
  desired: DesiredRule,
): Promise<ExistingRule> {
  const taken = new Set([...rules.foreign, ...[...rules.own.values()].map(({ priority }) => priority)]);
  let Priority = highestPriority;
  while (taken.has(Priority)) Priority -= 1;
  return createRule(aws, descriptor, rules.listener, { ...desired, conditions: [byHost(pendingHost)] }, Priority);
}

/** Makes a rule; one with two target groups gives the first all of the traffic. */
export async function createRule(
  aws: Aws,
  { app, environment }: EnvironmentDescriptor,
  listener: string | undefined,
  { service, conditions, targetGroup, alternate }: DesiredRule,
  Priority: number,
): Promise<ExistingRule> {
  const { Rules = [] } = await createRuleOnce(aws, {
    ListenerArn: listener,
    Priority,
    Conditions: conditions,
    Actions: alternate === undefined ? forwardTo(targetGroup) : forwardToBoth(targetGroup, alternate),
    Tags: [
      { Key: tagNames.app, Value: app },
      { Key: tagNames.environment, Value: environment },
      { Key: tagNames.workload, Value: service },
    ],
  });
  return existing(Rules[0] ?? {});
}

/** Sent again because its answer was lost, a rule meets itself: it has its own priority and its own target group. */
async function createRuleOnce(aws: Aws, rule: CreateRuleInput): Promise<{ Rules?: Rule[] }> {
  try {
    return await aws.elbv2.createRule(rule);
  } catch (error) {
    if (!isAwsError(error, "PriorityInUseException")) throw error;
    const wanted = existing({ ...rule, Priority: String(rule.Priority) });
    const found = (await allRules(aws, rule.ListenerArn ?? "")).find((each) => {
      const { priority, targetGroup } = existing(each);
      return priority === wanted.priority && targetGroup === wanted.targetGroup;
    });
    if (found === undefined) throw error;
    return { Rules: [found] };
  }
}

function forwardTo(TargetGroupArn: string): Action[] {
  return [{ Type: "forward", TargetGroupArn }];
}

/** ECS finds both in the rule before it begins to move weights between them. */
function forwardToBoth(all: string, none: string): Action[] {
  const TargetGroups = [
    { TargetGroupArn: all, Weight: 100 },
    { TargetGroupArn: none, Weight: 0 },
  ];
  return [{ Type: "forward", ForwardConfig: { TargetGroups } }];
}

/**
 * Sends a rule's traffic where it should go, from one moment to the next. Of a rule whose weights ECS moves only the conditions
 * are written: "Any existing properties that you don't modify retain their current values" (ModifyRule).
 */
export async function changeRule(
  aws: Aws,
  rule: ExistingRule,
  { conditions, targetGroup, alternate }: Pick<DesiredRule, "conditions" | "targetGroup" | "alternate">,
): Promise<void> {
  await aws.elbv2.modifyRule({
    RuleArn: rule.arn,
    Conditions: conditions,
    ...(alternate === undefined && { Actions: forwardTo(targetGroup) }),
  });
}

/** Names the second target group in the rule of a service that ECS is to shift the traffic of; all of it stays where it goes. */
export async function pairTargetGroups(aws: Aws, rule: ExistingRule, desired: DesiredRule): Promise<ExistingRule> {
  const { targetGroup, alternate } = desired;
  if (alternate === undefined || hasTargetGroupsOf(rule, desired)) return rule;
  const [all, none] = rule.targetGroup === alternate ? [alternate, targetGroup] : [targetGroup, alternate];
  await aws.elbv2.modifyRule({ RuleArn: rule.arn, Actions: forwardToBoth(all, none) });
  return { ...rule, targetGroup: all, alternate: none };
}

/** "Sets the priorities of the specified rules": all at once, so that they may change places. */
export async function setPriorities(aws: Aws, changes: { arn: string; priority: number }[]): Promise<void> {
  if (changes.length === 0) return;
  await aws.elbv2.setRulePriorities({
    RulePriorities: changes.map(({ arn, priority }) => ({ RuleArn: arn, Priority: priority })),
  });
}
