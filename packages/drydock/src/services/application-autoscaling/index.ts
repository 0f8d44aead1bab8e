import { defineService } from "../../service.ts";
import { carryOutScalingActions } from "../monitoring/alarms/actions.ts";
import { activityOperations } from "./activities.ts";
import { constraints } from "./constraints.ts";
import { executePolicies } from "./execution.ts";
import { policyOperations } from "./policies.ts";
import { scheduledActionOperations, startScheduledActions } from "./scheduled-actions.ts";
import { tagOperations } from "./tags.ts";
import { targetOperations } from "./targets.ts";

/**
 * Scales ECS services: registering a target moves the service's desired count inside its bounds; target tracking makes its
 * alarms in CloudWatch, alarms execute policies (`execution.ts`), and scheduled actions change the bounds when it is time.
 * Gaps: predictive policies, metrics of less than a minute, resources other than ECS services.
 */
export const applicationAutoscaling = defineService({
  name: "application-autoscaling",
  load: () => import("@aws-sdk/client-application-auto-scaling"),
  constraints,
  operations: (region) => ({
    ...targetOperations(region),
    ...policyOperations(region),
    ...activityOperations(region),
    ...scheduledActionOperations(region),
    ...tagOperations(region),
  }),
  start: (region) => {
    carryOutScalingActions(region, executePolicies(region));
    startScheduledActions(region);
  },
});
