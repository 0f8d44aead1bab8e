import type { Constraints } from "../../protocols/constraints.ts";

const namespaces = [
  "ecs",
  "elasticmapreduce",
  "ec2",
  "appstream",
  "dynamodb",
  "rds",
  "sagemaker",
  "custom-resource",
  "comprehend",
  "lambda",
  "cassandra",
  "kafka",
  "elasticache",
  "neptune",
  "workspaces",
];
const resourceId = { minimum: 1, maximum: 1600 };

/** https://docs.aws.amazon.com/autoscaling/application/APIReference/API_Operations.html */
export const constraints: Constraints = {
  ServiceNamespace: { values: namespaces },
  ResourceId: resourceId,
  ResourceIds: { maximum: 50 },
  PolicyName: { minimum: 1, maximum: 256, pattern: "\\P{Cc}+" },
  PolicyType: { values: ["StepScaling", "TargetTrackingScaling", "PredictiveScaling"] },
  ResourceARN: { minimum: 1, maximum: 1011 },
  TagKeys: { maximum: 200 },
  MaxResults: { minimum: 1, maximum: 50 },
  // "This value can be between 1 and 10. The default value is 10."
  "DescribeScalingPolicies.MaxResults": { minimum: 1, maximum: 10 },
};
