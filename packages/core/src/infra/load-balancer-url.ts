import type { Aws } from "../aws/clients.ts";
import type { EnvironmentDescriptor } from "./descriptor.ts";
import { testPort } from "./templates/load-balancer.ts";

/** Where an embedded region really listens: its ports are not those the listeners name, and a DNS name has none. */
const urlTag = "aws:drydock:url";

/**
 * The address that answers for an app, without a trailing slash: the load balancer's DNS name, or what an embedded
 * region has put in its place. Undefined when no service has a route.
 */
export async function loadBalancerUrl(aws: Aws, descriptor: EnvironmentDescriptor): Promise<string | undefined> {
  const { https, http } = descriptor.loadBalancer?.listeners ?? {};
  return https !== undefined
    ? listenerUrl(aws, descriptor, https, "https:")
    : listenerUrl(aws, descriptor, http, "http:");
}

/** The address of the test listener, where a new revision answers before it has production traffic; undefined without one. */
export async function testUrl(aws: Aws, descriptor: EnvironmentDescriptor): Promise<string | undefined> {
  return listenerUrl(aws, descriptor, descriptor.loadBalancer?.listeners.test, "http:", `:${testPort}`);
}

async function listenerUrl(
  aws: Aws,
  { loadBalancer }: EnvironmentDescriptor,
  listener: string | undefined,
  protocol: "http:" | "https:",
  port = "",
): Promise<string | undefined> {
  if (loadBalancer === undefined || listener === undefined) return undefined;
  if (aws.target.endpoint !== undefined) {
    const { TagDescriptions } = await aws.elbv2.describeTags({ ResourceArns: [listener] });
    const url = TagDescriptions?.[0]?.Tags?.find(({ Key }) => Key === urlTag)?.Value;
    if (url !== undefined) return url.replace(/\/$/, "");
  }
  return `${protocol}//${loadBalancer.dnsName.toLowerCase()}${port}`;
}
