import { faultsOf } from "../faults/fault-book.ts";
import type { Region } from "../region.ts";
import { addressBookOf } from "../runtime/network.ts";
import { containerPorts } from "../runtime/tasks/record.ts";
import { ecsOf } from "../services/ecs/ecs.ts";
import type { TaskRecord } from "../services/ecs/records.ts";
import { taskDefinitionKeyOf } from "../services/ecs/tasks/view.ts";
import { stateOf } from "../services/elasticloadbalancing/state.ts";

// DescribeServices: "You may specify up to 10 services to describe in a single operation."
const servicesPerCall = 10;

/**
 * What runs, for a person or a test to look at: services, tasks and where they really listen, targets, listeners, databases,
 * faults. Each member is picked by name, so that no environment variable, secret or password can be among them.
 */
export async function dumpState(region: Region): Promise<Record<string, unknown>> {
  return {
    runtime: region.runtime,
    faults: faultsOf(region).list(),
    services: await services(region),
    tasks: ecsOf(region)
      .records.tasks.list()
      .map((task) => describeTask(region, task)),
    targets: stateOf(region)
      .targets.list()
      .map(({ targetGroupArn, id, port, state, reason }) => ({ targetGroupArn, id, port, state, reason })),
    listeners: stateOf(region)
      .listeners.list()
      .map(({ listener, realPort }) => ({
        arn: listener.ListenerArn,
        port: listener.Port,
        ...(realPort !== undefined && { url: `http://127.0.0.1:${realPort}` }),
      })),
    databases: await databases(region),
  };
}

async function services(region: Region): Promise<unknown[]> {
  const records = ecsOf(region).records.services.list();
  const found: unknown[] = [];
  for (const [cluster, inCluster] of Map.groupBy(records, ({ clusterName }) => clusterName)) {
    for (let start = 0; start < inCluster.length; start += servicesPerCall) {
      const names = inCluster.slice(start, start + servicesPerCall).map(({ name }) => name);
      const described = await region.call("ecs").DescribeServices({ cluster, services: names });
      for (const service of described.services ?? []) {
        found.push({
          cluster,
          name: service.serviceName,
          status: service.status,
          desiredCount: service.desiredCount,
          runningCount: service.runningCount,
          pendingCount: service.pendingCount,
          deployments: service.deployments?.map(({ id, status, taskDefinition, rolloutState, failedTasks }) => ({
            id,
            status,
            taskDefinition,
            rolloutState,
            failedTasks,
          })),
        });
      }
    }
  }
  return found;
}

function describeTask(region: Region, task: TaskRecord): unknown {
  const { state, network } = task;
  const { containerDefinitions = [] } =
    ecsOf(region).records.taskDefinitions.get(taskDefinitionKeyOf(task.taskDefinitionArn)) ?? {};
  const listens = containerDefinitions.flatMap(containerPorts).map((port) => {
    const real = addressBookOf(region).resolve(network.address, port);
    return [port, real && (real.simulated ? "simulated" : `${real.host}:${real.port}`)];
  });
  return {
    arn: task.arn,
    service: task.service?.name,
    taskDefinition: task.taskDefinitionArn,
    lastStatus: state.lastStatus,
    desiredStatus: state.desiredStatus,
    healthStatus: state.healthStatus,
    stopCode: state.stopCode,
    stoppedReason: state.stoppedReason,
    availabilityZone: network.availabilityZone,
    capacityProvider: task.capacityProviderName,
    address: network.address,
    listens: Object.fromEntries(listens),
  };
}

async function databases(region: Region): Promise<unknown[]> {
  const { DBInstances = [] } = await region.call("rds").DescribeDBInstances({});
  return DBInstances.map(({ DBInstanceIdentifier, DBInstanceStatus, Engine, EngineVersion, Endpoint }) => ({
    name: DBInstanceIdentifier,
    status: DBInstanceStatus,
    engine: `${Engine} ${EngineVersion}`,
    ...(Endpoint && { address: `${Endpoint.Address}:${Endpoint.Port}` }),
  }));
}
