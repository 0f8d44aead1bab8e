import { type PutMetricAlarmCommandInput as Input, PutMetricAlarmInput$ } from "@aws-sdk/client-cloudwatch";
import type { Region } from "../../../region.ts";
import { present } from "../engine/calls.ts";
import {
  boolean,
  inPlace,
  number,
  type PropertyValues,
  replacement,
  required,
  tags,
  text,
} from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";
import { tagChanges } from "../engine/tags.ts";

const shape = <Name extends keyof Input & string>(name: Name) => sdkShape<Input, Name>(PutMetricAlarmInput$, name);

const properties = {
  ActionsEnabled: inPlace(boolean),
  AlarmActions: inPlace(shape("AlarmActions")),
  AlarmDescription: inPlace(text),
  AlarmName: replacement(text),
  ComparisonOperator: required(inPlace(shape("ComparisonOperator"))),
  DatapointsToAlarm: inPlace(number),
  Dimensions: inPlace(shape("Dimensions")),
  EvaluateLowSampleCountPercentile: inPlace(text),
  EvaluationPeriods: required(inPlace(number)),
  ExtendedStatistic: inPlace(text),
  InsufficientDataActions: inPlace(shape("InsufficientDataActions")),
  MetricName: inPlace(text),
  Metrics: inPlace(shape("Metrics")),
  Namespace: inPlace(text),
  OKActions: inPlace(shape("OKActions")),
  Period: inPlace(number),
  Statistic: inPlace(shape("Statistic")),
  Tags: inPlace(tags),
  Threshold: inPlace(number),
  ThresholdMetricId: inPlace(text),
  TreatMissingData: inPlace(text),
  Unit: inPlace(shape("Unit")),
};

export const alarm = defineResourceType({
  properties,
  attributes: ["Arn"],
  nameProperty: "AlarmName",
  async create({ region, properties, tags, generatedName }) {
    const AlarmName = properties.AlarmName ?? generatedName(255);
    await put(region, { ...properties, AlarmName }, tags);
    return AlarmName;
  },
  async read({ region, physicalId }) {
    const { MetricAlarms } = await region.call("monitoring").DescribeAlarms({ AlarmNames: [physicalId] });
    return { Arn: present(MetricAlarms?.[0]?.AlarmArn, "alarm") };
  },
  async update({ region, physicalId, properties, attributes, previousTags, tags, changed }) {
    await put(region, { ...properties, AlarmName: physicalId });
    if (changed.has("Tags")) {
      const monitoring = region.call("monitoring");
      const { set, removed } = tagChanges(previousTags, tags);
      const ResourceARN = String(attributes.Arn);
      if (removed.length > 0) await monitoring.UntagResource({ ResourceARN, TagKeys: removed });
      if (set.length > 0) await monitoring.TagResource({ ResourceARN, Tags: set });
    }
    return undefined;
  },
  async delete({ region, physicalId }) {
    await region.call("monitoring").DeleteAlarms({ AlarmNames: [physicalId] });
  },
});

async function put(
  region: Region,
  { Tags: _, ...wanted }: PropertyValues<typeof properties> & { AlarmName: string },
  Tags?: { Key: string; Value: string }[],
): Promise<void> {
  await region.call("monitoring").PutMetricAlarm({ ...wanted, ...(Tags && { Tags }) });
}
