import { randomBytes, randomInt } from "node:crypto";
import { regionalArn } from "../../arn.ts";
import type { Region } from "../../region.ts";
import { invalidParameter } from "./errors.ts";

/** The ARNs of ECS, and the references that stand for them in requests. */
export class Names {
  private readonly region: Region;

  constructor(region: Region) {
    this.region = region;
  }

  cluster(name: string): string {
    return this.arn(`cluster/${name}`);
  }

  service(clusterName: string, name: string): string {
    return this.arn(`service/${clusterName}/${name}`);
  }

  task(clusterName: string, id: string): string {
    return this.arn(`task/${clusterName}/${id}`);
  }

  container(clusterName: string, taskId: string, id: string): string {
    return this.arn(`container/${clusterName}/${taskId}/${id}`);
  }

  taskDefinition(family: string, revision: number): string {
    return this.arn(`task-definition/${family}:${revision}`);
  }

  serviceRevision(serviceKey: string, deployment: string): string {
    return this.arn(`service-revision/${serviceKey}/${deploymentDigits(deployment)}`);
  }

  serviceDeployment(serviceKey: string, id: string): string {
    return this.arn(`service-deployment/${serviceKey}/${id}`);
  }

  capacityProvider(name: string): string {
    return this.arn(`capacity-provider/${name}`);
  }

  private arn(resource: string): string {
    return regionalArn(this.region, "ecs", resource);
  }
}

/** `web` of `web` and of `arn:aws:ecs:…:cluster/web`; no reference means the cluster named default. */
export function clusterNameOf(reference: string | undefined): string {
  return reference ? lastSegment(reference) : "default";
}

/** The last path segment of an ARN, or the reference itself: a short name or id. */
export function lastSegment(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

/** `<cluster>/<name>/<id>`: what follows the resource type in an ARN of ECS. */
export function pathOf(arn: string): string {
  return arn.slice(arn.indexOf("/") + 1);
}

/** `ecs-svc/1485800978477494678` → the digits, which also end the ARN of the deployment's service revision. */
export function deploymentDigits(deployment: string): string {
  return deployment.slice("ecs-svc/".length);
}

export function newDeploymentId(): string {
  const digits = Array.from({ length: 18 }, () => randomInt(10)).join("");
  return `ecs-svc/${randomInt(1, 10)}${digits}`;
}

/** 32 hexadecimal digits, as the ids of tasks are. */
export function newTaskId(): string {
  return randomBytes(16).toString("hex");
}

/** 21 characters, as the ids of service deployments are. */
export function newServiceDeploymentId(): string {
  return randomBytes(16).toString("base64url").slice(0, 21).replace(/[-_]/g, "0");
}

/** Letters, digits, hyphens and underscores, at most 255: cluster, service, family and container names. */
export function checkName(name: string, what: string): void {
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) {
    throw invalidParameter(
      `${what} can have up to 255 letters (uppercase and lowercase), numbers, hyphens, and underscores.`,
    );
  }
}
