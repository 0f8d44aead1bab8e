import { replacement, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { ruleOperations, ruleProperties } from "./ec2-security-group-rule.ts";

export const securityGroupIngress = defineResourceType({
  properties: {
    ...ruleProperties,
    SourcePrefixListId: replacement(text),
    SourceSecurityGroupId: replacement(text),
    SourceSecurityGroupName: replacement(text),
    SourceSecurityGroupOwnerId: replacement(text),
  },
  unsupported: ["GroupName"],
  ...ruleOperations("Ingress"),
});
