import { CreateRuleInput$, type CreateRuleCommandInput as Input } from "@aws-sdk/client-elastic-load-balancing-v2";
import { ifThere, present } from "../engine/calls.ts";
import { inPlace, number, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";

export const listenerRule = defineResourceType({
  properties: {
    Actions: required(inPlace(sdkShape<Input, "Actions">(CreateRuleInput$, "Actions"))),
    Conditions: required(inPlace(sdkShape<Input, "Conditions">(CreateRuleInput$, "Conditions"))),
    ListenerArn: required(replacement(text)),
    Priority: required(inPlace(number)),
  },
  unsupported: ["Transforms"],
  attributes: ["IsDefault", "RuleArn"],
  taggable: false,
  async create({ region, properties }) {
    const { Rules = [] } = await region.call("elasticloadbalancing").CreateRule(properties);
    return present(Rules[0]?.RuleArn, "RuleArn");
  },
  read: async ({ physicalId }) => ({ RuleArn: physicalId, IsDefault: false }),
  async update({ region, physicalId: RuleArn, properties: { Actions, Conditions, Priority }, changed }) {
    const elb = region.call("elasticloadbalancing");
    if (changed.has("Actions") || changed.has("Conditions")) await elb.ModifyRule({ RuleArn, Actions, Conditions });
    if (changed.has("Priority")) await elb.SetRulePriorities({ RulePriorities: [{ RuleArn, Priority }] });
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/RuleNotFound/, region.call("elasticloadbalancing").DeleteRule({ RuleArn: physicalId }));
  },
});
