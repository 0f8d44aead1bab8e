import type { Aws } from "../aws/clients.ts";
import type { EnvironmentDescriptor } from "./descriptor.ts";

/** Where an embedded region really listens: its ports are not those the listeners name, and a DNS name has none. */
const urlTag = "aws:drydock:url";

/**
 * The address that answers for an app, without a trailing slash: the load balancer's DNS name, or what an embedded
 * region has put in its place. Undefined when no service has a route.
 */
export async function loadBalancerUrl(aws: Aws, descriptor: EnvironmentDescriptor): Promise<string | undefined> {
  const { loadBalancer } = descriptor;
  if (loadBalancer === undefined) return undefined;
  const { dnsName, listeners } = loadBalancer;
  if (aws.target.endpoint !== undefined) {
    const arn = listeners.https ?? listeners.http;
    const { TagDescriptions } = await aws.elbv2.describeTags({ ResourceArns: [arn] });
    const url = TagDescriptions?.[0]?.Tags?.find(({ Key }) => Key === urlTag)?.Value;
    if (url !== undefined) return url.replace(/\/$/, "");
  }
  return `${listeners.https ? "https" : "http"}://${dnsName.toLowerCase()}`;
}
