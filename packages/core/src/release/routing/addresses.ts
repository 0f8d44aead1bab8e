import type { Route, Service } from "../../config/app.ts";

export interface ServiceAddress {
  /** Without a trailing slash. */
  url: string;
  host: string;
}

/**
 * Where the services with a route are reached: their host, or the load balancer's where they have none, and the part of
 * their path that is no pattern.
 *
 * @param loadBalancer its address, as `loadBalancerUrl` gives it.
 */
export function serviceAddresses(
  services: Record<string, Pick<Service, "route">>,
  loadBalancer: string | undefined,
): Record<string, ServiceAddress> {
  if (loadBalancer === undefined) return {};
  return Object.fromEntries(
    Object.entries(services).flatMap(([name, { route }]) => (route ? [[name, addressOf(route, loadBalancer)]] : [])),
  );
}

function addressOf(route: Route, loadBalancer: string): ServiceAddress {
  const url = new URL(loadBalancer);
  // A wildcard has no address of its own; the load balancer's is then as near as one gets.
  if (route.host !== undefined && !/[*?]/.test(route.host)) url.hostname = route.host;
  const path = route.path.split(/[*?]/)[0]?.replace(/\/$/, "") ?? "";
  return { url: `${url.origin}${path}`, host: url.hostname };
}
