import type { Operations } from "../../service.ts";
import type { Ecs } from "./ecs.ts";
import { accountSettingOperations } from "./operations/account-settings.ts";
import { capacityProviderOperations } from "./operations/capacity-providers.ts";
import { clusterOperations } from "./operations/clusters.ts";
import { createServiceOperation } from "./operations/create-service.ts";
import { runTaskOperation } from "./operations/run-task.ts";
import { serviceDeploymentOperations } from "./operations/service-deployments.ts";
import { serviceOperations } from "./operations/services.ts";
import { tagOperations } from "./operations/tags.ts";
import { taskDefinitionOperations } from "./operations/task-definitions.ts";
import { taskProtectionOperations } from "./operations/task-protection.ts";
import { taskOperations } from "./operations/tasks.ts";
import { updateServiceOperation } from "./operations/update-service.ts";

export type EcsOperations = Operations<typeof import("@aws-sdk/client-ecs")>;

export function ecsOperations(ecs: Ecs): EcsOperations {
  return {
    ...clusterOperations(ecs),
    ...capacityProviderOperations(ecs),
    ...taskDefinitionOperations(ecs),
    ...createServiceOperation(ecs),
    ...updateServiceOperation(ecs),
    ...serviceOperations(ecs),
    ...serviceDeploymentOperations(ecs),
    ...runTaskOperation(ecs),
    ...taskOperations(ecs),
    ...taskProtectionOperations(ecs),
    ...tagOperations(ecs),
    ...accountSettingOperations(ecs),
  };
}
