import type {
  Action,
  FixedResponseActionConfig,
  RedirectActionConfig,
  Rule,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { TargetGroup } from "../target-group.ts";
import { compileCondition, type Matches, type RoutedRequest } from "./conditions.ts";
import { WeightedTurns } from "./weights.ts";

export type CompiledAction =
  | { type: "fixed-response"; response: FixedResponseActionConfig }
  | { type: "redirect"; redirect: RedirectActionConfig }
  | {
      type: "forward";
      turns: WeightedTurns<TargetGroup>;
      groups: TargetGroup[];
      /** Seconds that a client stays with its target group, when it does. */
      stickySeconds: number | undefined;
    };

export interface CompiledRule {
  conditions: Matches[];
  action: CompiledAction;
}

/** Prepares a listener's rules, as DescribeRules shows them, for requests. `groupOf` finds a target group by its ARN. */
export function compileRules(rules: Rule[], groupOf: (arn: string) => TargetGroup): CompiledRule[] {
  return rules
    .toSorted((a, b) => priority(a) - priority(b))
    .map((rule) => ({
      conditions: (rule.Conditions ?? []).map(compileCondition),
      action: compileAction(rule.Actions ?? [], groupOf),
    }));
}

/** The default rule comes last. */
function priority(rule: Rule): number {
  return rule.Priority === undefined || rule.Priority === "default" ? Number.POSITIVE_INFINITY : Number(rule.Priority);
}

function compileAction(actions: Action[], groupOf: (arn: string) => TargetGroup): CompiledAction {
  const action = actions.at(-1);
  if (action?.FixedResponseConfig) return { type: "fixed-response", response: action.FixedResponseConfig };
  if (action?.RedirectConfig) return { type: "redirect", redirect: action.RedirectConfig };
  const tuples = action?.ForwardConfig?.TargetGroups ?? [{ TargetGroupArn: action?.TargetGroupArn, Weight: 1 }];
  const choices = tuples.map(({ TargetGroupArn = "", Weight = 1 }) => ({
    value: groupOf(TargetGroupArn),
    weight: Weight,
  }));
  const stickiness = action?.ForwardConfig?.TargetGroupStickinessConfig;
  return {
    type: "forward",
    turns: new WeightedTurns(choices),
    groups: choices.map(({ value }) => value),
    stickySeconds: stickiness?.Enabled ? stickiness.DurationSeconds : undefined,
  };
}

/** The action of the first rule whose conditions all hold. The default rule has none, so one is always found. */
export function actionFor(rules: CompiledRule[], request: RoutedRequest): CompiledAction | undefined {
  return rules.find((rule) => rule.conditions.every((matches) => matches(request)))?.action;
}
