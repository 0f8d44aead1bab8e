import type { ContainerImage, ServiceRevision } from "@aws-sdk/client-ecs";
import type { Ecs } from "../ecs.ts";
import { type RevisionRecord, revisionKey, type ServiceRecord } from "../records.ts";
import { resolveImages } from "../tasks/images.ts";
import { taskDefinitionKeyOf } from "../tasks/view.ts";

/** What a deployment runs and a request can change. */
export type RevisionSettings = Pick<
  ServiceRevision,
  | "taskDefinition"
  | "launchType"
  | "capacityProviderStrategy"
  | "platformVersion"
  | "networkConfiguration"
  | "loadBalancers"
>;

/**
 * Finds the digests of a service's images, once per deployment, before its first task starts. Tags of other registries
 * get theirs from the first task that has pulled.
 */
export async function prepareRevisions(ecs: Ecs, service: ServiceRecord): Promise<void> {
  for (const { id } of service.state.deployments) {
    const record = ecs.records.revisionOf(service, id);
    if (record.imagesResolved) continue;
    const definition = ecs.records.taskDefinitions.get(taskDefinitionKeyOf(record.revision.taskDefinition ?? ""));
    const resolved = await resolveImages(ecs.region, definition?.containerDefinitions ?? []);
    const images = pulledDigests(ecs, service, id, resolved);
    ecs.records.revisions.put(revisionKey(service, id), {
      ...record,
      revision: { ...record.revision, containerImages: images },
      imagesResolved: images.every(({ imageDigest }) => imageDigest !== undefined),
    });
  }
}

export function newRevision(
  ecs: Ecs,
  service: Pick<ServiceRecord, "clusterName" | "name" | "arn">,
  deployment: string,
  settings: RevisionSettings,
  placement: RevisionRecord["placement"],
): RevisionRecord {
  return {
    revision: {
      ...settings,
      serviceRevisionArn: ecs.names.serviceRevision(`${service.clusterName}/${service.name}`, deployment),
      serviceArn: service.arn,
      clusterArn: ecs.names.cluster(service.clusterName),
      platformFamily: "Linux",
      containerImages: [],
      guardDutyEnabled: false,
      createdAt: new Date(ecs.region.clock.now()),
      resolvedConfiguration: {
        loadBalancers: (settings.loadBalancers ?? []).map(({ targetGroupArn }) => ({ targetGroupArn })),
      },
    },
    placement,
    imagesResolved: false,
  };
}

function pulledDigests(
  ecs: Ecs,
  service: ServiceRecord,
  deployment: string,
  images: ContainerImage[],
): ContainerImage[] {
  const containers = ecs.records.tasks
    .ofService(service.clusterName, service.name, { gone: true })
    .filter((task) => task.service?.deployment === deployment)
    .flatMap((task) => task.state.containers);
  return images.map((image) => {
    const pulled = containers.find(({ name, imageDigest }) => name === image.containerName && imageDigest);
    const imageDigest = image.imageDigest ?? pulled?.imageDigest;
    return imageDigest ? { ...image, imageDigest } : image;
  });
}
