import { defineService } from "../../service.ts";
import { dataPlaneOf } from "./data-plane.ts";
import { elasticloadbalancingOperations } from "./operations/index.ts";

export const elasticloadbalancing = defineService({
  name: "elasticloadbalancing",
  load: () => import("@aws-sdk/client-elastic-load-balancing-v2"),
  operations: elasticloadbalancingOperations,
  start: (region) => dataPlaneOf(region).start(),
});
