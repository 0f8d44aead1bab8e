import type { AwsError } from "../../../errors.ts";
import {
  listenerNotFound,
  loadBalancerNotFound,
  ruleNotFound,
  targetGroupNotFound,
  validationError,
} from "../errors.ts";
import { urlTags, withTags } from "../tags.ts";
import type { Context, ElbOperations } from "./context.ts";

export function tagOperations({
  region,
  state,
}: Context): Pick<ElbOperations, "AddTags" | "RemoveTags" | "DescribeTags"> {
  const tagsOf = (arn: string) => {
    const tags = state.tags.get(arn);
    if (!tags) throw notFound(arn);
    return tags;
  };
  return {
    AddTags({ ResourceArns, Tags }) {
      const changes = ResourceArns.map((arn) => [arn, withTags(tagsOf(arn), Tags)] as const);
      region.store.transaction(() => {
        for (const [arn, tags] of changes) state.tags.put(arn, tags);
      });
      return {};
    },

    RemoveTags({ ResourceArns, TagKeys }) {
      const changes = ResourceArns.map(
        (arn) => [arn, tagsOf(arn).filter(({ Key = "" }) => !TagKeys.includes(Key))] as const,
      );
      region.store.transaction(() => {
        for (const [arn, tags] of changes) state.tags.put(arn, tags);
      });
      return {};
    },

    DescribeTags({ ResourceArns }) {
      if (ResourceArns.length > 20)
        throw validationError("You can describe the tags of up to 20 resources in one call");
      return {
        TagDescriptions: ResourceArns.map((arn) => ({
          ResourceArn: arn,
          Tags: [...tagsOf(arn), ...urlTags(state, arn)],
        })),
      };
    },
  };
}

/** The error for a resource of the kind that its ARN says. */
function notFound(arn: string): AwsError {
  if (arn.includes(":targetgroup/")) return targetGroupNotFound();
  if (arn.includes(":listener/")) return listenerNotFound();
  if (arn.includes(":listener-rule/")) return ruleNotFound();
  if (arn.includes(":loadbalancer/")) return loadBalancerNotFound();
  return validationError(`'${arn}' is not a valid load balancer, target group, listener or rule ARN`);
}
