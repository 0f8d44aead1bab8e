import { S3 } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { conformance, refused } from "./targets.ts";

conformance((target) => {
  const s3 = target.client(S3);
  const bucket = async (Bucket: string) => {
    await s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
    return Bucket;
  };

  test.each([
    ["policy", "NoSuchBucketPolicy"],
    ["tags", "NoSuchTagSet"],
    ["public access block", "NoSuchPublicAccessBlockConfiguration"],
    ["ownership controls", "OwnershipControlsNotFoundError"],
    ["lifecycle", "NoSuchLifecycleConfiguration"],
  ] as const)("a bucket's %s: put, read, deleted, and then missing", async (setting, missing) => {
    const Bucket = await bucket(`setting-${setting.replaceAll(" ", "-")}`);
    const bucketArn = `arn:aws:s3:::${Bucket}/*`;
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource: bucketArn }],
    });
    const PublicAccessBlockConfiguration = { BlockPublicAcls: true, BlockPublicPolicy: true };
    const OwnershipControls = { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" as const }] };
    const rule = { ID: "r", Status: "Enabled" as const, Filter: { Prefix: "" }, Expiration: { Days: 1 } };
    const calls = {
      policy: {
        put: () => s3.putBucketPolicy({ Bucket, Policy }),
        get: async () => JSON.parse((await s3.getBucketPolicy({ Bucket })).Policy ?? ""),
        delete: () => s3.deleteBucketPolicy({ Bucket }),
        expected: JSON.parse(Policy),
      },
      tags: {
        put: () => s3.putBucketTagging({ Bucket, Tagging: { TagSet: [{ Key: "a", Value: "1" }] } }),
        get: async () => (await s3.getBucketTagging({ Bucket })).TagSet,
        delete: () => s3.deleteBucketTagging({ Bucket }),
        expected: [{ Key: "a", Value: "1" }],
      },
      "public access block": {
        put: () => s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration }),
        get: async () => (await s3.getPublicAccessBlock({ Bucket })).PublicAccessBlockConfiguration,
        delete: () => s3.deletePublicAccessBlock({ Bucket }),
        expected: PublicAccessBlockConfiguration,
      },
      "ownership controls": {
        put: () => s3.putBucketOwnershipControls({ Bucket, OwnershipControls }),
        get: async () => (await s3.getBucketOwnershipControls({ Bucket })).OwnershipControls,
        delete: () => s3.deleteBucketOwnershipControls({ Bucket }),
        expected: OwnershipControls,
      },
      lifecycle: {
        put: () => s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules: [rule] } }),
        get: async () => (await s3.getBucketLifecycleConfiguration({ Bucket })).Rules?.[0],
        delete: () => s3.deleteBucketLifecycle({ Bucket }),
        expected: rule,
      },
    }[setting];
    await refused(calls.get(), missing);
    await calls.put();
    expect(await calls.get()).toMatchObject(calls.expected);
    await calls.delete();
    await refused(calls.get(), missing);
  });

  test("a bucket is encrypted by S3 unless it is told otherwise", async () => {
    const Bucket = await bucket("encryption");
    const algorithm = async () =>
      (await s3.getBucketEncryption({ Bucket })).ServerSideEncryptionConfiguration?.Rules?.[0]
        ?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
    await target.motoDiffers("https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html", async () =>
      expect(await algorithm()).toBe("AES256"),
    );
    const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" as const, KMSMasterKeyID: "k" } }];
    await s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules } });
    expect(await algorithm()).toBe("aws:kms");
    await s3.deleteBucketEncryption({ Bucket });
  });
});
