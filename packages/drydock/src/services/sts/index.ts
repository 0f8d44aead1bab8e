import { defineService } from "../../service.ts";
import { constraints } from "./constraints.ts";
import { stsOperations } from "./operations.ts";

export const sts = defineService({
  name: "sts",
  load: () => import("@aws-sdk/client-sts"),
  constraints,
  operations: stsOperations,
});
