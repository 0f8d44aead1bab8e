/** SSM parameter that holds the EnvironmentDescriptor. */
export function descriptorParameterName(app: string, environment: string): string {
  return `/fardel/${app}/${environment}`;
}

/** What the Secrets Manager name of each of an app's own secrets begins with: `shop/production/`. */
export function secretPrefix(app: string, environment: string): string {
  return `${app}/${environment}/`;
}

/** ECR repository of an image fardel builds: `shop/web`. */
export function repositoryName(app: string, image: string): string {
  return `${app}/${image}`;
}
