import type { CreateServiceRequest, UpdateServiceRequest } from "@aws-sdk/client-ecs";
import { invalidParameter, unsupported } from "../errors.ts";

type Request = Partial<CreateServiceRequest & UpdateServiceRequest>;

/** Refuses what a service can ask of ECS and drydock doesn't do, instead of leaving it out silently. */
export function refuseWhatIsNotBuilt(request: Request): void {
  const { deploymentController, schedulingStrategy } = request;
  const asked = [
    deploymentController && deploymentController.type !== "ECS" && `deploymentController ${deploymentController.type}`,
    schedulingStrategy === "DAEMON" && "schedulingStrategy DAEMON",
    request.serviceConnectConfiguration?.enabled && "serviceConnectConfiguration",
    request.serviceRegistries?.length && "serviceRegistries",
    request.volumeConfigurations?.length && "volumeConfigurations",
    request.vpcLatticeConfigurations?.length && "vpcLatticeConfigurations",
    request.gatewayConnectors?.length && "gatewayConnectors",
    request.monitoring && "monitoring",
  ].find(Boolean);
  if (asked) throw unsupported(`drydock doesn't build a service's ${asked} yet.`);
  if (request.placementConstraints?.length || request.placementStrategy?.length) {
    throw invalidParameter("Placement strategies and constraints are not supported with FARGATE launch type.");
  }
}
