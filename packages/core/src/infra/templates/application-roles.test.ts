import { expect, test } from "vitest";
import type { App } from "../../config/app.ts";
import { parseSecret } from "../../config/secrets.ts";
import { secretPrefix, stackNames } from "../names.ts";
import { shop } from "../shop.fixture.ts";
import { applicationTemplate } from "./application.ts";
import type { Template } from "./template.ts";

const template = applicationTemplate(shop, stackNames(shop));

test("starts tasks with a role that reads this environment's secrets, and of others exactly what the manifest names", () => {
  expect(statements(template, "ExecutionRole")).toMatchInlineSnapshot(`
    [
      {
        "Action": [
          "ecr:GetAuthorizationToken",
        ],
        "Effect": "Allow",
        "Resource": [
          "*",
        ],
        "Sid": "SignInToRegistry",
      },
      {
        "Action": [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:GetDownloadUrlForLayer",
        ],
        "Effect": "Allow",
        "Resource": [
          {
            "Fn::Sub": "arn:\${AWS::Partition}:ecr:\${AWS::Region}:\${AWS::AccountId}:repository/shop/*",
          },
          {
            "Fn::Sub": "arn:\${AWS::Partition}:ecr:eu-west-1:123456789012:repository/shared/migrate",
          },
        ],
        "Sid": "PullImages",
      },
      {
        "Action": [
          "logs:CreateLogStream",
          "logs:PutLogEvents",
        ],
        "Effect": "Allow",
        "Resource": [
          {
            "Fn::Sub": "arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/fardel/shop/production/*:*",
          },
        ],
        "Sid": "WriteLogs",
      },
      {
        "Action": [
          "secretsmanager:GetSecretValue",
        ],
        "Effect": "Allow",
        "Resource": [
          {
            "Fn::Sub": "arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:/shop/production/*",
          },
          {
            "Fn::ImportValue": "shop-prod-data-MainConnection",
          },
        ],
        "Sid": "ReadSecrets",
      },
      {
        "Action": [
          "ssm:GetParameters",
        ],
        "Effect": "Allow",
        "Resource": [
          "arn:aws:ssm:eu-west-1:123456789012:parameter/shared",
        ],
        "Sid": "ReadParameters",
      },
      {
        "Action": [
          "kms:Decrypt",
        ],
        "Condition": {
          "StringLike": {
            "kms:ViaService": [
              {
                "Fn::Sub": "secretsmanager.\${AWS::Region}.amazonaws.com",
              },
              {
                "Fn::Sub": "ssm.\${AWS::Region}.amazonaws.com",
              },
            ],
          },
        },
        "Effect": "Allow",
        "Resource": [
          {
            "Fn::Sub": "arn:\${AWS::Partition}:kms:\${AWS::Region}:*:key/*",
          },
        ],
        "Sid": "DecryptSecrets",
      },
    ]
  `);
});

test("lets tasks of an earlier release start with the secrets and images of this environment that the manifest has dropped", () => {
  const { web } = shop.services;
  if (web === undefined) throw new Error("the shop has a service web");
  const after = { ...shop, images: {}, tasks: {}, services: { web: { ...web, secrets: {} } } };
  const resources = (app: App, sid: string) =>
    statements(applicationTemplate(app, stackNames(app)), "ExecutionRole").find(({ Sid }) => Sid === sid)?.Resource;
  expect(resources(after, "ReadSecrets")).toEqual(resources(shop, "ReadSecrets"));
  expect(resources(after, "PullImages")).toEqual(resources(shop, "PullImages")?.slice(0, 1));
});

test("decrypts secrets of another region there, and by way of nothing but what reads them", () => {
  const { web } = shop.services;
  if (web === undefined) throw new Error("the shop has a service web");
  const arn = "arn:aws:secretsmanager:us-east-1:210987654321:secret:shared-a1b2c3";
  const after: App = {
    ...shop,
    services: { web: { ...web, secrets: { KEY: { kind: "arn", arn, jsonKey: undefined } } } },
  };
  const all = statements(applicationTemplate(after, stackNames(after)), "ExecutionRole");
  const region = "${AWS::Region}";
  expect(all.find(({ Sid }) => Sid === "DecryptSecrets")).toEqual({
    Sid: "DecryptSecrets",
    Effect: "Allow",
    Action: ["kms:Decrypt"],
    Resource: [region, "us-east-1"].map((each) => ({ "Fn::Sub": `arn:\${AWS::Partition}:kms:${each}:*:key/*` })),
    Condition: {
      StringLike: {
        "kms:ViaService": [
          { "Fn::Sub": `secretsmanager.${region}.amazonaws.com` },
          { "Fn::Sub": `ssm.${region}.amazonaws.com` },
          "secretsmanager.us-east-1.amazonaws.com",
          "ssm.us-east-1.amazonaws.com",
        ],
      },
    },
  });
});

test("knows the secrets of an environment by what `parseSecret` names them", () => {
  const parsed = parseSecret("stripe-key", { app: "shop", environment: "production", databases: [] });
  expect(parsed).toMatchObject({ source: { secretName: `${secretPrefix(shop)}stripe-key` } });
});

test("gives the app itself no permission but to use queues of its own", () => {
  expect(statements(template, "TaskRole").map(({ Sid }) => Sid)).toEqual(["UseFormerQueues"]);
});

interface Statement {
  Sid: string;
  Resource: unknown[];
}

function statements(template: Template, role: string): Statement[] {
  const policies = (template.Resources[role]?.Properties?.Policies ?? []) as unknown as {
    PolicyDocument: { Statement: Statement[] };
  }[];
  return policies.flatMap((policy) => policy.PolicyDocument.Statement);
}
