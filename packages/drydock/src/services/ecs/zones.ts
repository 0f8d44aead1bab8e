import type { Ecs } from "./ecs.ts";
import type { NetworkPlacement } from "./tasks/network.ts";

/** What RunTask answers, and a service says in an event, where Fargate has no room (ECS developer guide, API failure reasons). */
export const capacityUnavailable =
  "Capacity is unavailable at this time. Please try again later or in a different availability zone";

/** A placement without the subnets whose Availability Zone is lost. */
export function placeableNow({ records }: Ecs, placement: NetworkPlacement): NetworkPlacement {
  const subnets = placement.subnets.filter(({ availabilityZone }) => !records.lostZones.get(availabilityZone));
  return { ...placement, subnets };
}
