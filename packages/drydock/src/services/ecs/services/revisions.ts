import type {
  ContainerDefinition,
  ContainerImage,
  DeploymentStrategy,
  LoadBalancer,
  ServiceRevision,
  ServiceRevisionLoadBalancer,
} from "@aws-sdk/client-ecs";
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
 * Finds the digests of a service's images, once per deployment, before its first task starts: what is found stays, also when
 * the tag moves. Tags of other registries get theirs from the first task that has pulled, and containers with
 * versionConsistency "disabled" get none.
 */
export async function prepareRevisions(ecs: Ecs, service: ServiceRecord): Promise<void> {
  for (const { id } of service.state.deployments) {
    const record = ecs.records.revisionOf(service, id);
    if (record.imagesResolved) continue;
    const definition = ecs.records.taskDefinitions.get(taskDefinitionKeyOf(record.revision.taskDefinition ?? ""));
    const containers = definition?.containerDefinitions ?? [];
    const before = new Map((record.revision.containerImages ?? []).map((image) => [image.containerName, image]));
    const found = pulledDigests(ecs, service, id, await resolveImages(ecs.region, containers));
    const pinned = new Set(containers.filter(isPinned).map(({ name }) => name));
    const images = found.map(({ imageDigest, ...image }) => {
      const known = before.get(image.containerName);
      if (known?.imageDigest) return known;
      return pinned.has(image.containerName) && imageDigest ? { ...image, imageDigest } : image;
    });
    ecs.records.revisions.put(revisionKey(service, id), {
      ...record,
      revision: { ...record.revision, containerImages: images },
      imagesResolved: images.every((image) => "imageDigest" in image || !pinned.has(image.containerName)),
    });
  }
}

function isPinned({ versionConsistency }: ContainerDefinition): boolean {
  return versionConsistency !== "disabled";
}

export function newRevision(
  ecs: Ecs,
  service: Pick<ServiceRecord, "clusterName" | "name" | "arn">,
  deployment: string,
  settings: RevisionSettings,
  placement: RevisionRecord["placement"],
  targetGroups: ServiceRevisionLoadBalancer[],
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
      resolvedConfiguration: { loadBalancers: targetGroups },
    },
    placement,
    imagesResolved: false,
  };
}

/**
 * Which of its two target groups a revision takes, load balancer by load balancer: the one that `source` hasn't got, or in a rolling
 * update the same one. Without an alternative there is no choice.
 */
export function chooseTargetGroups(
  loadBalancers: LoadBalancer[],
  source: ServiceRevision | undefined,
  strategy: DeploymentStrategy | undefined,
): ServiceRevisionLoadBalancer[] {
  const taken = new Set(
    (source?.resolvedConfiguration?.loadBalancers ?? []).map((resolved) => resolved.targetGroupArn),
  );
  return loadBalancers.map(({ targetGroupArn, advancedConfiguration }) => {
    if (!advancedConfiguration) return { targetGroupArn };
    const { alternateTargetGroupArn, productionListenerRule } = advancedConfiguration;
    const sharing = strategy === undefined || strategy === "ROLLING";
    const isAlternate = sharing ? taken.has(alternateTargetGroupArn) : taken.has(targetGroupArn);
    return { targetGroupArn: isAlternate ? alternateTargetGroupArn : targetGroupArn, productionListenerRule };
  });
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
