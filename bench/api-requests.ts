import type { RegisterTaskDefinitionRequest } from "@aws-sdk/client-ecs";
import { connectAws } from "@fardel/core";
import { ended, has, type Machine } from "./machine.ts";
import { byTurns, most } from "./measure.ts";
import { type RunningRegion, startDrydock, startMoto } from "./regions.ts";
import { atLeast, type Row, rate, skipped } from "./row.ts";
import { wrk } from "./wrk.ts";

export const about = `Calls as an SDK makes them, from wrk with eight connections kept alive for two seconds. drydock has each write on disk
before it answers.`;

interface Call {
  service: string;
  target: string;
  input: object;
}

const definition: RegisterTaskDefinitionRequest = {
  family: "web",
  networkMode: "awsvpc",
  requiresCompatibilities: ["FARGATE"],
  cpu: "256",
  memory: "512",
  containerDefinitions: [
    {
      name: "web",
      image: "nginx:1.29",
      essential: true,
      portMappings: [{ containerPort: 80, protocol: "tcp" }],
      environment: [{ name: "LOG_LEVEL", value: "info" }],
    },
  ],
};

const ecs = (operation: string, input: object): Call => ({
  service: "ecs",
  target: `AmazonEC2ContainerServiceV20141113.${operation}`,
  input,
});

const measured = {
  DescribeServices: ecs("DescribeServices", { cluster: "bench", services: ["web"] }),
  PutParameter: {
    service: "ssm",
    target: "AmazonSSM.PutParameter",
    input: { Name: "/bench/level", Value: "info", Type: "String", Overwrite: true },
  },
  // Last, since moto gets slower with every revision that it has.
  RegisterTaskDefinition: ecs("RegisterTaskDefinition", definition),
};

export async function apiRequests(machine: Machine): Promise<Row[]> {
  if (!has("wrk", "-v")) return [skipped("requests per second", "wrk")];
  const drydock = await startDrydock(machine);
  const moto = has("moto_server", "--help") ? await startMoto(machine) : undefined;
  const regions = [drydock, ...(moto ? [moto] : [])];
  await Promise.all(regions.map(prepare));
  const rows: Row[] = [];
  for (const [operation, call] of Object.entries(measured)) {
    const load = (region: RunningRegion) => async () =>
      (await wrk(machine, region.endpoint, loadOf(call))).requestsPerSecond;
    const rates = await byTurns(2, { drydock: load(drydock), moto: moto ? load(moto) : async () => Number.NaN });
    const [ours, theirs] = [most(rates.drydock), most(rates.moto)];
    const row = { what: operation, measured: rate(ours) };
    if (!moto) rows.push({ ...skipped(operation, "moto_server"), ...row });
    else
      rows.push({
        ...row,
        beside: `moto_server ${rate(theirs)}`,
        ratio: ours / theirs,
        aim: atLeast(10, ours / theirs, "×"),
      });
  }
  for (const region of regions) await ended(region.process);
  return rows;
}

function loadOf({ service, target, input }: Call) {
  const scope = `AKIAIOSFODNN7EXAMPLE/20260101/eu-west-1/${service}/aws4_request`;
  const headers = {
    Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`,
    "X-Amz-Date": "20260101T000000Z",
    "X-Amz-Target": target,
    "Content-Type": "application/x-amz-json-1.1",
  };
  return { connections: 8, seconds: 2, post: { headers, body: JSON.stringify(input) } };
}

/** What the measured calls ask for: a cluster, and a service that wants no tasks. */
async function prepare({ endpoint }: RunningRegion): Promise<void> {
  const aws = connectAws({ environment: "local", region: "eu-west-1", endpoint });
  const { Vpc } = await aws.ec2.createVpc({ CidrBlock: "10.0.0.0/16" });
  const { Subnet } = await aws.ec2.createSubnet({ VpcId: Vpc?.VpcId, CidrBlock: "10.0.0.0/24" });
  // moto fails inside where there are no groups.
  const { GroupId } = await aws.ec2.createSecurityGroup({ GroupName: "web", Description: "web", VpcId: Vpc?.VpcId });
  await aws.ecs.createCluster({ clusterName: "bench" });
  await aws.ecs.registerTaskDefinition(definition);
  await aws.ecs.createService({
    cluster: "bench",
    serviceName: "web",
    taskDefinition: "web",
    desiredCount: 0,
    launchType: "FARGATE",
    networkConfiguration: {
      awsvpcConfiguration: { subnets: [Subnet?.SubnetId ?? ""], securityGroups: [GroupId ?? ""] },
    },
  });
}
