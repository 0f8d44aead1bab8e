import type { Constraints } from "../../protocols/constraints.ts";

const resourceTypes = [
  "Document",
  "ManagedInstance",
  "MaintenanceWindow",
  "Parameter",
  "PatchBaseline",
  "OpsItem",
  "OpsMetadata",
  "Automation",
  "Association",
];

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Operations.html */
export const constraints: Constraints = {
  Name: { minimum: 1, maximum: 2048 },
  Names: { minimum: 1, maximum: 10 },
  Path: { minimum: 1, maximum: 2048 },
  Labels: { minimum: 1, maximum: 10 },
  Type: { values: ["String", "StringList", "SecureString"] },
  Tier: { values: ["Standard", "Advanced", "Intelligent-Tiering"] },
  Description: { maximum: 1024 },
  AllowedPattern: { maximum: 1024 },
  KeyId: { minimum: 1, maximum: 256, pattern: "[a-zA-Z0-9:/_-]+" },
  Tags: { maximum: 1000 },
  ResourceType: { values: resourceTypes },
  MaxResults: { minimum: 1, maximum: 50 },
  "GetParametersByPath.MaxResults": { minimum: 1, maximum: 10 },
};
