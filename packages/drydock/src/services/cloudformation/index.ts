import { defineService } from "../../service.ts";
import { cloudFormationOf } from "./cloudformation.ts";
import { cloudFormationOperations } from "./operations/index.ts";

export const cloudformation = defineService({
  name: "cloudformation",
  load: () => import("@aws-sdk/client-cloudformation"),
  operations: (region) => cloudFormationOperations(cloudFormationOf(region)),
  start: (region) => cloudFormationOf(region).engine.resume(),
});
