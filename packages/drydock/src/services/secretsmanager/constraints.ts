import type { Constraints } from "../../protocols/constraints.ts";

const versionId = { minimum: 32, maximum: 64 };

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html */
export const constraints: Constraints = {
  Name: { minimum: 1, maximum: 512 },
  SecretId: { minimum: 1, maximum: 2048 },
  VersionId: versionId,
  RemoveFromVersionId: versionId,
  MoveToVersionId: versionId,
  VersionStage: { minimum: 1, maximum: 256 },
  VersionStages: { minimum: 1, maximum: 20 },
  SecretString: { minimum: 1, maximum: 65_536 },
  SecretBinary: { minimum: 1, maximum: 65_536 },
  Description: { maximum: 2048 },
  ResourcePolicy: { minimum: 1, maximum: 20_480 },
  PasswordLength: { minimum: 1, maximum: 4096 },
  Filters: { maximum: 10 },
  SortOrder: { values: ["asc", "desc"] },
  MaxResults: { minimum: 1, maximum: 100 },
};
