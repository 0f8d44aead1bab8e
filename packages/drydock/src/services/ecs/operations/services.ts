import type { Failure, Service } from "@aws-sdk/client-ecs";
import { paginate } from "../../../pagination.ts";
import { drainService } from "../../../runtime/scheduler/deployments.ts";
import { activeCluster } from "../clusters.ts";
import type { Ecs } from "../ecs.ts";
import { invalidParameter } from "../errors.ts";
import { lastSegment } from "../names.ts";
import type { EcsOperations } from "../operations.ts";
import { serviceKey } from "../records.ts";
import { activeService } from "../services/find.ts";
import { keepRollout } from "../services/rollouts.ts";
import { describeService } from "../services/view.ts";

export function serviceOperations(ecs: Ecs) {
  const { records, names, region } = ecs;
  return {
    DescribeServices: ({ cluster, services: references, include = [] }) => {
      const { clusterName } = activeCluster(ecs, cluster);
      if (references.length === 0) throw invalidParameter("Services cannot be empty.");
      if (references.length > 10) throw invalidParameter("Services can have at most 10 members.");
      const services: Service[] = [];
      const failures: Failure[] = [];
      for (const name of references.map(lastSegment)) {
        const record = records.services.get(serviceKey({ clusterName, name }));
        if (!record) {
          failures.push({ arn: names.service(clusterName, name), reason: "MISSING" });
        } else {
          const tags = include.includes("TAGS") ? { tags: records.tags.get(record.arn) ?? [] } : {};
          services.push({ ...describeService(ecs, record), ...tags });
        }
      }
      return { services, failures };
    },

    ListServices: ({ cluster, launchType, schedulingStrategy, nextToken, maxResults = 10 }) => {
      const { clusterName } = activeCluster(ecs, cluster);
      if (maxResults < 1 || maxResults > 100) throw invalidParameter("maxResults must be between 1 and 100.");
      const arns = records.services
        .list(`${clusterName}/`)
        .filter((record) => record.status !== "INACTIVE")
        .map((record) => describeService(ecs, record))
        .filter((service) => launchType === undefined || service.launchType === launchType)
        .filter((service) => schedulingStrategy === undefined || service.schedulingStrategy === schedulingStrategy)
        .map((service) => service.serviceArn ?? "");
      const page = paginate(arns, (arn) => arn, {
        token: nextToken,
        limit: maxResults,
        invalidTokenCode: "InvalidParameterException",
      });
      return { serviceArns: page.items, nextToken: page.nextToken };
    },

    DeleteService: ({ cluster, service: reference, force = false }) => {
      const { clusterName } = activeCluster(ecs, cluster);
      const record = activeService(ecs, clusterName, reference);
      if (!force && record.state.desiredCount > 0) {
        throw invalidParameter("The service cannot be stopped while it is scaled above 0.");
      }
      const state = drainService(record.state, region.clock.now());
      const draining = { ...record, status: "DRAINING" as const, state };
      region.store.transaction(() => {
        keepRollout(ecs, draining);
        records.services.put(serviceKey(record), draining);
      });
      ecs.control.wake(serviceKey(record));
      return { service: describeService(ecs, draining) };
    },
  } satisfies EcsOperations;
}
