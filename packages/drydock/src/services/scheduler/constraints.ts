import type { Constraints } from "../../protocols/constraints.ts";

const name = { minimum: 1, maximum: 64, pattern: "[0-9a-zA-Z\\-_.]+" };

/** https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html */
export const constraints: Constraints = {
  Name: name,
  GroupName: name,
  NamePrefix: name,
  ScheduleExpression: { minimum: 1, maximum: 256 },
  ScheduleExpressionTimezone: { minimum: 1, maximum: 50 },
  Description: { maximum: 512 },
  ClientToken: { minimum: 1, maximum: 64, pattern: "[a-zA-Z0-9\\-_]+" },
  State: { values: ["ENABLED", "DISABLED"] },
  ActionAfterCompletion: { values: ["NONE", "DELETE"] },
  MaxResults: { minimum: 1, maximum: 100 },
  NextToken: { minimum: 1, maximum: 2048 },
  ResourceArn: { minimum: 1, maximum: 1011 },
  Tags: { maximum: 200 },
  TagKeys: { maximum: 50 },
};
