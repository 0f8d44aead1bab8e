import { taskRoutes } from "../../runtime/tasks/routes.ts";
import { defineService } from "../../service.ts";
import { ecsOf, resumeEcs } from "./ecs.ts";
import { ecsOperations } from "./operations.ts";

export const ecs = defineService({
  name: "ecs",
  load: () => import("@aws-sdk/client-ecs"),
  validationErrorCode: "InvalidParameterException",
  operations: (region) => ecsOperations(ecsOf(region)),
  start: (region) => resumeEcs(ecsOf(region)),
  routes: taskRoutes,
});
