import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import type { Objects } from "./objects.ts";

export function bucketOperations(region: Region, objects: Objects): Operations<typeof import("@aws-sdk/client-s3")> {
  return {
    CreateBucket: (input) => {
      checkBucketName(input.Bucket);
      checkLocation(region, input.CreateBucketConfiguration?.LocationConstraint);
      if (objects.buckets.get(input.Bucket)) {
        const message = "Your previous request to create the named bucket succeeded and you already own it.";
        throw new AwsError("BucketAlreadyOwnedByYou", message, { status: 409, members: { BucketName: input.Bucket } });
      }
      const tags = input.CreateBucketConfiguration?.Tags;
      objects.buckets.put(input.Bucket, {
        name: input.Bucket,
        created: new Date(region.clock.now()),
        versioning: undefined,
        settings: tags ? { tagging: { TagSet: tags } } : {},
      });
      return { Location: `/${input.Bucket}`, BucketArn: `arn:aws:s3:::${input.Bucket}` };
    },

    HeadBucket: (input) => {
      objects.bucket(input.Bucket);
      return { BucketRegion: region.name, AccessPointAlias: false, BucketArn: `arn:aws:s3:::${input.Bucket}` };
    },

    ListBuckets: (input) => {
      const page = paginate(objects.buckets.list(input.Prefix), ({ name }) => name, {
        token: input.ContinuationToken,
        limit: input.MaxBuckets ?? 10_000,
        invalidTokenCode: "InvalidArgument",
      });
      return {
        Buckets: page.items.map(({ name, created }) => ({
          Name: name,
          CreationDate: created,
          BucketRegion: region.name,
        })),
        Owner: { ID: region.accountId, DisplayName: region.accountId },
        ContinuationToken: page.nextToken,
        Prefix: input.Prefix,
      };
    },

    GetBucketLocation: (input) => {
      objects.bucket(input.Bucket);
      // "Buckets in Region us-east-1 have a LocationConstraint of null."
      return { LocationConstraint: region.name === "us-east-1" ? undefined : (region.name as "eu-west-1") };
    },

    DeleteBucket: (input) => {
      const { versioning } = objects.bucket(input.Bucket);
      if (objects.list(input.Bucket).length > 0) {
        const versions = versioning ? ". You must delete all versions in the bucket." : "";
        const message = `The bucket you tried to delete is not empty${versions}`;
        throw new AwsError("BucketNotEmpty", message, { status: 409, members: { BucketName: input.Bucket } });
      }
      objects.removeBucket(input.Bucket);
      return {};
    },

    PutBucketVersioning: (input) => {
      const status = input.VersioningConfiguration.Status;
      if (status !== "Enabled" && status !== "Suspended") {
        throw new AwsError("MalformedXML", "The versioning status is Enabled or Suspended.", { status: 400 });
      }
      objects.buckets.put(input.Bucket, { ...objects.bucket(input.Bucket), versioning: status });
      return {};
    },

    GetBucketVersioning: (input) => ({ Status: objects.bucket(input.Bucket).versioning }),
  };
}

/**
 * "If you send your CreateBucket request to an endpoint of a Region other than us-east-1, you must use LocationConstraint";
 * us-east-1 is named by leaving it out, and EU is the older name of eu-west-1.
 */
function checkLocation(region: Region, constraint: string | undefined): void {
  const wanted = constraint === "EU" ? "eu-west-1" : constraint;
  if (region.name === "us-east-1" ? wanted === undefined : wanted === region.name) return;
  const message = `The ${constraint ?? "unspecified"} location constraint is incompatible for the region specific endpoint this request was sent to.`;
  throw new AwsError("IllegalLocationConstraintException", message, { status: 400 });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function checkBucketName(name: string): void {
  const wellFormed = /^[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]$/.test(name);
  if (!wellFormed || name.includes("..") || /^\d+\.\d+\.\d+\.\d+$/.test(name)) {
    const message = "The specified bucket is not valid.";
    throw new AwsError("InvalidBucketName", message, { status: 400, members: { BucketName: name } });
  }
}
