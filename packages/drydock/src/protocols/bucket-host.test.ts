import { expect, test } from "vitest";
import { pathWithBucket } from "./bucket-host.ts";

test.each([
  ["files.s3.localhost:4566", "/a/b", "/files/a/b"],
  ["files.s3.eu-west-1.localhost", "/", "/files/"],
  ["files.localhost:4566", "/a", "/files/a"],
  ["my.files.s3.localhost:4566", "/a", "/my.files/a"],
  ["files.s3.eu-west-1.amazonaws.com", "/a", "/files/a"],
  ["files.s3-eu-west-1.amazonaws.com", "/a", "/files/a"],
  ["s3.localhost:4566", "/files/a", "/files/a"],
  ["s3.eu-west-1.localhost:4566", "/files/a", "/files/a"],
  ["localhost:4566", "/files/a", "/files/a"],
  ["127.0.0.1:4566", "/files/a", "/files/a"],
  [undefined, "/files/a", "/files/a"],
])("at %s the path %s is %s", (host, path, expected) => {
  expect(pathWithBucket(host, path)).toBe(expected);
});
