import { listenerAttributes, loadBalancerAttributes, targetGroupAttributes } from "../attributes.ts";
import { type Context, type ElbOperations, listenerOf, loadBalancerOf, targetGroupOf } from "./context.ts";

export function attributeOperations(
  context: Context,
): Pick<
  ElbOperations,
  | "DescribeLoadBalancerAttributes"
  | "ModifyLoadBalancerAttributes"
  | "DescribeTargetGroupAttributes"
  | "ModifyTargetGroupAttributes"
  | "DescribeListenerAttributes"
  | "ModifyListenerAttributes"
> {
  const { state, plane } = context;
  return {
    DescribeLoadBalancerAttributes: ({ LoadBalancerArn }) => ({
      Attributes: loadBalancerAttributes.describe(loadBalancerOf(context, LoadBalancerArn).attributes),
    }),

    async ModifyLoadBalancerAttributes({ LoadBalancerArn, Attributes }) {
      const record = loadBalancerOf(context, LoadBalancerArn);
      const attributes = loadBalancerAttributes.change(record.attributes, Attributes);
      state.loadBalancers.put(LoadBalancerArn, { ...record, attributes });
      await plane.routingChanged();
      return { Attributes: loadBalancerAttributes.describe(attributes) };
    },

    DescribeTargetGroupAttributes: ({ TargetGroupArn }) => ({
      Attributes: targetGroupAttributes.describe(targetGroupOf(context, TargetGroupArn).attributes),
    }),

    async ModifyTargetGroupAttributes({ TargetGroupArn, Attributes }) {
      const record = targetGroupOf(context, TargetGroupArn);
      const attributes = targetGroupAttributes.change(record.attributes, Attributes);
      state.targetGroups.put(TargetGroupArn, { ...record, attributes });
      await plane.routingChanged();
      return { Attributes: targetGroupAttributes.describe(attributes) };
    },

    DescribeListenerAttributes: ({ ListenerArn }) => ({
      Attributes: listenerAttributes.describe(listenerOf(context, ListenerArn).attributes),
    }),

    ModifyListenerAttributes({ ListenerArn, Attributes }) {
      const record = listenerOf(context, ListenerArn);
      const attributes = listenerAttributes.change(record.attributes, Attributes);
      state.listeners.put(ListenerArn, { ...record, attributes });
      return { Attributes: listenerAttributes.describe(attributes) };
    },
  };
}
