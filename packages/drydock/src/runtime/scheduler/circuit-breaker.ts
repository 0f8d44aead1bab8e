import type { CircuitBreaker } from "./state.ts";

/** As ECS has it where a service says nothing else: half of the desired tasks, at least 3, at most 200. */
export const defaultThreshold: CircuitBreaker["threshold"] = { type: "BOUNDED_PERCENT", value: 50 };

/** How many failed tasks make a deployment of `desiredCount` tasks fail. */
export function failureThreshold({ type, value }: CircuitBreaker["threshold"], desiredCount: number): number {
  if (type === "COUNT") return value;
  const share = Math.ceil((value / 100) * desiredCount);
  return type === "BOUNDED_PERCENT" ? Math.min(Math.max(share, 3), 200) : Math.max(share, 1);
}
