import { defineService } from "../../service.ts";
import { constraints } from "./constraints.ts";
import { ssmOperations } from "./operations.ts";

export const ssm = defineService({
  name: "ssm",
  load: () => import("@aws-sdk/client-ssm"),
  constraints,
  operations: ssmOperations,
});
