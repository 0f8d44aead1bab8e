import type { LifecycleRule } from "@aws-sdk/client-s3";
import { boolean, list, number, structure, text } from "../engine/properties.ts";

const transition = structure({ StorageClass: text, TransitionDate: text, TransitionInDays: number });
const noncurrentTransition = structure({
  NewerNoncurrentVersions: number,
  StorageClass: text,
  TransitionInDays: number,
});

const rule = structure({
  AbortIncompleteMultipartUpload: structure({ DaysAfterInitiation: number }),
  ExpirationDate: text,
  ExpirationInDays: number,
  ExpiredObjectDeleteMarker: boolean,
  Id: text,
  NoncurrentVersionExpiration: structure({ NewerNoncurrentVersions: number, NoncurrentDays: number }),
  NoncurrentVersionExpirationInDays: number,
  NoncurrentVersionTransitions: list(noncurrentTransition),
  ObjectSizeGreaterThan: number,
  ObjectSizeLessThan: number,
  Prefix: text,
  Status: text,
  TagFilters: list(structure({ Key: text, Value: text })),
  Transitions: list(transition),
});

/** The template's form of a lifecycle configuration, which isn't S3's own. */
export const lifecycleConfiguration = structure({ Rules: list(rule), TransitionDefaultMinimumObjectSize: text });

/** A rule as PutBucketLifecycleConfiguration takes it. */
export function lifecycleRule(from: ReturnType<typeof rule>): LifecycleRule {
  const { NoncurrentVersionExpiration: versions, NoncurrentVersionExpirationInDays: versionDays } = from;
  const expiration = {
    ...(from.ExpirationInDays !== undefined && { Days: from.ExpirationInDays }),
    ...(from.ExpirationDate !== undefined && { Date: new Date(from.ExpirationDate) }),
    ...(from.ExpiredObjectDeleteMarker !== undefined && { ExpiredObjectDeleteMarker: from.ExpiredObjectDeleteMarker }),
  };
  return {
    ...(from.Id !== undefined && { ID: from.Id }),
    Status: from.Status as LifecycleRule["Status"],
    Filter: filterOf(from),
    ...(Object.keys(expiration).length > 0 && { Expiration: expiration }),
    ...(from.AbortIncompleteMultipartUpload && { AbortIncompleteMultipartUpload: from.AbortIncompleteMultipartUpload }),
    ...((versions || versionDays !== undefined) && {
      NoncurrentVersionExpiration: versions ?? { NoncurrentDays: versionDays },
    }),
    ...(from.Transitions && {
      Transitions: from.Transitions.map(({ StorageClass, TransitionDate, TransitionInDays }) => ({
        StorageClass: StorageClass as "GLACIER",
        ...(TransitionInDays !== undefined && { Days: TransitionInDays }),
        ...(TransitionDate !== undefined && { Date: new Date(TransitionDate) }),
      })),
    }),
    ...(from.NoncurrentVersionTransitions && {
      NoncurrentVersionTransitions: from.NoncurrentVersionTransitions.map(
        ({ StorageClass, TransitionInDays, NewerNoncurrentVersions }) => ({
          StorageClass: StorageClass as "GLACIER",
          NoncurrentDays: TransitionInDays,
          NewerNoncurrentVersions,
        }),
      ),
    }),
  };
}

/** "A Filter must have exactly one of Prefix, Tag, … or And specified". */
function filterOf(from: ReturnType<typeof rule>): LifecycleRule["Filter"] {
  const { Prefix, TagFilters = [], ObjectSizeGreaterThan, ObjectSizeLessThan } = from;
  const tags = TagFilters.map(({ Key, Value }) => ({ Key, Value }));
  const [tag] = tags;
  const sizes = {
    ...(ObjectSizeGreaterThan !== undefined && { ObjectSizeGreaterThan }),
    ...(ObjectSizeLessThan !== undefined && { ObjectSizeLessThan }),
  };
  const prefix = Prefix === undefined ? {} : { Prefix };
  if (Object.keys(sizes).length + Object.keys(prefix).length + tags.length > 1)
    return { And: { ...prefix, ...sizes, ...(tags.length > 0 && { Tags: tags }) } };
  return tag ? { Tag: tag } : Object.keys(sizes).length > 0 ? sizes : { Prefix: Prefix ?? "" };
}
