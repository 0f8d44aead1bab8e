// `bucket.s3.localhost`, `bucket.s3.eu-west-1.localhost`, `bucket.localhost`, and the same below amazonaws.com for
// clients that are led here by name resolution. The bucket's own name may hold dots.
const bucketHost = /^(.+?)\.(?:s3(?:[.-][a-z0-9-]+)?\.(?:localhost|amazonaws\.com)|localhost)$/;

/**
 * The path of a virtual-hosted-style request with the bucket as its first part, as path-style requests have it; that of any
 * other request unchanged. https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function pathWithBucket(host: string | undefined, path: string): string {
  const name = host?.replace(/:\d+$/, "").toLowerCase() ?? "";
  const bucket = bucketHost.exec(name)?.[1];
  // `s3.localhost` and `s3.eu-west-1.localhost` name the service, no bucket.
  if (bucket === undefined || /^s3(?:[.-][a-z0-9-]+)?$/.test(bucket)) return path;
  return `/${bucket}${path}`;
}
