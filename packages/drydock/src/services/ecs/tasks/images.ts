import type { ContainerDefinition, ContainerImage } from "@aws-sdk/client-ecs";
import type { Region } from "../../../region.ts";

/** A repository of drydock's own registry and what is wanted from it. */
interface OwnImage {
  repositoryName: string;
  imageTag: string;
}

/**
 * Each container's image with its digest, as far as it can be known without pulling: written into the reference, or
 * looked up in drydock's registry. "A tag resolves to a digest once per deployment" (ECS developer guide, container
 * image resolution).
 */
export async function resolveImages(region: Region, containers: ContainerDefinition[]): Promise<ContainerImage[]> {
  return Promise.all(
    containers.map(async ({ name, image = "" }) => {
      const imageDigest = await digestOf(region, image);
      return { containerName: name, image, ...(imageDigest ? { imageDigest } : {}) };
    }),
  );
}

/** `sha256:…` by container name, for the runner. */
export function digestsByContainer(images: ContainerImage[]): Record<string, string> {
  return Object.fromEntries(
    images.flatMap(({ containerName, imageDigest }) =>
      containerName && imageDigest ? [[containerName, imageDigest]] : [],
    ),
  );
}

async function digestOf(region: Region, image: string): Promise<string | undefined> {
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
  if (digest) return digest;
  const own = ownImage(region, image);
  if (!own) return undefined;
  try {
    const { images } = await region
      .call("ecr")
      .BatchGetImage({ repositoryName: own.repositoryName, imageIds: [{ imageTag: own.imageTag }] });
    return images?.[0]?.imageId?.imageDigest;
  } catch {
    // A missing repository isn't an error of the service: its tasks will fail to pull and say so.
    return undefined;
  }
}

function ownImage(region: Region, image: string): OwnImage | undefined {
  const match = /^([^/]+)\/([^:@]+)(?::([\w.-]+))?$/.exec(image);
  if (!match) return undefined;
  const [, host = "", repositoryName = "", imageTag = "latest"] = match;
  const [hostName, port] = host.split(":");
  const loopback = ["localhost", "127.0.0.1"].includes(hostName ?? "") && port === region.endpoint.port;
  const registry = `${region.accountId}.dkr.ecr.${region.name}.amazonaws.com`;
  return loopback || hostName === registry ? { repositoryName, imageTag } : undefined;
}
