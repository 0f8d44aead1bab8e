import type { ContainerDefinition, RegisterTaskDefinitionRequest, TaskDefinition } from "@aws-sdk/client-ecs";
import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import type { Ecs } from "../ecs.ts";
import { clientException, invalidParameter } from "../errors.ts";
import { checkName } from "../names.ts";
import type { EcsOperations } from "../operations.ts";
import { checkContainers } from "../task-definitions/containers.ts";
import { checkFargate, toUnits } from "../task-definitions/fargate.ts";
import { findTaskDefinition } from "../task-definitions/find.ts";
import { taskDefinitionKeyOf } from "../tasks/view.ts";

export function taskDefinitionOperations(ecs: Ecs) {
  const { records, names, region } = ecs;
  const keep = (definition: TaskDefinition) => {
    records.taskDefinitions.put(taskDefinitionKeyOf(definition.taskDefinitionArn ?? ""), definition);
    return definition;
  };

  return {
    RegisterTaskDefinition: ({ tags = [], ...input }) => {
      checkName(input.family, "Family");
      const cpu = toUnits(input.cpu, "vCPU");
      const memory = toUnits(input.memory, "GB");
      const request = { ...input, ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) };
      checkContainers(request.containerDefinitions);
      const revision = region.store.next(`ecs.revision.${request.family}`);
      const taskDefinition = keep({
        ...request,
        containerDefinitions: request.containerDefinitions.map((container) => completeContainer(container, request)),
        taskDefinitionArn: names.taskDefinition(request.family, revision),
        revision,
        status: "ACTIVE",
        networkMode: request.networkMode ?? "bridge",
        volumes: request.volumes ?? [],
        placementConstraints: request.placementConstraints ?? [],
        requiresAttributes: [],
        compatibilities: compatibilitiesOf(request),
        registeredAt: new Date(region.clock.now()),
        registeredBy: `arn:aws:iam::${region.accountId}:root`,
      });
      if (tags.length > 0) records.tags.put(taskDefinition.taskDefinitionArn ?? "", tags);
      return { taskDefinition, ...(tags.length > 0 ? { tags } : {}) };
    },

    DescribeTaskDefinition: ({ taskDefinition: reference, include = [] }) => {
      const taskDefinition = findTaskDefinition(ecs, reference);
      if (!taskDefinition) throw clientException("Unable to describe task definition.");
      if (!include.includes("TAGS")) return { taskDefinition };
      return { taskDefinition, tags: records.tags.get(taskDefinition.taskDefinitionArn ?? "") ?? [] };
    },

    DeregisterTaskDefinition: ({ taskDefinition: reference }) => {
      if (!reference.includes(":")) throw clientException("Revision is missing.");
      const found = findTaskDefinition(ecs, reference);
      if (!found) throw clientException("The specified task definition does not exist.");
      if (found.status === "DELETE_IN_PROGRESS") throw clientException("The task definition is being deleted.");
      const deregisteredAt = found.deregisteredAt ?? new Date(region.clock.now());
      return { taskDefinition: keep({ ...found, status: "INACTIVE", deregisteredAt }) };
    },

    DeleteTaskDefinitions: ({ taskDefinitions: references }) => {
      if (references.length > 10) throw invalidParameter("At most 10 task definitions can be deleted at once.");
      const taskDefinitions: TaskDefinition[] = [];
      const failures = [];
      for (const reference of references) {
        const found = reference.includes(":") ? findTaskDefinition(ecs, reference) : undefined;
        if (!found) {
          failures.push({ arn: reference, reason: "The specified task definition does not exist." });
        } else if (found.status === "ACTIVE") {
          const reason =
            "The specified task definition is still in ACTIVE status. Please deregister the target and try again.";
          failures.push({ arn: found.taskDefinitionArn, reason });
        } else {
          const deleted = {
            ...found,
            status: "DELETE_IN_PROGRESS" as const,
            deleteRequestedAt: new Date(region.clock.now()),
          };
          taskDefinitions.push(deleted);
          if (isUsed(ecs, found)) keep(deleted);
          else forget(ecs, found);
        }
      }
      return { taskDefinitions, failures };
    },

    ListTaskDefinitions: ({ familyPrefix, status = "ACTIVE", sort = "ASC", nextToken, maxResults = 100 }) => {
      const definitions = records.taskDefinitions
        .list(familyPrefix ? `${familyPrefix}:` : "")
        .filter((definition) => definition.status === status);
      return page(definitions, sort, nextToken, maxResults);
    },

    ListTaskDefinitionFamilies: ({ familyPrefix = "", status = "ACTIVE", nextToken, maxResults = 100 }) => {
      const families = new Map<string, boolean>();
      for (const { family = "", status: own } of records.taskDefinitions.list(familyPrefix)) {
        families.set(family, own === "ACTIVE" || families.get(family) === true);
      }
      const wanted = [...families].filter(([, active]) => status === "ALL" || active === (status === "ACTIVE"));
      const { items, nextToken: next } = paginate(wanted.map(([family]) => family).sort(), (family) => family, {
        token: nextToken,
        limit: maxResults,
        invalidTokenCode: "InvalidParameterException",
      });
      return { families: items, nextToken: next };
    },
  } satisfies EcsOperations;
}

