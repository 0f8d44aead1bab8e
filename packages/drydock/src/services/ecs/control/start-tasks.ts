import type { Tag } from "@aws-sdk/client-ecs";
import { events } from "../../../runtime/scheduler/messages.ts";
import type { Action } from "../../../runtime/scheduler/state.ts";
import type { Ecs } from "../ecs.ts";
import type { ServiceRecord } from "../records.ts";
import { launchTask } from "../tasks/launch.ts";
import { taskDefinitionKeyOf } from "../tasks/view.ts";
import { placeableNow } from "../zones.ts";

type StartTasks = Extract<Action, { type: "startTasks" }>;

/** Starts tasks of one deployment of a service; answers the events that tell of it. */
export function startServiceTasks(ecs: Ecs, service: ServiceRecord, action: StartTasks): string[] {
  const { deployment, count, rebalancing = false } = action;
  const { records } = ecs;
  const { revision, placement } = records.revisionOf(service, deployment);
  const taskDefinition = records.taskDefinitions.get(taskDefinitionKeyOf(revision.taskDefinition ?? ""));
  if (!taskDefinition) throw new Error(`Task definition ${revision.taskDefinition} of ${service.arn} is gone.`);
  const resolved = revision.resolvedConfiguration?.loadBalancers ?? [];
  const targets = (revision.loadBalancers ?? []).flatMap(({ containerPort }, index) => {
    const { targetGroupArn } = resolved[index] ?? {};
    return targetGroupArn && containerPort ? [{ targetGroupArn, port: containerPort }] : [];
  });
  const started = Array.from({ length: count }, () =>
    launchTask(ecs, {
      clusterName: service.clusterName,
      taskDefinition,
      images: revision.containerImages ?? [],
      placement: placeableNow(ecs, placement),
      capacity: revision,
      platformVersion: revision.platformVersion ?? "1.4.0",
      group: `service:${service.name}`,
      startedBy: deployment,
      overrides: {},
      enableExecuteCommand: service.settings.enableExecuteCommand,
      tags: tagsForTask(ecs, service, taskDefinition.taskDefinitionArn ?? ""),
      service: { name: service.name, deployment, targets },
    }),
  );
  const zones = Map.groupBy(started, ({ network }) => (rebalancing ? network.availabilityZone : undefined));
  return [...zones].map(([zone, tasks]) => {
    const ids = tasks.map(({ id }) => id);
    return zone === undefined ? events.started(service.name, ids) : events.startedToRebalance(service.name, zone, ids);
  });
}

function tagsForTask({ records }: Ecs, service: ServiceRecord, taskDefinitionArn: string): Tag[] {
  const { propagateTags, enableECSManagedTags } = service.settings;
  const source = { SERVICE: service.arn, TASK_DEFINITION: taskDefinitionArn, NONE: undefined }[propagateTags];
  const managed = [
    { key: "aws:ecs:clusterName", value: service.clusterName },
    { key: "aws:ecs:serviceName", value: service.name },
  ];
  return [...((source ? records.tags.get(source) : undefined) ?? []), ...(enableECSManagedTags ? managed : [])];
}
