import { defineService } from "../../service.ts";
import { activityOperations } from "./activities.ts";
import { constraints } from "./constraints.ts";
import { policyOperations } from "./policies.ts";
import { tagOperations } from "./tags.ts";
import { targetOperations } from "./targets.ts";

/**
 * Scalable targets of ECS services. A target's bounds are kept: registering one moves the service's desired count
 * inside them. Policies are kept and described, but no metric drives them yet: there is no CloudWatch here, so they
 * have no alarms and scale nothing. Gaps: scheduled actions, predictive policies, resources other than ECS services.
 */
export const applicationAutoscaling = defineService({
  name: "application-autoscaling",
  load: () => import("@aws-sdk/client-application-auto-scaling"),
  constraints,
  operations: (region) => ({
    ...targetOperations(region),
    ...policyOperations(region),
    ...activityOperations(region),
    ...tagOperations(region),
  }),
});
