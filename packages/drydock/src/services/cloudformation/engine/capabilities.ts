import { AwsError } from "../../../errors.ts";
import type { Template } from "../template/template.ts";

const nameProperties: Record<string, string> = {
  "AWS::IAM::Group": "GroupName",
  "AWS::IAM::InstanceProfile": "InstanceProfileName",
  "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
  "AWS::IAM::Role": "RoleName",
  "AWS::IAM::User": "UserName",
};
const namelessTypes = ["AWS::IAM::AccessKey", "AWS::IAM::Policy", "AWS::IAM::UserToGroupAddition"];

/** The capability a template needs, and why. */
export function requiredCapabilities(template: Template): { capabilities: string[]; reason?: string } {
  const types = Object.values(template.resources).filter(
    ({ Type }) => Type in nameProperties || namelessTypes.includes(Type),
  );
  if (types.length === 0) return { capabilities: [] };
  const named = types.some(({ Type, Properties }) => Properties[nameProperties[Type] ?? ""] !== undefined);
  const reason = `The following resource(s) require capabilities: [${[...new Set(types.map(({ Type }) => Type))].join(", ")}]`;
  return { capabilities: [named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM"], reason };
}

/** @throws InsufficientCapabilitiesException "Requires capabilities : [CAPABILITY_IAM]" */
export function checkCapabilities(template: Template, given: readonly string[]): void {
  const [needed] = requiredCapabilities(template).capabilities;
  if (needed === undefined || given.includes(needed) || given.includes("CAPABILITY_NAMED_IAM")) return;
  throw new AwsError("InsufficientCapabilitiesException", `Requires capabilities : [${needed}]`);
}
