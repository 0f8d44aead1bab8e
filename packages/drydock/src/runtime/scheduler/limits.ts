import type { ServiceState } from "./state.ts";

/** "Rounded down" for the upper limit, "rounded up" for the lower one (DeploymentConfiguration, ECS API reference). */
export function taskLimits(service: ServiceState): { minimum: number; maximum: number } {
  return {
    minimum: Math.ceil((service.desiredCount * service.minimumHealthyPercent) / 100),
    maximum: Math.floor((service.desiredCount * service.maximumPercent) / 100),
  };
}
