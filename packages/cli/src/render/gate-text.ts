import type { FardelEvent } from "@fardel/core/events.ts";

/** What a rollout waits for at its gate, where it can be tried, and who can let it go on. */
export function waitingFor(event: Extract<FardelEvent, { type: "rollout.waiting" }>): string {
  const { waitsFor, testUrl, service, until, otherwise } = event;
  const place = testUrl === undefined ? "" : ` at ${testUrl}`;
  if (waitsFor === "check") return `checking the new revision${place}`;
  const end = until === undefined ? "" : `; ${otherwise === "continue" ? "goes on" : "is rolled back"} at ${until}`;
  const tried = testUrl === undefined ? "" : ` (try it${place})`;
  return `waits for approval${tried}: fardel approve ${service}, or reject${end}`;
}

/** How far a rollout is that goes through stages: `PRODUCTION_TRAFFIC_SHIFT, 10% of the traffic`. */
export function stageText({
  stage,
  productionPercent,
}: Pick<Extract<FardelEvent, { type: "rollout.progress" }>, "stage" | "productionPercent">): string | undefined {
  if (stage === undefined) return undefined;
  const words = stage.toLowerCase().replaceAll("_", " ");
  return productionPercent === undefined ? words : `${words}, ${productionPercent}% of the traffic`;
}
