import type { App } from "../config/app.ts";

/** The stacks of an app in one environment; undefined where it needs none. */
export interface StackNames {
  /** One per account and region. */
  state: string;
  /** One per app, account and region. */
  registry: string | undefined;
  /** May be shared by several apps. */
  cluster: string;
  data: string | undefined;
  application: string;
}

export function stackNames(app: App): StackNames {
  const application = `${app.name}-${app.cluster}`;
  return {
    state: "fardel",
    registry: Object.keys(app.images).length > 0 ? `${app.name}-registry` : undefined,
    cluster: app.cluster,
    data: Object.keys(app.databases).length > 0 ? `${application}-data` : undefined,
    application,
  };
}

/** SSM parameter that holds the EnvironmentDescriptor. */
export function descriptorParameterName(app: string, environment: string): string {
  return `/fardel/${app}/${environment}`;
}

/** ECR repository of an image fardel builds: `shop/web`. */
export function repositoryName(app: string, image: string): string {
  return `${app}/${image}`;
}

/** What the names of an environment's secrets begin with, as `parseSecret` names them. */
export function secretPrefix(app: App): string {
  return `/${app.name}/${app.environment}/`;
}

/** What the names of an environment's log groups begin with. */
export function logGroupPrefix(app: App): string {
  return `/fardel/${app.name}/${app.environment}/`;
}
