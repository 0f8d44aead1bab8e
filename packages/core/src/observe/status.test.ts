import type { Service as EcsService, Task } from "@aws-sdk/client-ecs";
import { expect, test } from "vitest";
import type { Aws } from "../aws/clients.ts";
import { rolloutStage } from "./rollout-stage.ts";
import { staleSecrets, whenChanged } from "./stale-secrets.ts";
import { ruleWeights, targetsOf, weightOf } from "./traffic.ts";

const start = Date.UTC(2026, 0, 1, 12);
const at = (seconds: number) => new Date(start + seconds * 1000);

const secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf";
const parameter = "arn:aws:ssm:eu-west-1:123456789012:parameter/level";
const definition = {
  containerDefinitions: [
    {
      name: "web",
      secrets: [
        { name: "STRIPE_KEY", valueFrom: `${secret}:stripe::` },
        { name: "MAIL_KEY", valueFrom: `${secret}:mail::` },
        { name: "LEVEL", valueFrom: parameter },
      ],
    },
    { name: "agent", secrets: [{ name: "DD_KEY", valueFrom: `${secret}:datadog::` }] },
  ],
};

test("a secret is stale for the tasks that had started before it was changed, and is asked for once", async () => {
  const asked: string[] = [];
  const aws = {
    secretsManager: {
      async describeSecret({ SecretId }: { SecretId: string }) {
        asked.push(SecretId);
        return { LastChangedDate: at(10) };
      },
    },
    ssm: {
      async getParameter({ Name }: { Name: string }) {
        asked.push(Name);
        return { Parameter: { LastModifiedDate: at(0) } };
      },
    },
  } as unknown as Aws;
  const tasks: Task[] = [{ startedAt: at(5) }, { startedAt: at(20) }, { lastStatus: "PENDING" }];
  const changedAt = whenChanged(aws);
  const found = await staleSecrets(definition, tasks, changedAt);
  expect(found).toEqual([{ secret, variables: ["DD_KEY", "MAIL_KEY", "STRIPE_KEY"], changed: at(10), tasks: 1 }]);
  expect(await staleSecrets(definition, [{ startedAt: at(11) }], changedAt)).toEqual([]);
  expect(asked).toEqual([secret, parameter]);
});

test("where a rule divides requests, a revision's share is that of the target groups its tasks are in", async () => {
  const targets = (ip: string) => [{ Target: { Id: ip, Port: 80 }, TargetHealth: { State: "healthy" } }];
  const aws = {
    elbv2: {
      async describeTargetHealth({ TargetGroupArn }: { TargetGroupArn: string }) {
        return { TargetHealthDescriptions: targets(TargetGroupArn === "blue" ? "10.0.0.1" : "10.0.0.2") };
      },
      async describeRules({ RuleArns: [arn] }: { RuleArns: string[] }) {
        const groups = [
          { TargetGroupArn: "blue", Weight: 30 },
          { TargetGroupArn: "green", Weight: 10 },
        ];
        const TargetGroups = arn === "divided" ? groups : groups.slice(0, 1);
        return { Rules: [{ Actions: [{ Type: "forward", ForwardConfig: { TargetGroups } }] }] };
      },
    },
  } as unknown as Aws;
  const service: EcsService = {
    loadBalancers: [{ targetGroupArn: "blue", advancedConfiguration: { alternateTargetGroupArn: "green" } }],
  };
  const task = (startedBy: string, value: string): Task => ({
    startedBy,
    attachments: [{ details: [{ name: "privateIPv4Address", value }] }],
  });
  const tasks = [task("ecs-svc/1", "10.0.0.1"), task("ecs-svc/2", "10.0.0.2"), task("ecs-svc/3", "10.0.0.25")];
  const found = await targetsOf(aws, service);
  const weights = await ruleWeights(aws, "divided");
  const shares = ["ecs-svc/1", "ecs-svc/2", "ecs-svc/3"].map((id) => weightOf({ id }, weights, found, tasks));
  expect(shares).toEqual([75, 25, 0]);
  expect(weightOf({ id: "ecs-svc/1" }, await ruleWeights(aws, "plain"), found, tasks)).toBeUndefined();
});

test("a rollout that waits for somebody tells its stage and its gate", async () => {
  const asked: unknown[] = [];
  const hook = { hookId: "h", status: "AWAITING_ACTION", expiresAt: at(60), timeoutAction: "ROLLBACK" };
  const aws = {
    ecs: {
      async describeServiceDeployments({ serviceDeploymentArns }: { serviceDeploymentArns: string[] }) {
        asked.push(serviceDeploymentArns);
        const lifecycleHookDetails = [hook, { hookId: "g", status: "SUCCEEDED" }];
        const stage = { lifecycleStage: "POST_TEST_TRAFFIC_SHIFT", lifecycleHookDetails };
        return { serviceDeployments: [{ status: "IN_PROGRESS", startedAt: at(0), ...stage }] };
      },
    },
  } as unknown as Aws;
  expect(await rolloutStage(aws, { deployments: [{ rolloutState: "COMPLETED" }] })).toBeUndefined();
  expect(asked).toEqual([]);
  expect(await rolloutStage(aws, { currentServiceDeployment: "arn" })).toEqual({
    deployment: "arn",
    status: "IN_PROGRESS",
    stage: "POST_TEST_TRAFFIC_SHIFT",
    started: at(0),
    gates: [{ hookId: "h", expires: at(60), onExpiry: "ROLLBACK" }],
  });
});
