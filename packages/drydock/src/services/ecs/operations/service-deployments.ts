import type { Failure, ServiceDeployment, ServiceRevision } from "@aws-sdk/client-ecs";
import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import { rollBackByRequest } from "../../../runtime/scheduler/deployments.ts";
import { activeCluster } from "../clusters.ts";
import type { Ecs } from "../ecs.ts";
import { invalidParameter, unsupported } from "../errors.ts";
import { pathOf } from "../names.ts";
import type { EcsOperations } from "../operations.ts";
import { type RolloutRecord, serviceKey } from "../records.ts";
import { activeService, findService } from "../services/find.ts";
import { describeRollout, keepRollout } from "../services/rollouts.ts";

export function serviceDeploymentOperations(ecs: Ecs) {
  const { records, region } = ecs;
  return {
    ListServiceDeployments: ({ cluster, service, status, createdAt, nextToken, maxResults = 20 }) => {
      const { clusterName } = activeCluster(ecs, cluster);
      const record = findService(ecs, clusterName, service);
      const newestFirst = records.rollouts
        .list(`${serviceKey(record)}/`)
        .filter(({ rollout }) => !status?.length || status.includes(rollout.status))
        .filter(({ rollout }) => !createdAt?.before || rollout.createdAt < createdAt.before.getTime())
        .filter(({ rollout }) => !createdAt?.after || rollout.createdAt > createdAt.after.getTime())
        .sort((a, b) => (age(a) < age(b) ? -1 : 1));
      const page = paginate(newestFirst, age, {
        token: nextToken,
        limit: maxResults,
        invalidTokenCode: "InvalidParameterException",
      });
      const serviceDeployments = page.items.map((item) => {
        const { targetServiceRevision, ...deployment } = describeRollout(ecs, item);
        const { serviceDeploymentArn, serviceArn, clusterArn, startedAt, finishedAt, statusReason } = deployment;
        return {
          serviceDeploymentArn,
          serviceArn,
          clusterArn,
          createdAt: deployment.createdAt,
          startedAt,
          finishedAt,
          targetServiceRevisionArn: targetServiceRevision?.arn,
          status: deployment.status,
          statusReason,
        };
      });
      return { serviceDeployments, nextToken: page.nextToken };
    },

    DescribeServiceDeployments: ({ serviceDeploymentArns }) => {
      if (serviceDeploymentArns.length > 20) throw invalidParameter("At most 20 service deployments can be described.");
      const serviceDeployments: ServiceDeployment[] = [];
      const failures: Failure[] = [];
      for (const arn of serviceDeploymentArns) {
        const record = records.rollouts.get(pathOf(arn));
        if (record) serviceDeployments.push(describeRollout(ecs, record));
        else failures.push({ arn, reason: "MISSING" });
      }
      return { serviceDeployments, failures };
    },

    DescribeServiceRevisions: ({ serviceRevisionArns }) => {
      if (serviceRevisionArns.length > 20) throw invalidParameter("At most 20 service revisions can be described.");
      const serviceRevisions: ServiceRevision[] = [];
      const failures: Failure[] = [];
      for (const arn of serviceRevisionArns) {
        const record = records.revisions.get(pathOf(arn));
        if (record) serviceRevisions.push(record.revision);
        else failures.push({ arn, reason: "MISSING" });
      }
      return { serviceRevisions, failures };
    },

    StopServiceDeployment: ({ serviceDeploymentArn, stopType = "ROLLBACK" }) => {
      const found = records.rollouts.get(pathOf(serviceDeploymentArn));
      if (!found) throw new AwsError("ServiceDeploymentNotFoundException", "Service deployment not found.");
      if (stopType !== "ROLLBACK") throw unsupported(`drydock doesn't build stopType ${stopType}: use ROLLBACK.`);
      const [clusterName = "", name = ""] = pathOf(found.serviceArn).split("/");
      const record = activeService(ecs, clusterName, name);
      if (record.serviceDeployment !== found.id || !["PENDING", "IN_PROGRESS"].includes(found.rollout.status)) {
        throw new AwsError(
          "ConflictException",
          `The service deployment can't be stopped: its status is ${found.rollout.status}.`,
        );
      }
      const stopped = { ...record, state: rollBackByRequest(record.state, region.clock.now()) };
      region.store.transaction(() => {
        records.services.put(serviceKey(record), stopped);
        keepRollout(ecs, stopped);
      });
      ecs.control.wake(serviceKey(record));
      return { serviceDeploymentArn };
    },
  } satisfies EcsOperations;
}

/** Sorts the newest first. */
function age({ rollout, id }: RolloutRecord): string {
  return `${String(Number.MAX_SAFE_INTEGER - rollout.createdAt).padStart(16, "0")} ${id}`;
}
