import type { Aws } from "@fardel/core";

/** Sets the deregistration delay of every target group of a region; seconds of its time. */
export async function setDrain({ elbv2 }: Aws, seconds: number): Promise<void> {
  const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: String(seconds) }];
  const { TargetGroups = [] } = await elbv2.describeTargetGroups({});
  for (const { TargetGroupArn } of TargetGroups)
    await elbv2.modifyTargetGroupAttributes({ TargetGroupArn, Attributes });
}
