import type { PutObjectCommandInput } from "@aws-sdk/client-s3";
import { AwsError } from "../../errors.ts";
import { invalidArgument } from "./errors.ts";
import type { ObjectVersion } from "./objects.ts";

type Attributes = Pick<ObjectVersion, "contentType" | "headers" | "metadata" | "tags" | "storageClass" | "encryption">;

const keptHeaders = ["CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage"] as const;

// What changes how an object may be read or deleted: kept silently, it would be a promise that isn't held.
const unbuilt = [
  "SSECustomerAlgorithm",
  "ObjectLockMode",
  "ObjectLockRetainUntilDate",
  "ObjectLockLegalHoldStatus",
  "WebsiteRedirectLocation",
  "Expires",
] as const;

const maximumKeyBytes = 1024;
const maximumTags = 10;

/** What a writer says of an object beside its bytes; the same for a put, a multipart upload and a copy. */
export function attributesOf(input: Partial<PutObjectCommandInput>): Attributes {
  const asked = unbuilt.find((name) => input[name] !== undefined);
  if (asked) {
    const message = `A header you provided implies functionality that is not implemented: drydock does not build ${asked}.`;
    throw new AwsError("NotImplemented", message, { status: 501 });
  }
  const { ServerSideEncryption: algorithm, SSEKMSKeyId: keyId } = input;
  return {
    contentType: input.ContentType,
    headers: pickHeaders(input),
    metadata: input.Metadata ?? {},
    tags: checkTags(Object.fromEntries(new URLSearchParams(input.Tagging ?? ""))),
    storageClass: input.StorageClass,
    encryption: algorithm && { algorithm, keyId },
  };
}

/** "You can associate up to 10 tags with an object." */
export function checkTags(tags: Record<string, string>): Record<string, string> {
  if (Object.keys(tags).length > maximumTags) {
    throw new AwsError("BadRequest", `Object tags cannot be greater than ${maximumTags}`, { status: 400 });
  }
  if (Object.keys(tags).some((key) => key === "" || key.length > 128)) {
    throw new AwsError("InvalidTag", "The TagKey you have provided is invalid", { status: 400 });
  }
  return tags;
}

/** "A key's name is a sequence of Unicode characters whose UTF-8 encoding is up to 1,024 bytes long." */
export function checkKey(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes === 0) throw invalidArgument("A key has at least one character.");
  if (bytes > maximumKeyBytes) {
    const members = { Size: bytes, MaxSizeAllowed: maximumKeyBytes };
    throw new AwsError("KeyTooLongError", "Your key is too long", { status: 400, members });
  }
}

/** What a copy without directives takes along. */
export function copiedAttributes(version: ObjectVersion): Attributes {
  const { contentType, headers, metadata, tags, storageClass, encryption } = version;
  return { contentType, headers, metadata, tags, storageClass, encryption };
}

/** How an object's encryption is answered: "SSE-S3 is the base level of encryption for every bucket". */
export function describeEncryption({ encryption }: Pick<ObjectVersion, "encryption">) {
  return {
    ServerSideEncryption: encryption?.algorithm ?? ("AES256" as const),
    ...(encryption?.keyId !== undefined && { SSEKMSKeyId: encryption.keyId }),
  };
}

function pickHeaders(input: Partial<PutObjectCommandInput>): ObjectVersion["headers"] {
  const headers: ObjectVersion["headers"] = {};
  for (const name of keptHeaders) {
    // aws-chunked describes the transfer, not the object.
    const value = input[name]?.replace(/^aws-chunked,?\s*/, "");
    if (value) headers[name] = value;
  }
  return headers;
}
