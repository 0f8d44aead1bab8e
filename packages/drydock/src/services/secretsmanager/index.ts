import { defineService } from "../../service.ts";
import { constraints } from "./constraints.ts";
import { secretsManagerOperations } from "./operations.ts";

export const secretsmanager = defineService({
  name: "secretsmanager",
  load: () => import("@aws-sdk/client-secrets-manager"),
  constraints,
  operations: secretsManagerOperations,
});
