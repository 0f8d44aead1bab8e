import {
  type PutBucketOwnershipControlsCommandInput,
  PutBucketOwnershipControlsRequest$,
  type PutBucketVersioningCommandInput,
  PutBucketVersioningRequest$,
  type PutPublicAccessBlockCommandInput,
  PutPublicAccessBlockRequest$,
} from "@aws-sdk/client-s3";
import type { Region } from "../../../region.ts";
import { ifThere } from "../engine/calls.ts";
import {
  boolean,
  inPlace,
  list,
  only,
  type PropertyValues,
  replacement,
  structure,
  tags,
  text,
} from "../engine/properties.ts";
import { defineResourceType, type Tag } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";
import { lifecycleConfiguration, lifecycleRule } from "./s3-lifecycle.ts";

const encryptionRule = structure({
  BucketKeyEnabled: boolean,
  ServerSideEncryptionByDefault: structure({ KMSMasterKeyID: text, SSEAlgorithm: text }),
});

const properties = {
  // The list that every bucket has from the start.
  AccessControl: inPlace(only("Private")),
  BucketEncryption: inPlace(structure({ ServerSideEncryptionConfiguration: list(encryptionRule) })),
  BucketName: replacement(text),
  LifecycleConfiguration: inPlace(lifecycleConfiguration),
  OwnershipControls: inPlace(
    sdkShape<PutBucketOwnershipControlsCommandInput, "OwnershipControls">(
      PutBucketOwnershipControlsRequest$,
      "OwnershipControls",
    ),
  ),
  PublicAccessBlockConfiguration: inPlace(
    sdkShape<PutPublicAccessBlockCommandInput, "PublicAccessBlockConfiguration">(
      PutPublicAccessBlockRequest$,
      "PublicAccessBlockConfiguration",
    ),
  ),
  Tags: inPlace(tags),
  VersioningConfiguration: inPlace(
    sdkShape<PutBucketVersioningCommandInput, "VersioningConfiguration">(
      PutBucketVersioningRequest$,
      "VersioningConfiguration",
    ),
  ),
};

export const bucket = defineResourceType({
  properties,
  unsupported: [
    "AbacStatus",
    "AccelerateConfiguration",
    "AnalyticsConfigurations",
    "BucketNamePrefix",
    "BucketNamespace",
    "CorsConfiguration",
    "IntelligentTieringConfigurations",
    "InventoryConfigurations",
    "LoggingConfiguration",
    "MetadataConfiguration",
    "MetadataTableConfiguration",
    "MetricsConfigurations",
    "NotificationConfiguration",
    "ObjectLockConfiguration",
    "ObjectLockEnabled",
    "ReplicationConfiguration",
    "WebsiteConfiguration",
  ],
  attributes: ["Arn", "DomainName", "DualStackDomainName", "RegionalDomainName"],
  nameProperty: "BucketName",
  async create({ region, properties, tags, generatedName, made }) {
    // "Bucket names can consist only of lowercase letters, numbers, periods, and hyphens", up to 63 of them.
    const Bucket = properties.BucketName ?? generatedName(63).toLowerCase();
    await region.call("s3").CreateBucket({
      Bucket,
      // us-east-1 is where a bucket is that names no place, and can't be named.
      ...(region.name !== "us-east-1" && {
        CreateBucketConfiguration: { LocationConstraint: region.name as "eu-west-1" },
      }),
    });
    made(Bucket);
    await putSettings(region, Bucket, {}, properties);
    await putTags(region, Bucket, tags);
    return Bucket;
  },
  read: async ({ region, physicalId }) => ({
    Arn: `arn:aws:s3:::${physicalId}`,
    DomainName: `${physicalId}.s3.amazonaws.com`,
    DualStackDomainName: `${physicalId}.s3.dualstack.${region.name}.amazonaws.com`,
    RegionalDomainName: `${physicalId}.s3.${region.name}.amazonaws.com`,
  }),
  async update({ region, physicalId, properties, previous, tags, changed }) {
    await putSettings(region, physicalId, previous, properties);
    if (changed.has("Tags")) await putTags(region, physicalId, tags);
    return undefined;
  },
  async delete({ region, physicalId }) {
    await ifThere(/NoSuchBucket/, region.call("s3").DeleteBucket({ Bucket: physicalId }));
  },
});

type Properties = PropertyValues<typeof properties>;

async function putTags(region: Region, Bucket: string, TagSet: Tag[]): Promise<void> {
  await region.call("s3").PutBucketTagging({ Bucket, Tagging: { TagSet } });
}

/** Puts what the template says and takes away what it said before and doesn't any more. */
async function putSettings(region: Region, Bucket: string, before: Properties, after: Properties): Promise<void> {
  const s3 = region.call("s3");
  const {
    BucketEncryption: encryption,
    LifecycleConfiguration: lifecycle,
    OwnershipControls,
    PublicAccessBlockConfiguration,
    VersioningConfiguration,
  } = after;
  if (encryption)
    await s3.PutBucketEncryption({
      Bucket,
      ServerSideEncryptionConfiguration: {
        Rules: encryption.ServerSideEncryptionConfiguration?.map(
          ({ BucketKeyEnabled, ServerSideEncryptionByDefault: byDefault }) => ({
            ...(BucketKeyEnabled !== undefined && { BucketKeyEnabled }),
            ...(byDefault && {
              ApplyServerSideEncryptionByDefault: {
                SSEAlgorithm: byDefault.SSEAlgorithm as "AES256",
                ...(byDefault.KMSMasterKeyID !== undefined && { KMSMasterKeyID: byDefault.KMSMasterKeyID }),
              },
            }),
          }),
        ),
      },
    });
  else if (before.BucketEncryption) await s3.DeleteBucketEncryption({ Bucket });
  if (lifecycle)
    await s3.PutBucketLifecycleConfiguration({
      Bucket,
      LifecycleConfiguration: { Rules: lifecycle.Rules?.map(lifecycleRule) },
    });
  else if (before.LifecycleConfiguration) await s3.DeleteBucketLifecycle({ Bucket });
  if (OwnershipControls) await s3.PutBucketOwnershipControls({ Bucket, OwnershipControls });
  else if (before.OwnershipControls) await s3.DeleteBucketOwnershipControls({ Bucket });
  if (PublicAccessBlockConfiguration) await s3.PutPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration });
  else if (before.PublicAccessBlockConfiguration) await s3.DeletePublicAccessBlock({ Bucket });
  // Versioning can't be taken away, only be suspended.
  if (VersioningConfiguration) await s3.PutBucketVersioning({ Bucket, VersioningConfiguration });
  else if (before.VersioningConfiguration)
    await s3.PutBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Suspended" } });
}
