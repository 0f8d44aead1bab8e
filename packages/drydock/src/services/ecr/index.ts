import { defineService } from "../../service.ts";
import { constraints } from "./constraints.ts";
import { imageOperations } from "./operations/images.ts";
import { layerOperations } from "./operations/layers.ts";
import { policyOperations } from "./operations/policies.ts";
import { registryOperations } from "./operations/registry.ts";
import { repositoryOperations } from "./operations/repositories.ts";
import { registryOf } from "./registry.ts";
import { startUpkeep } from "./upkeep.ts";

/**
 * Gaps: scanning, signing, replication, archiving, pull-through caches, registry policies; pull times are not recorded.
 * By design: repositories have drydock's own address, and layers can always be mounted from one to another (on AWS only
 * with the account setting BLOB_MOUNTING).
 */
export const ecr = defineService({
  name: "ecr",
  validationErrorCode: "InvalidParameterException",
  constraints,
  load: () => import("@aws-sdk/client-ecr"),
  operations: (region) => {
    const registry = registryOf(region);
    return {
      ...repositoryOperations(region, registry),
      ...registryOperations(region, registry),
      ...imageOperations(region, registry),
      ...layerOperations(region, registry),
      ...policyOperations(region, registry),
    };
  },
  start: startUpkeep,
  routes: (region) => [{ prefix: "/v2/", handle: registryOf(region).handler }],
});
