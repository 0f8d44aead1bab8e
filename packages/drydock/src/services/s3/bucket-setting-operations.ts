import { AwsError } from "../../errors.ts";
import type { Operations } from "../../service.ts";
import type { Objects } from "./objects.ts";

type S3Operations = Operations<typeof import("@aws-sdk/client-s3")>;

/** Settings of a bucket that change nothing else in the region: kept, answered, and removed as they were put. */
export function bucketSettingOperations(objects: Objects): S3Operations {
  const put = (name: string, setting: string, value: unknown) => {
    const bucket = objects.bucket(name);
    objects.buckets.put(name, { ...bucket, settings: { ...bucket.settings, [setting]: value } });
    return {};
  };
  const remove = (name: string, setting: string) => {
    const bucket = objects.bucket(name);
    const { [setting]: _removed, ...settings } = bucket.settings;
    objects.buckets.put(name, { ...bucket, settings });
    return {};
  };
  const get = <T>(name: string, setting: string, missing: [code: string, message: string]): T => {
    const value = objects.bucket(name).settings[setting];
    if (value === undefined) throw new AwsError(missing[0], missing[1], { status: 404, members: { BucketName: name } });
    return value as T;
  };

  return {
    PutBucketPolicy: (input) => {
      try {
        JSON.parse(input.Policy);
      } catch {
        throw new AwsError("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'", {
          status: 400,
        });
      }
      return put(input.Bucket, "policy", input.Policy);
    },
    GetBucketPolicy: (input) => ({
      Policy: get<string>(input.Bucket, "policy", ["NoSuchBucketPolicy", "The bucket policy does not exist"]),
    }),
    DeleteBucketPolicy: (input) => remove(input.Bucket, "policy"),

    PutBucketTagging: (input) => put(input.Bucket, "tagging", input.Tagging),
    GetBucketTagging: (input) => get(input.Bucket, "tagging", ["NoSuchTagSet", "The TagSet does not exist"]),
    DeleteBucketTagging: (input) => remove(input.Bucket, "tagging"),

    PutPublicAccessBlock: (input) => put(input.Bucket, "publicAccessBlock", input.PublicAccessBlockConfiguration),
    GetPublicAccessBlock: (input) => ({
      PublicAccessBlockConfiguration: get<object>(input.Bucket, "publicAccessBlock", [
        "NoSuchPublicAccessBlockConfiguration",
        "The public access block configuration was not found",
      ]),
    }),
    DeletePublicAccessBlock: (input) => remove(input.Bucket, "publicAccessBlock"),

    PutBucketEncryption: (input) => put(input.Bucket, "encryption", input.ServerSideEncryptionConfiguration),
    // "All Amazon S3 buckets have encryption configured by default": SSE-S3, until another is put.
    GetBucketEncryption: (input) => ({
      ServerSideEncryptionConfiguration: (objects.bucket(input.Bucket).settings.encryption as undefined) ?? {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false }],
      },
    }),
    DeleteBucketEncryption: (input) => remove(input.Bucket, "encryption"),

    PutBucketOwnershipControls: (input) => put(input.Bucket, "ownership", input.OwnershipControls),
    GetBucketOwnershipControls: (input) => ({
      OwnershipControls: get<{ Rules: [] }>(input.Bucket, "ownership", [
        "OwnershipControlsNotFoundError",
        "The bucket ownership controls were not found",
      ]),
    }),
    DeleteBucketOwnershipControls: (input) => remove(input.Bucket, "ownership"),

    // Kept and answered; drydock expires nothing by itself.
    PutBucketLifecycleConfiguration: (input) => put(input.Bucket, "lifecycle", input.LifecycleConfiguration),
    GetBucketLifecycleConfiguration: (input) =>
      get(input.Bucket, "lifecycle", ["NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"]),
    DeleteBucketLifecycle: (input) => remove(input.Bucket, "lifecycle"),
  };
}
