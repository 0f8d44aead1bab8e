import type { Place } from "./records/record.ts";

/** Apps may share a cluster, so a service carries its app's name. */
export function ecsServiceName(app: string, service: string): string {
  return `${app}-${service}`;
}

/** Families are one list for all clusters of a region, so that they carry the environment's name, too. */
export function familyName({ app, environment }: Place, workload: string): string {
  return `${app}-${environment}-${workload}`;
}

/** `arn:aws:ecs:…:task-definition/shop-local-web:3` → `shop-local-web:3`; likewise the last part of any ECS ARN. */
export function lastPart(arn: string | undefined): string {
  return arn?.slice(arn.lastIndexOf("/") + 1) ?? "";
}

/**
 * What a task that fardel runs is started by, as ListTasks finds it again, also in a cluster that apps share: "Up to 128 letters
 * (uppercase and lowercase), numbers, hyphens (-), forward slash (/), and underscores (_) are allowed" (RunTask).
 *
 * @param purpose `release-7`, or what a person is called: anything.
 */
export function startedByFardel({ app, environment }: Place, purpose: string): string {
  return `fardel/${app}/${environment}/${purpose}`.replace(/[^A-Za-z0-9/_-]/g, "-").slice(0, 128);
}

/** Enough of a task's ARN to find it again. */
export function shortTaskId(arn: string): string {
  return lastPart(arn).slice(-8);
}

/** Tags by which fardel knows what it has made. */
export const tagNames = {
  app: "fardel:app",
  environment: "fardel:environment",
  /** Name of the service or task. */
  workload: "fardel:workload",
  /** Number of the release that made or last changed it. */
  release: "fardel:release",
};

export interface OwnTags extends Place {
  workload: string;
  release?: number;
}

/** As the ECS API writes tags. */
export function ecsTags({ app, environment, workload, release }: OwnTags): { key: string; value: string }[] {
  return [
    { key: tagNames.app, value: app },
    { key: tagNames.environment, value: environment },
    { key: tagNames.workload, value: workload },
    ...(release === undefined ? [] : [{ key: tagNames.release, value: String(release) }]),
  ];
}

/** Whether a service of that name belongs to this app in this environment. */
export function isOurs(tags: { key?: string; value?: string }[] | undefined, place: Place): boolean {
  const value = (name: string) => tags?.find(({ key }) => key === name)?.value;
  return value(tagNames.app) === place.app && value(tagNames.environment) === place.environment;
}
