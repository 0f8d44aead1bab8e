import { defineService } from "../../service.ts";
import { alarmOperations } from "./alarms/alarm-operations.ts";
import { tagOperations } from "./alarms/tags.ts";
import { constraints } from "./constraints.ts";

export const cloudwatch = defineService({
  name: "monitoring",
  load: () => import("@aws-sdk/client-cloudwatch"),
  constraints,
  validationErrorCode: "ValidationError",
  operations: (region) => ({ ...alarmOperations(region), ...tagOperations(region) }),
});
