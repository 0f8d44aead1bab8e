import type { Cluster, ClusterSetting } from "@aws-sdk/client-ecs";
import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import { checkStrategy, fargateProviders } from "../capacity.ts";
import { activeCluster, describeCluster } from "../clusters.ts";
import type { Ecs } from "../ecs.ts";
import { invalidParameter } from "../errors.ts";
import { checkName, clusterNameOf } from "../names.ts";
import type { EcsOperations } from "../operations.ts";

export function clusterOperations(ecs: Ecs) {
  const { records, names } = ecs;
  const change = (reference: string | undefined, changes: Partial<Cluster>) => {
    const { clusterName, ...cluster } = activeCluster(ecs, reference);
    records.clusters.put(clusterName, { ...cluster, clusterName, ...changes });
    return { cluster: describeCluster(ecs, { ...cluster, clusterName, ...changes }) };
  };

  return {
    CreateCluster: (input) => {
      const clusterName = input.clusterName ?? "default";
      checkName(clusterName, "Cluster name");
      const existing = records.clusters.get(clusterName);
      if (existing?.status === "ACTIVE") return { cluster: describeCluster(ecs, existing) };
      const capacityProviders = checkProviders(input.capacityProviders ?? []);
      const cluster: Cluster = {
        clusterArn: names.cluster(clusterName),
        clusterName,
        status: "ACTIVE",
        registeredContainerInstancesCount: 0,
        statistics: [],
        settings: completeSettings(input.settings),
        configuration: input.configuration,
        capacityProviders,
        defaultCapacityProviderStrategy: checkStrategy(
          { capacityProviders },
          input.defaultCapacityProviderStrategy ?? [],
        ),
        serviceConnectDefaults: input.serviceConnectDefaults,
      };
      records.clusters.put(clusterName, cluster);
      if (input.tags?.length) records.tags.put(names.cluster(clusterName), input.tags);
      return { cluster: { ...describeCluster(ecs, cluster), tags: input.tags ?? [] } };
    },

    DescribeClusters: ({ clusters = ["default"], include = [] }) => {
      const failures = [];
      const described: Cluster[] = [];
      for (const reference of clusters) {
        const name = clusterNameOf(reference);
        const cluster = records.clusters.get(name);
        if (!cluster) {
          failures.push({ arn: names.cluster(name), reason: "MISSING" });
          continue;
        }
        const { settings, configuration, ...always } = describeCluster(ecs, cluster);
        described.push({
          ...always,
          settings: include.includes("SETTINGS") ? settings : [],
          statistics: [],
          ...(include.includes("CONFIGURATIONS") ? { configuration } : {}),
          tags: include.includes("TAGS") ? (records.tags.get(names.cluster(name)) ?? []) : [],
        });
      }
      return { clusters: described, failures };
    },

    ListClusters: ({ nextToken, maxResults = 100 }) => {
      const active = records.clusters.list().filter((cluster) => cluster.status === "ACTIVE");
      const page = paginate(
        active.map((cluster) => cluster.clusterArn ?? ""),
        (arn) => arn,
        { token: nextToken, limit: maxResults, invalidTokenCode: "InvalidParameterException" },
      );
      return { clusterArns: page.items, nextToken: page.nextToken };
    },

    UpdateCluster: ({ cluster, settings, configuration, serviceConnectDefaults }) => {
      const before = activeCluster(ecs, cluster);
      return change(cluster, {
        ...(settings ? { settings: completeSettings(settings, before.settings) } : {}),
        ...(configuration ? { configuration } : {}),
        ...(serviceConnectDefaults ? { serviceConnectDefaults } : {}),
      });
    },

    UpdateClusterSettings: ({ cluster, settings }) =>
      change(cluster, { settings: completeSettings(settings, activeCluster(ecs, cluster).settings) }),

    PutClusterCapacityProviders: ({ cluster, capacityProviders: wanted, defaultCapacityProviderStrategy }) => {
      const capacityProviders = checkProviders(wanted);
      return change(cluster, {
        capacityProviders,
        defaultCapacityProviderStrategy: checkStrategy({ capacityProviders }, defaultCapacityProviderStrategy),
      });
    },

    DeleteCluster: ({ cluster: reference }) => {
      const { clusterName } = activeCluster(ecs, reference);
      if (records.services.list(`${clusterName}/`).some((service) => service.status !== "INACTIVE")) {
        throw new AwsError(
          "ClusterContainsServicesException",
          "The Cluster cannot be deleted while Services are active.",
        );
      }
      if (records.tasks.list(`${clusterName}/`).some((task) => task.state.lastStatus !== "STOPPED")) {
        throw new AwsError("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.");
      }
      records.tags.delete(names.cluster(clusterName));
      return change(clusterName, { status: "INACTIVE" });
    },
  } satisfies EcsOperations;
}

/** The one setting there is, "disabled" where nothing else was said. */
function completeSettings(settings: ClusterSetting[] = [], before: ClusterSetting[] = []): ClusterSetting[] {
  const unknown = settings.find(({ name }) => name !== "containerInsights");
  if (unknown) throw invalidParameter(`Cluster setting ${unknown.name} is not valid.`);
  const value = settings[0]?.value ?? before[0]?.value ?? "disabled";
  if (!["enabled", "disabled", "enhanced"].includes(value)) {
    throw invalidParameter(`Cluster setting containerInsights can't have the value ${value}.`);
  }
  return [{ name: "containerInsights", value }];
}

function checkProviders(providers: string[]): string[] {
  const unknown = providers.find((provider) => !fargateProviders.includes(provider));
  if (unknown) throw invalidParameter(`The specified capacity provider ${unknown} was not found.`);
  return [...new Set(providers)];
}
