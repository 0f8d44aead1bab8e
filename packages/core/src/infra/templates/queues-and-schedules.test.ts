import { expect, test } from "vitest";
import type { App } from "../../config/app.ts";
import { appStacks } from "../app-stacks.ts";
import { stackNames } from "../names.ts";
import { shop } from "../shop.fixture.ts";
import { applicationTemplate } from "./application.ts";
import type { Resource } from "./template.ts";

const { migrate } = shop.tasks;
if (migrate === undefined) throw new Error("the shop has no migrate");
const app: App = {
  ...shop,
  queues: { ingest: { name: "ingest", visibilitySeconds: 60, retries: 3 } },
  tasks: { migrate: { ...migrate, schedule: { cron: "0 3 * * *", timezone: "UTC" } } },
};
const { Resources } = applicationTemplate(app, stackNames(app));
const att = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });

function statements(
  resources: Record<string, Resource>,
  role: string,
): { Sid: string; Resource: unknown; Action: string[] }[] {
  const policies = resources[role]?.Properties?.Policies as { PolicyDocument: { Statement: never[] } }[] | undefined;
  return policies?.[0]?.PolicyDocument.Statement ?? [];
}

test("a queue has another beside it for what was received too often", () => {
  expect(Resources.IngestQueue?.Properties).toEqual({
    QueueName: "shop-production-ingest",
    VisibilityTimeout: 60,
    ReceiveMessageWaitTimeSeconds: 20,
    RedrivePolicy: { deadLetterTargetArn: att("IngestDeadLetterQueue"), maxReceiveCount: 3 },
  });
  expect(Resources.IngestDeadLetterQueue?.Properties).toEqual({
    QueueName: "shop-production-ingest-dead",
    MessageRetentionPeriod: 1_209_600,
  });
});

const formerQueues = {
  Sid: "UseFormerQueues",
  Effect: "Allow",
  Action: expect.arrayContaining(["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"]),
  Resource: [{ "Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:shop-production-*" }],
  Condition: {
    StringEquals: {
      "aws:ResourceTag/fardel:app": "shop",
      "aws:ResourceTag/fardel:environment": "production",
    },
  },
};

test("tasks may use the app's queues and no others", () => {
  expect(statements(Resources, "TaskRole")).toEqual([
    expect.objectContaining({ Sid: "UseQueues", Resource: [att("IngestQueue"), att("IngestDeadLetterQueue")] }),
    formerQueues,
  ]);
});

test("tasks may still use a queue that the manifest no longer names, which its stack's tags say is the app's", () => {
  expect(statements(applicationTemplate(shop, stackNames(shop)).Resources, "TaskRole")).toEqual([formerQueues]);
  expect(appStacks(shop).application.tags).toMatchObject({ "fardel:app": "shop", "fardel:environment": "production" });
});

test("schedules may start the scheduled tasks and hand them their roles, and do nothing else", () => {
  expect(statements(Resources, "SchedulerRole").map(({ Action, Resource }) => [Action, Resource])).toEqual([
    [
      ["ecs:RunTask"],
      [
        {
          "Fn::Sub":
            "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:task-definition/shop-production-migrate:*",
        },
      ],
    ],
    [["ecs:TagResource"], [expect.anything()]],
    [["iam:PassRole"], [att("ExecutionRole"), att("TaskRole")]],
  ]);
  expect(Resources.ScheduleGroup?.Properties).toEqual({ Name: "shop-production" });
});

test("an app without queues and schedules has nothing of them", () => {
  const plain = applicationTemplate(shop, stackNames(shop)).Resources;
  expect(Object.keys(plain).filter((id) => /Queue|Schedule/.test(id))).toEqual([]);
});
