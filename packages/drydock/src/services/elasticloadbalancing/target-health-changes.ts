import type { Region } from "../../region.ts";
import { dataPlaneOf, type TargetHealthChange } from "./data-plane.ts";

/**
 * Calls back at every change of a target's health, with what DescribeTargetHealth would now answer for it; a target that
 * has drained, or whose target group is deleted, comes as `unused` with `Target.NotRegistered`. May be called while an
 * operation of this service is under way. The answer ends the subscription.
 */
export function targetHealthChanges(region: Region, changed: (change: TargetHealthChange) => void): () => void {
  return dataPlaneOf(region).subscribe(changed);
}
