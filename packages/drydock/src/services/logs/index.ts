import { defineService } from "../../service.ts";
import { constraints } from "./constraints.ts";
import { eventOperations } from "./event-operations.ts";
import { groupOperations } from "./group-operations.ts";
import { streamOperations } from "./stream-operations.ts";

export const logs = defineService({
  name: "logs",
  load: () => import("@aws-sdk/client-cloudwatch-logs"),
  constraints,
  validationErrorCode: "InvalidParameterException",
  operations: (region) => ({ ...groupOperations(region), ...streamOperations(region), ...eventOperations(region) }),
});
