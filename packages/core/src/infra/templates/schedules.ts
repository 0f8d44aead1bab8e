import type { App } from "../../config/app.ts";
import { familyName } from "../../release/names.ts";
import { getAtt, importFrom, type Resource, ref, type Statement, sub, type Value } from "./template.ts";

/**
 * Where releases put the schedules of an app's tasks, and the role they run as: it may start those tasks in this cluster, and
 * nothing else. With the group go its schedules, whoever made them. Nothing for an app without scheduled tasks.
 */
export function scheduleResources(app: App): Record<string, Resource> {
  if (!hasSchedules(app)) return {};
  return {
    ScheduleGroup: {
      Type: "AWS::Scheduler::ScheduleGroup",
      Properties: { Name: `${app.name}-${app.environment}` },
    },
    SchedulerRole: {
      Type: "AWS::IAM::Role",
      Properties: {
        Description: `Runs the scheduled tasks of ${app.name} in ${app.environment}`,
        AssumeRolePolicyDocument: {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Principal: { Service: "scheduler.amazonaws.com" },
              Action: "sts:AssumeRole",
              // "The scope of the aws:SourceArn condition is the schedule group":
              // https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
              Condition: {
                StringEquals: {
                  "aws:SourceAccount": ref("AWS::AccountId"),
                  "aws:SourceArn": getAtt("ScheduleGroup", "Arn"),
                },
              },
            },
          ],
        },
        Policies: [
          {
            PolicyName: "schedules",
            PolicyDocument: { Version: "2012-10-17", Statement: statements(app) as unknown as Value[] },
          },
        ],
      },
    },
  };
}

/** For the descriptor; undefined for an app without scheduled tasks. */
export function schedulerDescriptor(app: App): Value | undefined {
  return hasSchedules(app) ? { group: ref("ScheduleGroup"), role: getAtt("SchedulerRole", "Arn") } : undefined;
}

function hasSchedules(app: App): boolean {
  return scheduledTasks(app).length > 0;
}

function scheduledTasks(app: App): string[] {
  return Object.values(app.tasks).flatMap(({ name, schedule }) => (schedule === undefined ? [] : [name]));
}

function statements(app: App): Statement[] {
  const cluster = importFrom(app.cluster, "ClusterName");
  const ecsArn = (resource: string) =>
    ({
      "Fn::Sub": [`arn:\${AWS::Partition}:ecs:\${AWS::Region}:\${AWS::AccountId}:${resource}`, { Cluster: cluster }],
    }) as Value;
  return [
    {
      Sid: "RunScheduledTasks",
      Effect: "Allow",
      Action: ["ecs:RunTask"],
      Resource: scheduledTasks(app).map((task) =>
        sub(
          `arn:\${AWS::Partition}:ecs:\${AWS::Region}:\${AWS::AccountId}:task-definition/${familyName({ app: app.name, environment: app.environment }, task)}:*`,
        ),
      ),
      Condition: { ArnEquals: { "ecs:cluster": ecsArn(`cluster/\${Cluster}`) } },
    },
    {
      Sid: "TagScheduledTasks",
      Effect: "Allow",
      Action: ["ecs:TagResource"],
      Resource: [ecsArn(`task/\${Cluster}/*`)],
      Condition: { StringEquals: { "ecs:CreateAction": "RunTask" } },
    },
    {
      Sid: "HandTasksTheirRoles",
      Effect: "Allow",
      Action: ["iam:PassRole"],
      Resource: [getAtt("ExecutionRole", "Arn"), getAtt("TaskRole", "Arn")],
      Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    },
  ];
}
