import type { Constraints } from "../../protocols/constraints.ts";

const arn = { minimum: 20, maximum: 2048 };
const document = { minimum: 1, maximum: 131_072 };
const path = { minimum: 1, maximum: 512, pattern: "/|/[!-~]+/" };

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html */
export const constraints: Constraints = {
  RoleName: { minimum: 1, maximum: 64, pattern: "[\\w+=,.@-]+" },
  PolicyName: { minimum: 1, maximum: 128, pattern: "[\\w+=,.@-]+" },
  Path: path,
  PathPrefix: path,
  "ListRoles.PathPrefix": { minimum: 1, maximum: 512, pattern: "/[!-\u007f]*" },
  PolicyArn: arn,
  PermissionsBoundary: arn,
  AssumeRolePolicyDocument: document,
  PolicyDocument: document,
  Description: { maximum: 1000 },
  MaxSessionDuration: { minimum: 3600, maximum: 43_200 },
  VersionId: { pattern: "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?" },
  Scope: { values: ["All", "AWS", "Local"] },
  EntityFilter: { values: ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"] },
  PolicyUsageFilter: { values: ["PermissionsPolicy", "PermissionsBoundary"] },
  AWSServiceName: { minimum: 1, maximum: 128, pattern: "[\\w+=,.@-]+" },
  CustomSuffix: { minimum: 1, maximum: 64, pattern: "[\\w+=,.@-]+" },
  Tags: { maximum: 50 },
  TagKeys: { maximum: 50 },
  MaxItems: { minimum: 1, maximum: 1000 },
};
