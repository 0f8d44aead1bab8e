import { createHash } from "node:crypto";
import type { EcsParameters } from "@aws-sdk/client-scheduler";
import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";
import type { InvocationRecord } from "../records.ts";
import { payload } from "./payload.ts";

/** RunTask with the schedule's parameters. A client token makes an attempt that is repeated after a crash the same one. */
export async function runTask(region: Region, invocation: InvocationRecord): Promise<void> {
  const { Arn, EcsParameters: parameters, Input } = invocation.target;
  const { tasks = [], failures = [] } = await region.call("ecs").RunTask({
    cluster: Arn,
    ...runParameters(parameters),
    taskDefinition: parameters?.TaskDefinitionArn ?? "",
    ...(Input !== undefined && { overrides: JSON.parse(payload(region, invocation)) }),
    startedBy: startedBy(invocation.scheduleName),
    clientToken: createHash("sha256").update(`${invocation.id}/${invocation.attempts}`).digest("hex").slice(0, 36),
  });
  if (tasks.length > 0) return;
  const reasons = failures.map(({ reason = "" }) => reason).join("; ");
  throw new AwsError("TaskNotStarted", `RunTask started no task: ${reasons}`, { status: 500 });
}

/** "startedBy … up to 36 letters", and no dots, which names of schedules may have. */
function startedBy(scheduleName: string): string {
  return `chronos-schedule/${scheduleName}`.replaceAll(".", "-").slice(0, 36);
}

function runParameters(parameters: EcsParameters = { TaskDefinitionArn: "" }) {
  const { NetworkConfiguration, Tags } = parameters;
  const vpc = NetworkConfiguration?.awsvpcConfiguration;
  return {
    count: parameters.TaskCount,
    launchType: parameters.LaunchType,
    ...(vpc && {
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: vpc.Subnets,
          securityGroups: vpc.SecurityGroups,
          assignPublicIp: vpc.AssignPublicIp,
        },
      },
    }),
    platformVersion: parameters.PlatformVersion,
    group: parameters.Group,
    capacityProviderStrategy: parameters.CapacityProviderStrategy,
    enableECSManagedTags: parameters.EnableECSManagedTags,
    enableExecuteCommand: parameters.EnableExecuteCommand,
    placementConstraints: parameters.PlacementConstraints,
    placementStrategy: parameters.PlacementStrategy,
    propagateTags: parameters.PropagateTags,
    referenceId: parameters.ReferenceId,
    ...(Tags && { tags: Tags.map(({ key, value, Key = key, Value = value }) => ({ key: Key, value: Value })) }),
  };
}
