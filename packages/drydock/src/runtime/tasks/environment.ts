import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { Region } from "../../region.ts";
import { type TaskRecord, taskIdOf } from "./record.ts";

/** Below these prefixes of drydock's port the endpoints of tasks answer; no bucket name can begin with an underscore. */
export const metadataPrefix = "/_task/v4/";
export const credentialsPrefix = "/_task/credentials/";

/**
 * A container's variables, later ones winning: what Fargate sets and the way to this region, the task definition's, the
 * override's, the secrets', and last the addresses of the task's own endpoints.
 */
export function containerEnvironment(
  region: Region,
  record: TaskRecord,
  definition: ContainerDefinition,
  secrets: Record<string, string>,
): Record<string, string> {
  const { spec } = record;
  const { name = "" } = definition;
  const override = spec.overrides?.containerOverrides?.find((candidate) => candidate.name === name);
  const at = (path: string) => new URL(path, region.endpoint).href;
  return {
    AWS_REGION: region.name,
    AWS_DEFAULT_REGION: region.name,
    AWS_EXECUTION_ENV: `AWS_ECS_${spec.launchType}`,
    AWS_ENDPOINT_URL: region.endpoint.origin,
    // Nothing answers at 169.254.169.254; SDKs without credentials would wait for it.
    AWS_EC2_METADATA_DISABLED: "true",
    ...variables(definition.environment),
    ...variables(override?.environment),
    ...secrets,
    ECS_CONTAINER_METADATA_URI_V4: at(metadataPrefix + record.containers[name]?.runtimeId),
    // The relative form always means 169.254.170.2, which isn't this machine's to have.
    ...(spec.taskRoleArn && {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: at(credentialsPrefix + taskIdOf(spec.taskArn)),
      AWS_CONTAINER_AUTHORIZATION_TOKEN: record.credentialsToken,
    }),
  };
}

function variables(pairs: { name?: string; value?: string }[] = []): Record<string, string> {
  return Object.fromEntries(pairs.map(({ name = "", value = "" }) => [name, value]));
}
