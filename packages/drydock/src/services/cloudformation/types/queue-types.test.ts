import { Scheduler } from "@aws-sdk/client-scheduler";
import { SQS } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestDrydock, type TestDrydock } from "../../../testing.ts";
import { TestStack } from "./test-stack.fixture.ts";

let drydock: TestDrydock;
beforeAll(async () => {
  drydock = await startTestDrydock({ keep: true });
});
afterAll(() => drydock.close());

const ref = (Ref: string) => ({ Ref });
const attribute = (resource: string, name: string) => ({ "Fn::GetAtt": [resource, name] });

const queues = (VisibilityTimeout?: number, team = "a") => ({
  Dead: { Type: "AWS::SQS::Queue" },
  Ingest: {
    Type: "AWS::SQS::Queue",
    Properties: {
      QueueName: "ingest",
      ...(VisibilityTimeout !== undefined && { VisibilityTimeout }),
      RedrivePolicy: { deadLetterTargetArn: attribute("Dead", "Arn"), maxReceiveCount: 3 },
      Tags: [{ Key: "team", Value: team }],
    },
  },
  Orders: { Type: "AWS::SQS::Queue", Properties: { FifoQueue: true, ContentBasedDeduplication: true } },
  Policy: {
    Type: "AWS::SQS::QueuePolicy",
    Properties: { Queues: [ref("Ingest")], PolicyDocument: { Version: "2012-10-17", Statement: [] } },
  },
});

test("queues and their policies are made, changed and removed", async () => {
  const sqs = drydock.client(SQS);
  const stack = new TestStack(drydock, "queues");
  const outputs = { Url: ref("Ingest"), Arn: attribute("Ingest", "Arn"), Orders: attribute("Orders", "QueueName") };
  const { Url: QueueUrl = "", Arn, Orders } = await stack.create(queues(60), outputs);
  expect(QueueUrl).toBe(`${drydock.endpoint}/${drydock.accountId}/ingest`);
  expect(Arn).toBe(`arn:aws:sqs:${drydock.region}:${drydock.accountId}:ingest`);
  expect(Orders).toMatch(/^queues-Orders-\w+\.fifo$/);
  const attributes = async () => (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] })).Attributes;
  expect(await attributes()).toMatchObject({
    VisibilityTimeout: "60",
    RedrivePolicy: expect.stringContaining('"maxReceiveCount":3'),
    Policy: '{"Version":"2012-10-17","Statement":[]}',
  });
  await stack.update(queues(undefined, "b"));
  expect(await attributes()).toMatchObject({ VisibilityTimeout: "30", Policy: expect.any(String) });
  expect((await sqs.listQueueTags({ QueueUrl })).Tags).toMatchObject({
    team: "b",
    "aws:cloudformation:logical-id": "Ingest",
  });
  await stack.delete();
  expect((await sqs.listQueues({})).QueueUrls).toBeUndefined();
});

const schedules = (ScheduleExpression: string, GroupName: object | undefined) => ({
  Role: {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole" }],
      },
    },
  },
  Cluster: { Type: "AWS::ECS::Cluster", Properties: { ClusterName: "scheduled" } },
  Group: { Type: "AWS::Scheduler::ScheduleGroup", Properties: { Tags: [{ Key: "team", Value: "a" }] } },
  Nightly: {
    Type: "AWS::Scheduler::Schedule",
    Properties: {
      Name: "nightly",
      ...(GroupName && { GroupName }),
      ScheduleExpression,
      StartDate: "2030-01-01T00:00:00Z",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: {
        Arn: attribute("Cluster", "Arn"),
        RoleArn: attribute("Role", "Arn"),
        EcsParameters: {
          TaskDefinitionArn: "report",
          CapacityProviderStrategy: [{ CapacityProvider: "FARGATE", Weight: 1 }],
          NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ["subnet-1"] } },
        },
      },
    },
  },
});

test("schedules and their groups are made, changed, moved and removed", async () => {
  const scheduler = drydock.client(Scheduler);
  const stack = new TestStack(drydock, "schedules");
  const outputs = { Arn: attribute("Nightly", "Arn"), Group: ref("Group") };
  const { Arn, Group = "" } = await stack.create(schedules("cron(0 3 * * ? *)", ref("Group")), outputs);
  expect(Arn).toBe(`arn:aws:scheduler:${drydock.region}:${drydock.accountId}:schedule/${Group}/nightly`);
  expect(await scheduler.getSchedule({ Name: "nightly", GroupName: Group })).toMatchObject({
    StartDate: new Date("2030-01-01T00:00:00Z"),
    Target: {
      EcsParameters: {
        CapacityProviderStrategy: [{ capacityProvider: "FARGATE", weight: 1 }],
        NetworkConfiguration: { awsvpcConfiguration: { Subnets: ["subnet-1"] } },
      },
    },
  });
  await stack.update(schedules("rate(1 day)", ref("Group")));
  expect(await scheduler.getSchedule({ Name: "nightly", GroupName: Group })).toMatchObject({
    ScheduleExpression: "rate(1 day)",
  });
  await stack.update(schedules("rate(1 day)", undefined));
  const { Schedules = [] } = await scheduler.listSchedules({});
  expect(Schedules.map(({ GroupName, Name }) => [GroupName, Name])).toEqual([["default", "nightly"]]);
  await stack.delete();
  expect((await scheduler.listScheduleGroups({})).ScheduleGroups?.map(({ Name }) => Name)).toEqual(["default"]);
});
