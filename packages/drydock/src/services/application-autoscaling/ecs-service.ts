import { randomUUID } from "node:crypto";
import type { Service } from "@aws-sdk/client-ecs";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import { activitiesOf, type TargetIdentity, type TargetRecord } from "./records.ts";

/**
 * The active ECS service behind `service/<cluster>/<service>`. Throws ValidationException where there is none, and
 * NotImplemented for what AWS scales besides.
 */
export async function requireService(region: Region, target: TargetIdentity): Promise<Service> {
  if (!target.ScalableDimension.startsWith(`${target.ServiceNamespace}:`)) throw unsupportedCombination();
  if (target.ServiceNamespace !== "ecs") {
    const message = `drydock scales ECS services only, nothing of ${target.ServiceNamespace}.`;
    throw new AwsError("NotImplemented", message, { status: 501 });
  }
  const [type, cluster, name, ...rest] = target.ResourceId.split("/");
  if (type !== "service" || !cluster || !name || rest.length > 0) throw unsupportedCombination();
  const found = await region
    .call("ecs")
    .DescribeServices({ cluster, services: [name] })
    .catch(() => ({ services: [] }));
  const service = found.services?.find(({ status }) => status === "ACTIVE");
  if (!service) throw new AwsError("ValidationException", `ECS service doesn't exist: ${target.ResourceId}`);
  return service;
}

function unsupportedCombination(): AwsError {
  return new AwsError("ValidationException", "Unsupported service namespace, resource type or scalable dimension");
}

/**
 * "If it's below the minimum capacity or above the maximum capacity, Application Auto Scaling adjusts the capacity of
 * the scalable target to place it within these bounds": a scaling activity. `why` goes before the bound that calls for it.
 */
export async function scaleIntoBounds(
  region: Region,
  target: TargetRecord,
  service: Service,
  why?: string,
): Promise<void> {
  const current = service.desiredCount ?? 0;
  const desired = Math.min(Math.max(current, target.MinCapacity), target.MaxCapacity);
  if (desired === current) return;
  const bound = desired > current ? `minimum capacity was set to ${desired}` : `maximum capacity was set to ${desired}`;
  await setDesiredCount(region, target, service, desired, why === undefined ? bound : `${why}, ${bound}`);
}

/** Changes a service's desired count and notes the activity, with AWS's words for it. */
export async function setDesiredCount(
  region: Region,
  target: TargetRecord,
  service: Service,
  desired: number,
  Cause: string,
): Promise<void> {
  const started = region.clock.now();
  await region
    .call("ecs")
    .UpdateService({ cluster: service.clusterArn, service: service.serviceArn ?? "", desiredCount: desired });
  const ActivityId = randomUUID();
  activitiesOf(region).put(ActivityId, {
    ActivityId,
    ServiceNamespace: target.ServiceNamespace,
    ResourceId: target.ResourceId,
    ScalableDimension: target.ScalableDimension,
    Description: `Setting desired count to ${desired}.`,
    Cause,
    StatusCode: "Successful",
    StatusMessage: `Successfully set desired count to ${desired}. Change successfully fulfilled by ecs.`,
    started,
    ended: region.clock.now(),
  });
}
