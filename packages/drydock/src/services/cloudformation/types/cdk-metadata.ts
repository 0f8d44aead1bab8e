import { inPlace, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";

/** What the AWS CDK tells AWS of the constructs an app is made of. A resource of which nothing is made. */
export const cdkMetadata = defineResourceType({
  properties: { Analytics: inPlace(text) },
  taggable: false,
  create: async ({ generatedName }) => generatedName(128),
  update: async () => undefined,
  delete: async () => {},
});
