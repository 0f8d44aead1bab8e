import type { Operations } from "../../../service.ts";
import type { CloudFormation } from "../cloudformation.ts";
import { changeSetOperations } from "./change-sets.ts";
import { exportOperations } from "./exports.ts";
import { stackRecoveryOperations } from "./recovery.ts";
import { resourceOperations } from "./resources.ts";
import { stackOperations } from "./stacks.ts";
import { templateOperations } from "./templates.ts";

export type Client = typeof import("@aws-sdk/client-cloudformation");

/**
 * CloudFormation.
 * Gaps: macros, nested stacks, stack sets, drift, imports, custom resources, Hooks, CreationPolicy and UpdatePolicy,
 * notifications, rollback triggers, updates of a stack in CREATE_FAILED or UPDATE_FAILED: all refused.
 * By design: every call of a resource type is made as the caller, also when a role is given.
 */
export function cloudFormationOperations(service: CloudFormation): Operations<Client> {
  return {
    ...stackOperations(service),
    ...stackRecoveryOperations(service),
    ...changeSetOperations(service),
    ...resourceOperations(service),
    ...templateOperations(service),
    ...exportOperations(service),
  };
}
