import type { ListObjectVersionsOutput, ObjectIdentifier } from "@aws-sdk/client-s3";
import type { Aws } from "../aws/clients.ts";
import { isAwsError } from "../aws/errors.ts";

/** Deletes a bucket with every version of every object. */
export async function deleteBucket(aws: Aws, bucket: string): Promise<void> {
  try {
    let page: ListObjectVersionsOutput = {};
    do {
      page = await aws.s3.listObjectVersions({
        Bucket: bucket,
        KeyMarker: page.NextKeyMarker,
        VersionIdMarker: page.NextVersionIdMarker,
      });
      const versions = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
      const objects = versions.flatMap(({ Key, VersionId }): ObjectIdentifier[] => (Key ? [{ Key, VersionId }] : []));
      if (objects.length > 0) await aws.s3.deleteObjects({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } });
    } while (page.IsTruncated);
    await aws.s3.deleteBucket({ Bucket: bucket });
  } catch (error) {
    if (!isAwsError(error, "NoSuchBucket")) throw error;
  }
}
