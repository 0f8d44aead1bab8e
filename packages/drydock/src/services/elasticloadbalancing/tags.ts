import type { Tag } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../errors.ts";
import { validationError } from "./errors.ts";
import type { State } from "./state.ts";

const limit = 50;
/**
 * Tags that drydock answers itself and that nobody can set. Terraform and CloudFormation leave whatever begins with `aws:`
 * alone, as the tags AWS sets by itself do, and so don't see them as a change made behind their backs.
 */
const reserved = "aws:drydock:";

/** The tags after some were added. Throws for a key given twice, a reserved one, and more than 50. */
export function withTags(tags: Tag[], added: Tag[]): Tag[] {
  const keys = added.map(({ Key }) => Key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new AwsError("DuplicateTagKeys", `Tag key was specified more than once: ${twice}`);
  const taken = keys.find((key) => key?.startsWith(reserved));
  if (taken !== undefined) throw validationError(`Tag keys that begin with '${reserved}' are reserved: ${taken}`);
  const next = new Map(tags.map((tag) => [tag.Key, tag]));
  for (const { Key, Value = "" } of added) next.set(Key, { Key, Value });
  if (next.size > limit) throw new AwsError("TooManyTags", `A resource can have at most ${limit} tags`);
  return [...next.values()];
}

/**
 * `aws:drydock:url`: where a listener, or a load balancer by its first listener, is reached on this machine. Its port on AWS
 * is in the API; the one here isn't, and a load balancer's DNS name can't carry it.
 */
export function urlTags(state: State, resourceArn: string): Tag[] {
  const listeners = state.listeners
    .list()
    .filter(({ listener }) => listener.ListenerArn === resourceArn || listener.LoadBalancerArn === resourceArn)
    .sort((a, b) => a.listener.Port - b.listener.Port);
  const realPort = listeners[0]?.realPort;
  return realPort === undefined ? [] : [{ Key: `${reserved}url`, Value: `http://127.0.0.1:${realPort}` }];
}
