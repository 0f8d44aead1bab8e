import type { Ecs } from "../ecs.ts";
import { serviceNotActive, serviceNotFound } from "../errors.ts";
import { lastSegment } from "../names.ts";
import { type ServiceRecord, serviceKey } from "../records.ts";

/** By name or ARN. Throws ServiceNotFoundException. */
export function findService({ records }: Ecs, clusterName: string, reference: string): ServiceRecord {
  const record = records.services.get(serviceKey({ clusterName, name: lastSegment(reference) }));
  if (!record) throw serviceNotFound();
  return record;
}

/** Throws ServiceNotActiveException also for a service that is being deleted. */
export function activeService(ecs: Ecs, clusterName: string, reference: string): ServiceRecord {
  const record = findService(ecs, clusterName, reference);
  if (record.status !== "ACTIVE") throw serviceNotActive();
  return record;
}
