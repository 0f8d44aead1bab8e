import type { App } from "../../config/app.ts";
import { whereWritten } from "../../config/where-written.ts";
import type { Run } from "../run.ts";
import { missingInfrastructure, type PreflightProblem, pathOf } from "./problem.ts";

/** Looks whether the cluster is there, and has the capacity that services and tasks ask for. */
export async function checkCluster(
  { aws, descriptor }: Pick<Run, "aws" | "descriptor">,
  app: App,
  names: ReadonlySet<string>,
): Promise<PreflightProblem[]> {
  const { clusters = [] } = await aws.ecs.describeClusters({ clusters: [descriptor.cluster] });
  const [cluster] = clusters;
  if (cluster?.status !== "ACTIVE")
    return [missingInfrastructure(app, "", `the cluster ${descriptor.cluster} is gone`)];
  if (cluster.capacityProviders?.includes("FARGATE_SPOT")) return [];
  const workloads = [...Object.values(app.services), ...Object.values(app.tasks)];
  const onSpot = workloads.filter(({ name, spotPercent }) => names.has(name) && spotPercent > 0);
  return onSpot.slice(0, 1).map(({ name }) => ({
    where: whereWritten(app, `${pathOf(app, name)}.capacity`),
    message: `the cluster ${descriptor.cluster} has no Fargate Spot, which ${onSpot.map((each) => each.name).join(", ")} asks for`,
    fix: `aws ecs put-cluster-capacity-providers --cluster ${descriptor.cluster} --capacity-providers FARGATE FARGATE_SPOT --default-capacity-provider-strategy capacityProvider=FARGATE`,
  }));
}
