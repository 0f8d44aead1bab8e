import type { FardelEvent } from "@fardel/core/events.ts";

type Counts = Omit<Extract<FardelEvent, { type: "rollout.progress" }>, "type">;

/** `1/2 healthy`, or `1/2 running` of a service whose health no load balancer looks at. */
export function tasksText({ desired, running, healthy }: Pick<Counts, "desired" | "running" | "healthy">): string {
  return healthy === undefined ? `${running}/${desired} running` : `${healthy}/${desired} healthy`;
}

/** How far a rollout is that goes through stages: `PRODUCTION_TRAFFIC_SHIFT, 10% of the traffic`. */
export function stageText({
  stage,
  productionPercent,
}: Pick<Counts, "stage" | "productionPercent">): string | undefined {
  if (stage === undefined) return undefined;
  const words = stage.toLowerCase().replaceAll("_", " ");
  return productionPercent === undefined ? words : `${words}, ${productionPercent}% of the traffic`;
}