function page(definitions: TaskDefinition[], sort: "ASC" | "DESC", token: string | undefined, limit: number) {
  // A page continues after the last ARN given, wherever it stands in the order asked for.
  const arns = definitions.map(({ taskDefinitionArn = "" }) => taskDefinitionArn);
  const ordered = sort === "DESC" ? arns.reverse() : arns;
  const position = new Map(ordered.map((arn, index) => [arn, String(index).padStart(8, "0")]));
  const { items, nextToken } = paginate(ordered, (arn) => position.get(arn) ?? "", {
    token,
    limit,
    invalidTokenCode: "InvalidParameterException",
  });
  return { taskDefinitionArns: items, nextToken };
}

/** Which launch types a task definition can have; FARGATE asked for but not possible throws ClientException. */
function compatibilitiesOf(request: RegisterTaskDefinitionRequest): TaskDefinition["compatibilities"] {
  if (request.requiresCompatibilities?.includes("FARGATE")) {
    checkFargate(request);
    return ["EC2", "FARGATE"];
  }
  try {
    checkFargate(request);
    return ["EC2", "FARGATE"];
  } catch (error) {
    if (error instanceof AwsError) return ["EC2"];
    throw error;
  }
}

/** The defaults ECS writes into a registered container. */
function completeContainer(
  container: ContainerDefinition,
  request: RegisterTaskDefinitionRequest,
): ContainerDefinition {
  const { healthCheck } = container;
  return {
    ...container,
    cpu: container.cpu ?? 0,
    essential: container.essential ?? true,
    environment: container.environment ?? [],
    mountPoints: container.mountPoints ?? [],
    volumesFrom: container.volumesFrom ?? [],
    systemControls: container.systemControls ?? [],
    portMappings: (container.portMappings ?? []).map((mapping) => ({
      ...mapping,
      protocol: mapping.protocol ?? "tcp",
      hostPort: mapping.hostPort ?? (request.networkMode === "awsvpc" ? mapping.containerPort : 0),
    })),
    ...(healthCheck ? { healthCheck: { interval: 30, timeout: 5, retries: 3, ...healthCheck } } : {}),
  };
}

function isUsed({ records }: Ecs, { taskDefinitionArn }: TaskDefinition): boolean {
  const byTask = records.tasks
    .list()
    .some((task) => task.taskDefinitionArn === taskDefinitionArn && task.state.lastStatus !== "STOPPED");
  if (byTask) return true;
  return records.services
    .list()
    .filter((service) => service.status !== "INACTIVE")
    .some((service) => {
      const { deployments, lastCompleted } = service.state;
      const ids = [...deployments.map(({ id }) => id), ...(lastCompleted ? [lastCompleted] : [])];
      return ids.some((id) => records.revisionOf(service, id).revision.taskDefinition === taskDefinitionArn);
    });
}

function forget({ records }: Ecs, { taskDefinitionArn = "" }: TaskDefinition): void {
  records.taskDefinitions.delete(taskDefinitionKeyOf(taskDefinitionArn));
  records.tags.delete(taskDefinitionArn);
}
