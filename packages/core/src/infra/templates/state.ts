import { exported, getAtt, ref, sub, type Template, template } from "./template.ts";

/**
 * Once per account and region: the bucket of release records, locks and applied templates. It outlives its stack unless
 * creating the stack fails; its name is CloudFormation's choice, because a predictable one can be taken by a stranger.
 */
export function stateTemplate(stack: string): Template {
  return template(
    "fardel: release records, locks and applied templates of every app in this account and region",
    {
      StateBucket: {
        Type: "AWS::S3::Bucket",
        DeletionPolicy: "RetainExceptOnCreate",
        UpdateReplacePolicy: "Retain",
        Properties: {
          VersioningConfiguration: { Status: "Enabled" },
          LifecycleConfiguration: {
            Rules: [
              {
                // A lock is written anew every fifteen seconds while it is held; who held it is in the release's record.
                Id: "FormerLocks",
                Prefix: "locks/",
                Status: "Enabled",
                NoncurrentVersionExpiration: { NoncurrentDays: 1 },
                ExpiredObjectDeleteMarker: true,
              },
            ],
          },
          BucketEncryption: {
            ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
          },
          OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
          PublicAccessBlockConfiguration: {
            BlockPublicAcls: true,
            BlockPublicPolicy: true,
            IgnorePublicAcls: true,
            RestrictPublicBuckets: true,
          },
        },
      },
      StateBucketPolicy: {
        Type: "AWS::S3::BucketPolicy",
        Properties: {
          Bucket: ref("StateBucket"),
          PolicyDocument: {
            Version: "2012-10-17",
            Statement: [
              {
                Sid: "OnlyTls",
                Effect: "Deny",
                Principal: "*",
                Action: "s3:*",
                Resource: [getAtt("StateBucket", "Arn"), sub("${StateBucket.Arn}/*")],
                Condition: { Bool: { "aws:SecureTransport": "false" } },
              },
            ],
          },
        },
      },
    },
    exported(stack, "StateBucket", ref("StateBucket")),
  );
}
