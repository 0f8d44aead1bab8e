import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Aws, connectAws } from "@fardel/core";
import { inParallel } from "@fardel/oci/registry/client/in-parallel.ts";
import { openRegistry, pushWebImage } from "../test/peers/web-image.ts";
import { ended, type Machine, memoryOf } from "./machine.ts";
import { timed } from "./measure.ts";
import { type RunningRegion, startDrydock } from "./regions.ts";
import { atMost, milliseconds, type Row } from "./row.ts";

export const about = `Services of four simulated tasks each in one cluster: from the first CreateService until every service deployment has succeeded,
then from the first UpdateService to a new revision until all have again. Time runs a hundred times as fast, since ECS trusts a task without a health
check after 40 s. Twenty calls at a time; memory is drydock's, at the end. The
ratio is to the time per service at 50 services, and the aim for 1,000 is what a power of 1.1 allows: (1,000 / 50)^0.1.`;

const sizes = [50, 200, 1000];
const tasks = 4;
const callsAtOnce = 20;

interface Scaled {
  createdMs: number;
  updatedMs: number;
  calls: number;
  memory: number;
}

export async function scale(machine: Machine): Promise<Row[]> {
  const rows: Row[] = [];
  let perService: number | undefined;
  for (const size of sizes) {
    const { createdMs, updatedMs, calls, memory } = await rollOutMany(machine, size);
    const each = (createdMs + updatedMs) / size;
    perService ??= each;
    const ratio = each / perService;
    rows.push({
      what: `${size.toLocaleString("en")} services, ${(size * tasks).toLocaleString("en")} tasks`,
      measured: `created in ${milliseconds(createdMs)}, rolled out in ${milliseconds(updatedMs)}, ${calls} calls, ${memory.toFixed(0)} MB`,
      beside: `50 services: ${milliseconds(perService)} each`,
      ratio,
      ...(size === 1000 && { aim: atMost(Number(((size / 50) ** 0.1).toFixed(2)), ratio, "×") }),
    });
  }
  return rows;
}

async function rollOutMany(machine: Machine, size: number): Promise<Scaled> {
  const region = await startDrydock(machine, "--runtime", "simulated", "--time-scale", "100");
  const connected = connectAws({ environment: "local", region: "eu-west-1", endpoint: region.endpoint });
  let calls = 0;
  const ecs = new Proxy(connected.ecs, {
    get(client, name, receiver) {
      calls++;
      return Reflect.get(client, name, receiver);
    },
  });
  const aws = { ...connected, ecs };
  const network = await prepare(machine, aws, region);
  const services = Array.from({ length: size }, (_, index) => `service-${index}`);
  const createdMs = await timed(async () => {
    await inParallel(services, callsAtOnce, async (serviceName) => {
      const service = { cluster: "bench", serviceName, taskDefinition: "web:1", desiredCount: tasks };
      await ecs.createService({ ...service, launchType: "FARGATE", networkConfiguration: network });
    });
    await untilCompleted(aws, services, "web:1");
  });
  const updatedMs = await timed(async () => {
    await inParallel(services, callsAtOnce, async (service) => {
      await ecs.updateService({ cluster: "bench", service, taskDefinition: "web:2" });
    });
    await untilCompleted(aws, services, "web:2");
  });
  const memory = memoryOf(region.process);
  await ended(region.process);
  return { createdMs, updatedMs, calls, memory };
}

/** An image, two task definitions and a network; gives the network. */
async function prepare(machine: Machine, aws: Aws, { endpoint }: RunningRegion) {
  const registry = await openRegistry({ endpoint, region: aws.target.region });
  const repository = await registry.createRepository("web");
  const digest = await pushWebImage(mkdtempSync(join(machine.directory, "image-")), repository, registry.password);
  const { Vpc } = await aws.ec2.createVpc({ CidrBlock: "10.0.0.0/16" });
  // Room for two rounds of 4,000 tasks.
  const { Subnet } = await aws.ec2.createSubnet({ VpcId: Vpc?.VpcId, CidrBlock: "10.0.0.0/18" });
  await aws.ecs.createCluster({ clusterName: "bench" });
  for (const level of ["info", "debug"]) {
    await aws.ecs.registerTaskDefinition({
      family: "web",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: "256",
      memory: "512",
      executionRoleArn: "arn:aws:iam::000000000000:role/execution",
      containerDefinitions: [
        { name: "web", image: `${repository}@${digest}`, environment: [{ name: "LEVEL", value: level }] },
      ],
    });
  }
  return { awsvpcConfiguration: { subnets: [Subnet?.SubnetId ?? ""] } };
}

async function untilCompleted(aws: Aws, names: readonly string[], taskDefinition: string): Promise<void> {
  let open = [...names];
  while (open.length > 0) {
    // "You may specify up to 10 services to describe in a single operation."
    const batches = Array.from({ length: Math.ceil(open.length / 10) }, (_, at) => open.slice(at * 10, at * 10 + 10));
    const done = new Set<string>();
    await inParallel(batches, callsAtOnce, async (services) => {
      const described = await aws.ecs.describeServices({ cluster: "bench", services });
      for (const { serviceName = "", deployments = [] } of described.services ?? []) {
        const [only, ...others] = deployments;
        const current = others.length === 0 && only?.taskDefinition?.endsWith(`/${taskDefinition}`);
        if (current && only?.rolloutState === "COMPLETED") done.add(serviceName);
        if (only?.rolloutState === "FAILED") throw new Error(`${serviceName}: ${only.rolloutStateReason}`);
      }
    });
    open = open.filter((name) => !done.has(name));
    if (open.length > 0) await sleep(500);
  }
}
