import type { ServiceDeploymentBrief } from "@aws-sdk/client-ecs";
import type { Aws } from "../aws/clients.ts";
import { isAwsError } from "../aws/errors.ts";
import { describeEcsServices } from "../release/current.ts";
import { ecsServiceName, lastPart } from "../release/names.ts";
import { tellsTrouble } from "../release/rollout/rollout-progress.ts";
import { serviceDeployments } from "../release/rollout/services.ts";
import type { Run } from "../release/run.ts";
import type { EnvironmentEvent } from "./events.ts";

type Reader = Pick<Run, "aws" | "descriptor">;

/** What the service scheduler tells: at most the hundred newest of each service. */
export async function serviceEvents(
  { aws, descriptor }: Reader,
  names: readonly string[],
): Promise<EnvironmentEvent[]> {
  const byEcsName = new Map(names.map((name) => [ecsServiceName(descriptor.app, name), name]));
  const found = await describeEcsServices(aws, descriptor.cluster, [...byEcsName.keys()]);
  return found.flatMap(({ serviceName = "", events = [] }) =>
    events.map(({ id = "", createdAt, message = "" }) => ({
      id,
      at: createdAt?.getTime() ?? 0,
      source: "service" as const,
      subject: byEcsName.get(serviceName) ?? serviceName,
      message: message.replace(`(service ${serviceName}) `, ""),
      trouble: tellsTrouble(message),
    })),
  );
}

/** Beginnings and ends of service deployments, which ECS keeps for 90 days. */
export async function rolloutEvents(reader: Reader, names: readonly string[]): Promise<EnvironmentEvent[]> {
  const { app } = reader.descriptor;
  const found = await Promise.all(
    names.map(async (name) => ({ name, deployments: await serviceDeployments(reader, ecsServiceName(app, name)) })),
  );
  const definitions = await definitionsOf(
    reader.aws,
    found.flatMap(({ deployments }) => deployments.flatMap((each) => each.targetServiceRevisionArn ?? [])),
  );
  return found.flatMap(({ name, deployments }) =>
    deployments.flatMap((deployment) =>
      momentsOf(name, deployment, definitions.get(deployment.targetServiceRevisionArn ?? "") ?? "a revision"),
    ),
  );
}

function momentsOf(
  subject: string,
  { serviceDeploymentArn: arn = "", status, statusReason, startedAt, createdAt, finishedAt }: ServiceDeploymentBrief,
  runs: string,
): EnvironmentEvent[] {
  const begun = startedAt ?? createdAt;
  const common = { source: "rollout" as const, subject };
  const said = status?.toLowerCase().replaceAll("_", " ");
  const reason = statusReason ? `: ${statusReason}` : "";
  return [
    ...(begun
      ? [{ ...common, id: `${arn} begun`, at: begun.getTime(), message: `rollout of ${runs} began`, trouble: false }]
      : []),
    ...(finishedAt
      ? [
          {
            ...common,
            id: `${arn} ${status}`,
            at: finishedAt.getTime(),
            message: `rollout of ${runs}: ${said}${reason}`,
            trouble: status !== "SUCCESSFUL",
          },
        ]
      : []),
  ];
}

/** `family:revision` by the ARN of the service revision. "You can specify up to 20 ARNs." */
async function definitionsOf(aws: Aws, arns: readonly string[]): Promise<Map<string, string>> {
  const wanted = [...new Set(arns)];
  const batches = Array.from({ length: Math.ceil(wanted.length / 20) }, (_, at) => wanted.slice(at * 20, at * 20 + 20));
  const answers = await Promise.all(
    batches.map((serviceRevisionArns) => aws.ecs.describeServiceRevisions({ serviceRevisionArns })),
  );
  return new Map(
    answers
      .flatMap(({ serviceRevisions = [] }) => serviceRevisions)
      .map(({ serviceRevisionArn = "", taskDefinition }) => [serviceRevisionArn, lastPart(taskDefinition)]),
  );
}

/** Newest first, so the pages before `since` aren't asked for. A stack that isn't there has none. */
export async function stackEvents(aws: Aws, StackName: string, since: number): Promise<EnvironmentEvent[]> {
  const found: EnvironmentEvent[] = [];
  try {
    for await (const { StackEvents = [] } of aws.cloudFormation.paginateDescribeStackEvents({ StackName })) {
      for (const { EventId: id = "", Timestamp, LogicalResourceId, ...event } of StackEvents) {
        const at = Timestamp?.getTime() ?? 0;
        if (at < since) return found;
        const { ResourceType = "", ResourceStatus = "", ResourceStatusReason } = event;
        const reason = ResourceStatusReason ? `: ${ResourceStatusReason}` : "";
        const message = `${LogicalResourceId} (${ResourceType}) ${ResourceStatus}${reason}`;
        found.push({ id, at, source: "stack", subject: StackName, message, trouble: isTrouble(ResourceStatus) });
      }
    }
  } catch (error) {
    if (!isAwsError(error, "ValidationError")) throw error;
  }
  return found;
}

function isTrouble(status: string): boolean {
  return status.includes("FAILED") || status.includes("ROLLBACK");
}
