import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { AwsError } from "../../../errors.ts";
import type { Region } from "../../../region.ts";
import { StartFailure } from "../driver.ts";

/** The log stream a container writes to. */
export interface LogDestination {
  logGroupName: string;
  logStreamName: string;
}

// Options of any log driver that say how much may be lost when logs can't be sent. Nothing is lost here.
const withoutEffect = new Set(["mode", "max-buffer-size"]);
const known = new Set(["awslogs-group", "awslogs-region", "awslogs-stream-prefix", "awslogs-create-group"]);

/**
 * Where a container's output goes, undefined when its definition has no log configuration: then, as on Fargate, it goes nowhere.
 * Makes the stream, and the group where the definition says so. Throws a StartFailure for what isn't supported and for a
 * missing group.
 */
export async function openLogDestination(
  region: Region,
  definition: ContainerDefinition,
  ids: { taskId: string; runtimeId: string },
): Promise<LogDestination | undefined> {
  const { logConfiguration, name = "" } = definition;
  if (!logConfiguration) return undefined;
  const refuse = (what: string) => new StartFailure("ResourceInitializationError", `drydock ${what}`, name);
  if (logConfiguration.logDriver !== "awslogs") {
    throw refuse(`has no log driver "${logConfiguration.logDriver}", only awslogs (container "${name}")`);
  }
  if (logConfiguration.secretOptions?.length) throw refuse(`doesn't support secretOptions (container "${name}")`);
  const options = logConfiguration.options ?? {};
  const unknown = Object.keys(options).find((option) => !known.has(option) && !withoutEffect.has(option));
  if (unknown) throw refuse(`doesn't support the log option "${unknown}" (container "${name}")`);
  const { "awslogs-group": logGroupName = "", "awslogs-stream-prefix": prefix, "awslogs-region": logRegion } = options;
  if (logRegion && logRegion !== region.name) {
    throw refuse(`is the region ${region.name} and can't send logs to ${logRegion} (container "${name}")`);
  }
  // "If you don't specify a prefix with this option, then the log stream is named after the container ID."
  const logStreamName = prefix ? `${prefix}/${name}/${ids.taskId}` : ids.runtimeId;
  const logs = region.call("logs");
  try {
    if (options["awslogs-create-group"] === "true") await unlessItExists(logs.CreateLogGroup({ logGroupName }));
    await unlessItExists(logs.CreateLogStream({ logGroupName, logStreamName }));
  } catch (error) {
    throw new StartFailure(
      "ResourceInitializationError",
      "failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: " +
        `${error instanceof AwsError ? `${error.code}: ${error.message}` : error} : exit status 1`,
      name,
    );
  }
  return { logGroupName, logStreamName };
}

async function unlessItExists(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!(error instanceof AwsError && error.code === "ResourceAlreadyExistsException")) throw error;
  }
}
