import type { Rule, RulePriorityPair } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import { notBuilt, ruleNotFound, validationError } from "../errors.ts";
import { childArn, listenersOf, type RuleRecord, rulesOf } from "../state.ts";
import { withTags } from "../tags.ts";
import { checkActions } from "../validation/actions.ts";
import { checkConditions } from "../validation/conditions.ts";
import { type Context, type ElbOperations, listenerOf, ruleOf } from "./context.ts";

/** Quota: rules per Application Load Balancer, not counting default rules. */
const maximumRules = 100;
const highestPriority = 50_000;

export function ruleOperations(
  context: Context,
): Pick<ElbOperations, "CreateRule" | "DescribeRules" | "ModifyRule" | "DeleteRule" | "SetRulePriorities"> {
  const { region, state, plane } = context;

  const loadBalancerOfRule = ({ listenerArn }: RuleRecord) => listenerOf(context, listenerArn).listener.LoadBalancerArn;
  const changeable = (arn: string): RuleRecord => {
    const record = ruleOf(context, arn);
    if (record.rule.IsDefault)
      throw new AwsError("OperationNotPermitted", `Default rule '${arn}' cannot be changed, deleted or reordered`);
    return record;
  };

  return {
    async CreateRule(input) {
      const { LoadBalancerArn } = listenerOf(context, input.ListenerArn).listener;
      checkPriority(input.Priority);
      if (input.Transforms?.length) throw notBuilt("transforms of requests");
      const conditions = checkConditions(input.Conditions);
      const actions = checkActions(context, LoadBalancerArn, input.Actions);
      const tags = withTags([], input.Tags ?? []);
      if (rulesOf(state, input.ListenerArn).some(({ rule }) => rule.Priority === String(input.Priority)))
        throw priorityInUse(input.Priority);
      const others = listenersOf(state, LoadBalancerArn).flatMap(({ listener }) =>
        rulesOf(state, listener.ListenerArn),
      );
      if (others.filter(({ rule }) => !rule.IsDefault).length >= maximumRules)
        throw new AwsError("TooManyRules", `A load balancer can have at most ${maximumRules} rules`);
      const RuleArn = childArn(input.ListenerArn, "listener-rule");
      const rule = {
        RuleArn,
        Priority: String(input.Priority),
        Conditions: conditions,
        Actions: actions,
        IsDefault: false,
      };
      region.store.transaction(() => {
        state.rules.put(RuleArn, { listenerArn: input.ListenerArn, rule });
        state.tags.put(RuleArn, tags);
      });
      await plane.routingChanged();
      return { Rules: [rule] };
    },

    DescribeRules({ ListenerArn, RuleArns, Marker, PageSize }) {
      if ((ListenerArn === undefined) === !RuleArns?.length)
        throw validationError("You must specify either listener rule ARNs or a listener ARN");
      if (ListenerArn !== undefined) listenerOf(context, ListenerArn);
      const found: Rule[] =
        ListenerArn === undefined
          ? state.rules.list().flatMap(({ rule }) => (RuleArns?.includes(rule.RuleArn) ? [rule] : []))
          : rulesOf(state, ListenerArn).map(({ rule }) => rule);
      if (new Set(RuleArns).size > found.length) throw ruleNotFound();
      const page = paginate(found, placeOf, {
        token: Marker,
        limit: PageSize ?? 400,
        invalidTokenCode: "ValidationError",
      });
      return { Rules: page.items, NextMarker: page.nextToken };
    },

    async ModifyRule({ RuleArn, Conditions, Actions, Transforms, ResetTransforms }) {
      if (!Conditions && !Actions && !Transforms && !ResetTransforms)
        throw validationError("Either conditions or actions must be specified");
      if (Transforms?.length) throw notBuilt("transforms of requests");
      const record = changeable(RuleArn);
      const rule = {
        ...record.rule,
        ...(Conditions && { Conditions: checkConditions(Conditions) }),
        ...(Actions && { Actions: checkActions(context, loadBalancerOfRule(record), Actions) }),
      };
      state.rules.put(RuleArn, { ...record, rule });
      await plane.routingChanged();
      return { Rules: [rule] };
    },

    async DeleteRule({ RuleArn }) {
      changeable(RuleArn);
      region.store.transaction(() => {
        state.rules.delete(RuleArn);
        state.tags.delete(RuleArn);
      });
      await plane.routingChanged();
      return {};
    },

    /** All at once, so that rules may change places. */
    async SetRulePriorities({ RulePriorities }) {
      const changes = new Map(RulePriorities.map(priorityChange));
      const given = [...changes.values()];
      const twice = given.find((priority, index) => given.indexOf(priority) !== index);
      if (twice !== undefined) throw validationError(`Priority '${twice}' was provided multiple times`);
      const records = [...changes.keys()].map(changeable);
      for (const { listenerArn } of records) {
        for (const { rule } of rulesOf(state, listenerArn)) {
          if (!changes.has(rule.RuleArn) && given.includes(Number(rule.Priority)))
            throw priorityInUse(Number(rule.Priority));
        }
      }
      const changed = records.map((record) => ({
        ...record,
        rule: { ...record.rule, Priority: String(changes.get(record.rule.RuleArn)) },
      }));
      region.store.transaction(() => {
        for (const record of changed) state.rules.put(record.rule.RuleArn, record);
      });
      await plane.routingChanged();
      return { Rules: changed.map(({ rule }) => rule) };
    },
  };
}

/** Sorts as rules are tried; unique, also over several listeners. */
function placeOf(rule: Rule): string {
  const priority = rule.IsDefault ? highestPriority + 1 : Number(rule.Priority);
  return `${String(priority).padStart(6, "0")} ${rule.RuleArn}`;
}

function priorityChange({ RuleArn = "", Priority = 0 }: RulePriorityPair): [arn: string, priority: number] {
  checkPriority(Priority);
  return [RuleArn, Priority];
}

function checkPriority(priority: number): void {
  if (!(priority >= 1 && priority <= highestPriority))
    throw validationError(`Priority '${priority}' must be between '1-${highestPriority}' inclusive`);
}

function priorityInUse(priority: number): AwsError {
  return new AwsError("PriorityInUse", `Priority '${priority}' is currently in use`);
}
