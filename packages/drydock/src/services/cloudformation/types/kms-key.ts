import { AwsError } from "../../../errors.ts";
import { boolean, jsonText, number, replacement, tags, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";

/**
 * drydock has no KMS. The type is known all the same, for templates with a key under a condition that isn't met, as that of
 * `cdk bootstrap` is; one that has to be made fails its stack.
 */
export const key = defineResourceType({
  properties: {
    BypassPolicyLockoutSafetyCheck: replacement(boolean),
    Description: replacement(text),
    Enabled: replacement(boolean),
    EnableKeyRotation: replacement(boolean),
    KeyPolicy: replacement(jsonText),
    KeySpec: replacement(text),
    KeyUsage: replacement(text),
    MultiRegion: replacement(boolean),
    Origin: replacement(text),
    PendingWindowInDays: replacement(number),
    RotationPeriodInDays: replacement(number),
    Tags: replacement(tags),
  },
  attributes: ["Arn", "KeyId"],
  create: async () => {
    throw new AwsError("UnsupportedOperation", "drydock has no KMS, so it makes no keys.");
  },
  delete: async () => {},
});
