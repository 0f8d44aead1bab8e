import { ifThere } from "../engine/calls.ts";
import { inPlace, jsonText, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";

export const bucketPolicy = defineResourceType({
  properties: { Bucket: required(replacement(text)), PolicyDocument: required(inPlace(jsonText)) },
  taggable: false,
  async create({ region, properties: { Bucket, PolicyDocument: Policy } }) {
    await region.call("s3").PutBucketPolicy({ Bucket, Policy });
    return Bucket;
  },
  async update({ region, properties: { Bucket, PolicyDocument: Policy } }) {
    await region.call("s3").PutBucketPolicy({ Bucket, Policy });
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/NoSuchBucket/, region.call("s3").DeleteBucketPolicy({ Bucket: physicalId }));
  },
});
