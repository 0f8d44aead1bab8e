import { AwsError } from "../../../errors.ts";
import { replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";

/** Known for templates that make none, like the type of the key it is a name of. */
export const alias = defineResourceType({
  properties: { AliasName: required(replacement(text)), TargetKeyId: required(replacement(text)) },
  taggable: false,
  create: async () => {
    throw new AwsError("UnsupportedOperation", "drydock has no KMS, so it makes no aliases of keys.");
  },
  delete: async () => {},
});
