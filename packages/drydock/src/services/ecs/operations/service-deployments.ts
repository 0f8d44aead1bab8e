import type { Failure, ServiceDeployment, ServiceRevision } from "@aws-sdk/client-ecs";
import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import { rollBackByRequest } from "../../../runtime/scheduler/deployments.ts";
import { answerHook } from "../../../runtime/scheduler/hooks.ts";
import { isCleaningUp } from "../../../runtime/scheduler/lifecycle.ts";
import { activeCluster } from "../clusters.ts";
import type { Ecs } from "../ecs.ts";
import { clientException, invalidParameter, unsupported } from "../errors.ts";
import { pathOf } from "../names.ts";
import type { EcsOperations } from "../operations.ts";
import { type RolloutRecord, type ServiceRecord, serviceKey } from "../records.ts";
import { activeService, findService } from "../services/find.ts";
import { describeRollout, keepRollout } from "../services/rollouts.ts";

export function serviceDeploymentOperations(ecs: Ecs) {
  const { records, region } = ecs;

  /** A service deployment, and the service that it may be the newest one of. */
  const underWay = (arn: string): { found: RolloutRecord; record: ServiceRecord } => {
    const found = records.rollouts.get(pathOf(arn));
    if (!found) throw new AwsError("ServiceDeploymentNotFoundException", "Service deployment not found.");
    const [clusterName = "", name = ""] = pathOf(found.serviceArn).split("/");
    return { found, record: activeService(ecs, clusterName, name) };
  };
  const change = (changed: ServiceRecord): void => {
    region.store.transaction(() => {
      records.services.put(serviceKey(changed), changed);
      keepRollout(ecs, changed);
    });
    ecs.control.wake(serviceKey(changed));
  };

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

    ContinueServiceDeployment: ({ serviceDeploymentArn, hookId, action = "CONTINUE" }) => {
      const { found, record } = underWay(serviceDeploymentArn);
      const hook = found.rollout.lifecycle?.hooks.find(({ id }) => id === hookId);
      if (!hook) throw invalidParameter(`The service deployment has no lifecycle hook ${hookId}.`);
      if (record.serviceDeployment !== found.id || found.rollout.status !== "IN_PROGRESS") {
        throw clientException(`The service deployment can't be continued: its status is ${found.rollout.status}.`);
      }
      if (hook.status !== "AWAITING_ACTION") {
        throw clientException(`The lifecycle hook ${hookId} doesn't await an action: its status is ${hook.status}.`);
      }
      change({ ...record, state: answerHook(record.state, hookId, action, region.clock.now()) });
      return { serviceDeploymentArn };
    },

    StopServiceDeployment: ({ serviceDeploymentArn, stopType = "ROLLBACK" }) => {
      const { found, record } = underWay(serviceDeploymentArn);
      if (stopType !== "ROLLBACK") throw unsupported(`drydock doesn't build stopType ${stopType}: use ROLLBACK.`);
      if (record.serviceDeployment !== found.id || !["PENDING", "IN_PROGRESS"].includes(found.rollout.status)) {
        throw new AwsError(
          "ConflictException",
          `The service deployment can't be stopped: its status is ${found.rollout.status}.`,
        );
      }
      if (isCleaningUp(record.state)) {
        throw new AwsError(
          "ConflictException",
          "The service deployment can't be stopped: its lifecycle stage is CLEAN_UP, and the revision before is being removed.",
        );
      }
      change({ ...record, state: rollBackByRequest(record.state, region.clock.now()) });
      return { serviceDeploymentArn };
    },
  } satisfies EcsOperations;
}

/** Sorts the newest first. */
function age({ rollout, id }: RolloutRecord): string {
  return `${String(Number.MAX_SAFE_INTEGER - rollout.createdAt).padStart(16, "0")} ${id}`;
}
