import { replacement, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { ruleOperations, ruleProperties } from "./ec2-security-group-rule.ts";

export const securityGroupEgress = defineResourceType({
  properties: {
    ...ruleProperties,
    DestinationPrefixListId: replacement(text),
    DestinationSecurityGroupId: replacement(text),
  },
  ...ruleOperations("Egress"),
});
