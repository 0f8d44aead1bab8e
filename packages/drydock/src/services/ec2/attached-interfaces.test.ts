import { expect, test } from "vitest";
import type { Region } from "../../region.ts";
import { Store } from "../../store/store.ts";
import { attachedInterfaces, isSecurityGroupInUse, isSubnetInUse } from "./attached-interfaces.ts";
import { Network } from "./network.ts";

const task = (id: string, lastStatus: string, startedBy: string, group: string) => ({
  lastStatus,
  startedBy,
  group,
  attachments: [
    {
      id,
      details: [
        { name: "subnetId", value: "subnet-tasks" },
        { name: "networkInterfaceId", value: `eni-${id}` },
        { name: "privateIPv4Address", value: "10.0.0.4" },
      ],
    },
  ],
});

const ecs = {
  ListClusters: async () => ({ clusterArns: ["cluster"] }),
  ListTasks: async ({ desiredStatus, nextToken }: { desiredStatus: string; nextToken?: string }) => {
    if (desiredStatus === "STOPPED") return { taskArns: ["stopping", "stopped"] };
    return nextToken === undefined ? { taskArns: ["one"], nextToken: "more" } : { taskArns: ["two"] };
  },
  DescribeTasks: async ({ tasks }: { tasks: string[] }) => ({
    tasks: tasks.map((id) =>
      task(id, id === "stopped" ? "STOPPED" : "RUNNING", "ecs-svc/1", id === "two" ? "family:job" : "service:web"),
    ),
  }),
  DescribeServices: async () => ({
    services: [
      {
        deployments: [
          { id: "ecs-svc/1", networkConfiguration: { awsvpcConfiguration: { securityGroups: ["sg-web"] } } },
        ],
      },
    ],
  }),
};

const rds = {
  DescribeDBInstances: async () => ({
    DBInstances: [
      {
        DBInstanceArn: "arn",
        AvailabilityZone: "eu-west-1a",
        VpcSecurityGroups: [{ VpcSecurityGroupId: "sg-data" }],
        DBSubnetGroup: {
          Subnets: ["a", "b"].map((zone) => ({
            SubnetIdentifier: `subnet-data-${zone}`,
            SubnetAvailabilityZone: { Name: `eu-west-1${zone}` },
          })),
        },
      },
    ],
  }),
};

function networkOf(inUse: string[]): Network {
  const store = new Store();
  for (const collection of inUse) store.collection<string>(collection).put("something", "there");
  const call = (name: string) => (({ ecs, rds }) as Record<string, unknown>)[name];
  return new Network({ store, call, name: "eu-west-1", accountId: "000000000000" } as unknown as Region);
}

test("tasks and databases have interfaces in their subnets, with their groups, until they are gone", async () => {
  const network = networkOf(["ecs.tasks", "rds.instances"]);
  const found = await attachedInterfaces(network);
  expect(found.map(({ NetworkInterfaceId }) => NetworkInterfaceId)).toEqual([
    expect.stringMatching(/^eni-0[0-9a-f]{16}$/),
    "eni-one",
    "eni-two",
    "eni-stopping",
  ]);
  expect(await isSubnetInUse(network, "subnet-tasks")).toBe(true);
  expect(await isSubnetInUse(network, "subnet-data-a")).toBe(true);
  expect(await isSubnetInUse(network, "subnet-data-b")).toBe(false);
  expect(await isSecurityGroupInUse(network, "sg-web")).toBe(true);
  expect(await isSecurityGroupInUse(network, "sg-data")).toBe(true);
  expect(await isSecurityGroupInUse(network, "sg-other")).toBe(false);
});

test("a service without data isn't asked, and so not loaded", async () => {
  const network = networkOf(["ecs-like.things"]);
  Object.assign(network.region, { call: () => expect.unreachable("nothing to ask for") });
  expect(await attachedInterfaces(network)).toEqual([]);
});
