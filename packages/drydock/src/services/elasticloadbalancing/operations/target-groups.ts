import type { TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import { targetGroupNotFound, validationError } from "../errors.ts";
import { checkName } from "../names.ts";
import { requireVpc } from "../network.ts";
import { loadBalancersByTargetGroup, newArn, type TargetGroupRecord } from "../state.ts";
import { withTags } from "../tags.ts";
import { checkHealthCheck, healthCheckMembers, newTargetGroup } from "../validation/target-group.ts";
import { type Context, type ElbOperations, loadBalancerOf, targetGroupOf } from "./context.ts";

export function targetGroupOperations(
  context: Context,
): Pick<ElbOperations, "CreateTargetGroup" | "DescribeTargetGroups" | "ModifyTargetGroup" | "DeleteTargetGroup"> {
  const { region, state, plane } = context;

  const described = ({ targetGroup }: TargetGroupRecord, users = loadBalancersByTargetGroup(state)): TargetGroup => ({
    ...targetGroup,
    LoadBalancerArns: [...(users.get(targetGroup.TargetGroupArn) ?? [])],
  });

  return {
    async CreateTargetGroup(input) {
      checkName(input.Name, "target group");
      const settings = newTargetGroup(input);
      const tags = withTags([], input.Tags ?? []);
      await requireVpc(region, input.VpcId ?? "");
      const known = state.targetGroups.list().find(({ targetGroup }) => targetGroup.TargetGroupName === input.Name);
      if (known) {
        if (!hasSettings(known.targetGroup, settings))
          throw new AwsError(
            "DuplicateTargetGroupName",
            `A target group with the same name '${input.Name}' exists, but with different settings`,
          );
        return { TargetGroups: [described(known)] };
      }
      const TargetGroupArn = newArn(region, `targetgroup/${input.Name}`);
      const record = {
        targetGroup: { TargetGroupArn, TargetGroupName: input.Name, ...settings },
        attributes: {},
      };
      region.store.transaction(() => {
        state.targetGroups.put(TargetGroupArn, record);
        state.tags.put(TargetGroupArn, tags);
      });
      return { TargetGroups: [described(record)] };
    },

    DescribeTargetGroups({ LoadBalancerArn, TargetGroupArns, Names, Marker, PageSize }) {
      if ([LoadBalancerArn, TargetGroupArns?.[0], Names?.[0]].filter((filter) => filter !== undefined).length > 1)
        throw validationError("You can specify one of: load balancer ARN, target group ARNs, target group names");
      if (LoadBalancerArn !== undefined) loadBalancerOf(context, LoadBalancerArn);
      const users = loadBalancersByTargetGroup(state);
      const wanted = new Set([...(TargetGroupArns ?? []), ...(Names ?? [])]);
      const found = state.targetGroups.list().filter(({ targetGroup: { TargetGroupArn, TargetGroupName } }) => {
        if (LoadBalancerArn !== undefined) return users.get(TargetGroupArn)?.has(LoadBalancerArn);
        return wanted.size === 0 || wanted.has(TargetGroupArn) || wanted.has(TargetGroupName);
      });
      if (wanted.size > found.length) throw targetGroupNotFound();
      const page = paginate(found, ({ targetGroup }) => targetGroup.TargetGroupArn, {
        token: Marker,
        limit: PageSize ?? 400,
        invalidTokenCode: "ValidationError",
      });
      return { TargetGroups: page.items.map((record) => described(record, users)), NextMarker: page.nextToken };
    },

    ModifyTargetGroup({ TargetGroupArn, ...changes }) {
      const record = targetGroupOf(context, TargetGroupArn);
      const targetGroup = { ...record.targetGroup, ...healthCheckMembers(changes) };
      checkHealthCheck(targetGroup);
      state.targetGroups.put(TargetGroupArn, { ...record, targetGroup });
      return { TargetGroups: [described({ ...record, targetGroup })] };
    },

    DeleteTargetGroup({ TargetGroupArn }) {
      if (!state.targetGroups.get(TargetGroupArn)) return {};
      if (loadBalancersByTargetGroup(state).has(TargetGroupArn))
        throw new AwsError(
          "ResourceInUse",
          `Target group '${TargetGroupArn}' is currently in use by a listener or a rule`,
        );
      region.store.transaction(() => {
        plane.removeGroup(TargetGroupArn);
        state.targetGroups.delete(TargetGroupArn);
        state.tags.delete(TargetGroupArn);
      });
      return {};
    },
  };
}

function hasSettings(known: TargetGroup, wanted: TargetGroup): boolean {
  return Object.entries(wanted).every(
    ([member, value]) => JSON.stringify(known[member as keyof TargetGroup]) === JSON.stringify(value),
  );
}
