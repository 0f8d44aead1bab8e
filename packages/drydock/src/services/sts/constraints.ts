import type { Constraints } from "../../protocols/constraints.ts";

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const constraints: Constraints = {
  RoleArn: { minimum: 20, maximum: 2048 },
  RoleSessionName: { minimum: 2, maximum: 64, pattern: "[\\w+=,.@-]*" },
  DurationSeconds: { minimum: 900, maximum: 43_200 },
  ExternalId: { minimum: 2, maximum: 1224, pattern: "[\\w+=,.@:\\/-]*" },
  Tags: { maximum: 50 },
};
