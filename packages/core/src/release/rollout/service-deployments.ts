import type { ServiceDeployment, ServiceDeploymentStatus } from "@aws-sdk/client-ecs";
import { isAwsError } from "../../aws/errors.ts";
import { ecsServiceName } from "../names.ts";
import type { Run } from "../run.ts";
import { serviceDeployments } from "./services.ts";

/** What ECS is doing with a service. */
export interface NewestDeployment {
  service: string;
  deployment: ServiceDeployment;
}

/** The newest service deployment of each of these services, where it has one of these statuses. */
export async function newestDeployments(
  { aws, descriptor }: Pick<Run, "aws" | "descriptor">,
  services: readonly string[],
  statuses: readonly ServiceDeploymentStatus[],
): Promise<NewestDeployment[]> {
  const listed = await Promise.all(
    services.map(async (service) => {
      const [newest] = await serviceDeployments({ aws, descriptor }, ecsServiceName(descriptor.app, service));
      const { serviceDeploymentArn: arn, status } = newest ?? {};
      return arn !== undefined && status !== undefined && statuses.includes(status) ? [{ service, arn }] : [];
    }),
  );
  const found = listed.flat();
  const described = await describeDeployments(
    { aws },
    found.map(({ arn }) => arn),
  );
  return found.flatMap(({ service, arn }) => {
    const deployment = described.get(arn);
    return deployment === undefined ? [] : [{ service, deployment }];
  });
}

/** By ARN. */
export async function describeDeployments(
  { aws }: Pick<Run, "aws">,
  arns: readonly string[],
): Promise<Map<string, ServiceDeployment>> {
  // "You can specify up to 20 ARNs."
  const batches = Array.from({ length: Math.ceil(arns.length / 20) }, (_, at) => arns.slice(at * 20, at * 20 + 20));
  const answers = await Promise.all(
    batches.map((serviceDeploymentArns) => aws.ecs.describeServiceDeployments({ serviceDeploymentArns })),
  );
  const found = answers.flatMap(({ serviceDeployments = [] }) => serviceDeployments);
  return new Map(found.map((deployment) => [deployment.serviceDeploymentArn ?? "", deployment]));
}

/**
 * Has ECS return a service to the revision before, at whatever stage its deployment is: "You can stop a deployment that is in any
 * of the following states": PENDING, IN_PROGRESS, or on its way back already.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html
 *
 * @returns false when the deployment has come to its end in between.
 */
export async function sendDeploymentBack(
  { aws }: Pick<Run, "aws">,
  serviceDeploymentArn: string | undefined,
): Promise<boolean> {
  try {
    await aws.ecs.stopServiceDeployment({ serviceDeploymentArn, stopType: "ROLLBACK" });
    return true;
  } catch (error) {
    if (!isAwsError(error, "ConflictException")) throw error;
    return false;
  }
}
