import { type CreateScheduleCommandInput, CreateScheduleInput$ } from "@aws-sdk/client-scheduler";
import type { Region } from "../../../region.ts";
import { datesToRegion } from "../../../scaled-clock.ts";
import { ifThere } from "../engine/calls.ts";
import { inPlace, type PropertyValues, replacement, required, text } from "../engine/properties.ts";
import { defineResourceType } from "../engine/resource-type.ts";
import { sdkShape } from "../engine/sdk-shape.ts";

const shape = <Name extends keyof CreateScheduleCommandInput & string>(name: Name) =>
  sdkShape<CreateScheduleCommandInput, Name>(CreateScheduleInput$, name);

const properties = {
  Description: inPlace(text),
  EndDate: inPlace(text),
  FlexibleTimeWindow: required(inPlace(shape("FlexibleTimeWindow"))),
  GroupName: inPlace(text),
  KmsKeyArn: inPlace(text),
  Name: replacement(text),
  ScheduleExpression: required(inPlace(text)),
  ScheduleExpressionTimezone: inPlace(text),
  StartDate: inPlace(text),
  State: inPlace(shape("State")),
  Target: required(inPlace(shape("Target"))),
};

export const schedule = defineResourceType({
  properties,
  attributes: ["Arn"],
  nameProperty: "Name",
  taggable: false,
  async create({ region, properties, generatedName, token: ClientToken }) {
    const Name = properties.Name ?? generatedName(64);
    await region.call("scheduler").CreateSchedule({ ...input(region, properties), Name, ClientToken });
    return Name;
  },
  async read({ region, physicalId: Name, properties: { GroupName } }) {
    return { Arn: (await region.call("scheduler").GetSchedule({ Name, GroupName })).Arn };
  },
  async update({ region, physicalId: Name, properties, previous }) {
    const scheduler = region.call("scheduler");
    const wanted = { ...input(region, properties), Name };
    if (previous.GroupName === properties.GroupName) await scheduler.UpdateSchedule(wanted);
    else {
      // A schedule can't be moved: it is made in the other group, and taken out of the one it was in.
      await scheduler.CreateSchedule(wanted);
      await ifThere(/ResourceNotFound/, scheduler.DeleteSchedule({ Name, GroupName: previous.GroupName }));
    }
    return undefined;
  },
  async delete({ region, physicalId: Name, properties: { GroupName } }) {
    await ifThere(/ResourceNotFound/, region.call("scheduler").DeleteSchedule({ Name, GroupName }));
  },
});

function input(region: Region, { StartDate, EndDate, Name: _name, ...wanted }: PropertyValues<typeof properties>) {
  return {
    ...wanted,
    ...(StartDate !== undefined && { StartDate: date(region, StartDate) }),
    ...(EndDate !== undefined && { EndDate: date(region, EndDate) }),
  };
}

function date(region: Region, text: string): Date {
  const read = new Date(text);
  if (Number.isNaN(read.getTime())) throw new Error(`${text} is no date: it must be as in 2026-01-31T00:00:00Z`);
  return datesToRegion(region.clock, read);
}
