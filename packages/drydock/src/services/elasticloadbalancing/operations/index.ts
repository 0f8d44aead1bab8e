/**
 * Elastic Load Balancing v2, Application Load Balancers.
 *
 * Quirks: a listener's port is not the port of this machine. `DNSName` is `localhost`; the tag `aws:drydock:url` of a
 * listener and of its load balancer (DescribeTags; read-only) says where it is reached: `http://127.0.0.1:8080`.
 * Gaps, refused by name: Network and Gateway Load Balancers, HTTPS (certificates), authentication actions, regular
 * expressions in conditions, transforms, Lambda and instance targets, HTTP/2 and gRPC to targets, slow start, logs.
 */
import type { Region } from "../../../region.ts";
import type { Operations } from "../../../service.ts";
import { dataPlaneOf } from "../data-plane.ts";
import { stateOf } from "../state.ts";
import { attributeOperations } from "./attributes.ts";
import type { Context } from "./context.ts";
import { listenerOperations } from "./listeners.ts";
import { loadBalancerNetworkOperations } from "./load-balancer-network.ts";
import { loadBalancerOperations } from "./load-balancers.ts";
import { quotaOperations } from "./quotas.ts";
import { ruleOperations } from "./rules.ts";
import { tagOperations } from "./tags.ts";
import { targetGroupOperations } from "./target-groups.ts";
import { targetOperations } from "./targets.ts";

export function elasticloadbalancingOperations(
  region: Region,
): Operations<typeof import("@aws-sdk/client-elastic-load-balancing-v2")> {
  const context: Context = { region, state: stateOf(region), plane: dataPlaneOf(region) };
  return {
    ...loadBalancerOperations(context),
    ...loadBalancerNetworkOperations(context),
    ...targetGroupOperations(context),
    ...targetOperations(context),
    ...listenerOperations(context),
    ...ruleOperations(context),
    ...attributeOperations(context),
    ...tagOperations(context),
    ...quotaOperations(),
  };
}
