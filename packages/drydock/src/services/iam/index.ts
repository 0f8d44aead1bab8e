import { defineService } from "../../service.ts";
import { constraints } from "./constraints.ts";
import { policyOperations } from "./policies.ts";
import { rolePolicyOperations } from "./role-policies.ts";
import { roleOperations } from "./roles.ts";
import { serviceLinkedRoleOperations } from "./service-linked-roles.ts";

export const iam = defineService({
  name: "iam",
  load: () => import("@aws-sdk/client-iam"),
  constraints,
  operations: (region) => ({
    ...roleOperations(region),
    ...serviceLinkedRoleOperations(region),
    ...rolePolicyOperations(region),
    ...policyOperations(region),
  }),
});
