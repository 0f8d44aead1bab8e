import { taskRoutes } from "../../runtime/tasks/routes.ts";
import { defineService } from "../../service.ts";
import { ecsOf, resumeEcs } from "./ecs.ts";
import { ecsOperations } from "./operations.ts";

/**
 * Gaps: launch types other than FARGATE, Lambda as a deployment's lifecycle hook, service discovery and Service Connect, task
 * sets, task protection, ExecuteCommand; each is refused by name.
 * By design: a task starts at once (Fargate takes 20 to 40 s to find a machine), and Spot capacity is always there, also right
 * after it was taken back (`faults.ts`).
 */
export const ecs = defineService({
  name: "ecs",
  load: () => import("@aws-sdk/client-ecs"),
  validationErrorCode: "InvalidParameterException",
  operations: (region) => ecsOperations(ecsOf(region)),
  start: (region) => resumeEcs(ecsOf(region)),
  routes: taskRoutes,
});
