import type { ListObjectVersionsOutput, ObjectIdentifier } from "@aws-sdk/client-s3";
import type { Aws } from "../aws/clients.ts";
import { isAwsError } from "../aws/errors.ts";
import { stackTags } from "./stack.ts";

/** Deletes the repositories that fardel made for an app, with their images: their stack leaves them behind. */
export async function deleteRepositories(aws: Aws, app: string): Promise<void> {
  for await (const { repositories = [] } of aws.ecr.paginateDescribeRepositories({})) {
    const ofApp = repositories.filter(({ repositoryName }) => repositoryName?.startsWith(`${app}/`));
    for (const { repositoryName, repositoryArn } of ofApp) {
      const { tags = [] } = await aws.ecr.listTagsForResource({ resourceArn: repositoryArn });
      if (!tags.some(({ Key, Value }) => Key === stackTags.app && Value === app)) continue;
      await aws.ecr.deleteRepository({ repositoryName, force: true });
    }
  }
}

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
