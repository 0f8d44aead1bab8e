import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { findPolicy } from "./find-policy.ts";
import { storedRoles } from "./find-role.ts";
import { checkPolicyDocument, encodeDocument, noSuchEntity, pageOf } from "./identity.ts";

// "Managed policies attached to an IAM role: 10" until an increase is asked for.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const maximumAttached = 10;

/** Inline policies of roles, and managed policies attached to them. */
export function rolePolicyOperations(region: Region): Operations<typeof import("@aws-sdk/client-iam")> {
  const roles = storedRoles(region);

  return {
    PutRolePolicy: (input) => {
      const role = roles.findOwn(input.RoleName);
      checkPolicyDocument(input.PolicyDocument, "identity");
      roles.put(role.name, { ...role, inline: { ...role.inline, [input.PolicyName]: input.PolicyDocument } });
      return {};
    },

    GetRolePolicy: (input) => {
      const document = roles.find(input.RoleName).inline[input.PolicyName];
      if (document === undefined) throw inlinePolicyNotFound(input.PolicyName);
      return { RoleName: input.RoleName, PolicyName: input.PolicyName, PolicyDocument: encodeDocument(document) };
    },

    ListRolePolicies: (input) => {
      const names = Object.keys(roles.find(input.RoleName).inline).sort();
      const { page, ...paging } = pageOf(names, (name) => name, input);
      return { PolicyNames: page, ...paging };
    },

    DeleteRolePolicy: (input) => {
      const role = roles.findOwn(input.RoleName);
      const { [input.PolicyName]: removed, ...inline } = role.inline;
      if (removed === undefined) throw inlinePolicyNotFound(input.PolicyName);
      roles.put(role.name, { ...role, inline });
      return {};
    },

    AttachRolePolicy: (input) => {
      const role = roles.findOwn(input.RoleName);
      const { arn } = findPolicy(region, input.PolicyArn);
      if (role.attached.includes(arn)) return {};
      if (role.attached.length >= maximumAttached) {
        throw new AwsError("LimitExceeded", `Cannot exceed quota for PoliciesPerRole: ${maximumAttached}`);
      }
      roles.put(role.name, { ...role, attached: [...role.attached, arn] });
      return {};
    },

    DetachRolePolicy: (input) => {
      const role = roles.findOwn(input.RoleName);
      if (!role.attached.includes(input.PolicyArn)) {
        throw noSuchEntity(`Policy ${input.PolicyArn} was not found.`);
      }
      roles.put(role.name, { ...role, attached: role.attached.filter((each) => each !== input.PolicyArn) });
      return {};
    },

    ListAttachedRolePolicies: (input) => {
      const { attached } = roles.find(input.RoleName);
      const { page, ...paging } = pageOf([...attached].sort(), (arn) => arn, input);
      return {
        AttachedPolicies: page.map((arn) => ({ PolicyArn: arn, PolicyName: arn.slice(arn.lastIndexOf("/") + 1) })),
        ...paging,
      };
    },
  };
}

function inlinePolicyNotFound(name: string) {
  return noSuchEntity(`The role policy with name ${name} cannot be found.`);
}
