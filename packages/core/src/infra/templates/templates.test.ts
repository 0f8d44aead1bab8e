import { describe, expect, test } from "vitest";
import { stackNames } from "../names.ts";
import { shop, tinyShop } from "../shop.fixture.ts";
import { applicationTemplate } from "./application.ts";
import { clusterTemplate } from "./cluster.ts";
import { dataTemplate } from "./data.ts";
import { registryTemplate } from "./registry.ts";
import { stateTemplate } from "./state.ts";
import { logicalId, type Template } from "./template.ts";

const protectedData = { deletionProtection: true, finalSnapshot: true };

function properties(template: Template, id: string): Record<string, unknown> | undefined {
  return template.Resources[id]?.Properties;
}

describe("state", () => {
  test("is a private, versioned, encrypted bucket that outlives its stack", () => {
    const template = stateTemplate("fardel");
    expect(template.Resources.StateBucket).toMatchObject({
      DeletionPolicy: "RetainExceptOnCreate",
      Properties: {
        VersioningConfiguration: { Status: "Enabled" },
        PublicAccessBlockConfiguration: { BlockPublicPolicy: true, RestrictPublicBuckets: true },
      },
    });
    expect(template.Outputs).toEqual({
      StateBucket: { Value: { Ref: "StateBucket" }, Export: { Name: "fardel-StateBucket" } },
    });
  });
});

test("the state bucket forgets former locks, which are written every few seconds, and nothing else", () => {
  expect(properties(stateTemplate("fardel"), "StateBucket")?.LifecycleConfiguration).toEqual({
    Rules: [
      {
        Id: "FormerLocks",
        Prefix: "locks/",
        Status: "Enabled",
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
        ExpiredObjectDeleteMarker: true,
      },
    ],
  });
});

describe("registry", () => {
  test("has a repository per image that fardel builds", () => {
    const template = registryTemplate(shop, "shop-registry");
    expect(Object.keys(template.Resources)).toEqual(["WebRepository"]);
    expect(properties(template, "WebRepository")).toMatchObject({
      RepositoryName: "shop/web",
      ImageTagMutability: "MUTABLE",
      ImageScanningConfiguration: { ScanOnPush: true },
    });
  });

  test("expires what has no tag after two weeks, and nothing that a release holds on to", () => {
    const { LifecyclePolicy } = properties(registryTemplate(shop, "shop-registry"), "WebRepository") ?? {};
    const { LifecyclePolicyText } = LifecyclePolicy as { LifecyclePolicyText: string };
    expect(JSON.parse(LifecyclePolicyText).rules.map((rule: { selection: object }) => rule.selection)).toEqual([
      {
        tagStatus: "tagged",
        tagPrefixList: ["fardel-release-"],
        countType: "imageCountMoreThan",
        countNumber: 10_000,
      },
      { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 14 },
    ]);
  });
});

describe("cluster", () => {
  const template = clusterTemplate("prod");

  test("has a public and a private subnet in each of two zones, with networks that don't overlap", () => {
    const subnets = Object.entries(template.Resources).filter(([, { Type }]) => Type === "AWS::EC2::Subnet");
    expect(subnets.map(([id, { Properties }]) => [id, Properties?.CidrBlock, Properties?.AvailabilityZone])).toEqual([
      ["PublicSubnetA", "10.0.0.0/20", { "Fn::Select": [0, { "Fn::GetAZs": "" }] }],
      ["PrivateSubnetA", "10.0.128.0/20", { "Fn::Select": [0, { "Fn::GetAZs": "" }] }],
      ["PublicSubnetB", "10.0.16.0/20", { "Fn::Select": [1, { "Fn::GetAZs": "" }] }],
      ["PrivateSubnetB", "10.0.144.0/20", { "Fn::Select": [1, { "Fn::GetAZs": "" }] }],
    ]);
  });

  test("routes private subnets through the NAT gateway only", () => {
    expect(properties(template, "PrivateRoute")).toMatchObject({ NatGatewayId: { Ref: "NatGateway" } });
    expect(properties(template, "PrivateSubnetBRouting")).toMatchObject({ RouteTableId: { Ref: "PrivateRouteTable" } });
  });

  test("exports what the stacks of an app import", () => {
    expect(Object.values(template.Outputs).map((output) => output.Export?.Name)).toEqual([
      "prod-VpcId",
      "prod-ClusterName",
      "prod-NatAddress",
      "prod-PublicSubnetA",
      "prod-PublicSubnetB",
      "prod-PrivateSubnetA",
      "prod-PrivateSubnetB",
    ]);
  });
});

describe("data", () => {
  const template = dataTemplate(shop, "shop-prod-data", protectedData);

  test("is a protected database out of reach of the internet, its password known to nobody", () => {
    expect(template.Resources.MainDatabase).toMatchInlineSnapshot(`
      {
        "DeletionPolicy": "Snapshot",
        "Properties": {
          "AllocatedStorage": "20",
          "AllowMajorVersionUpgrade": true,
          "AutoMinorVersionUpgrade": true,
          "BackupRetentionPeriod": 7,
          "CopyTagsToSnapshot": true,
          "DBInstanceClass": "db.t4g.micro",
          "DBName": "main",
          "DBParameterGroupName": {
            "Ref": "MainParameters",
          },
          "DBSubnetGroupName": {
            "Ref": "SubnetGroup",
          },
          "DeletionProtection": true,
          "Engine": "postgres",
          "EngineVersion": "16",
          "MasterUserPassword": {
            "Fn::Sub": "{{resolve:secretsmanager:\${MainCredentials}:SecretString:password}}",
          },
          "MasterUsername": "fardel",
          "MultiAZ": true,
          "Port": "5432",
          "PubliclyAccessible": false,
          "StorageEncrypted": true,
          "StorageType": "gp3",
          "VPCSecurityGroups": [
            {
              "Fn::GetAtt": [
                "DatabaseSecurityGroup",
                "GroupId",
              ],
            },
          ],
        },
        "Type": "AWS::RDS::DBInstance",
        "UpdateReplacePolicy": "Snapshot",
      }
    `);
    expect(properties(template, "MainCredentials")).toMatchInlineSnapshot(`
      {
        "Description": "Master user of database main",
        "GenerateSecretString": {
          "ExcludePunctuation": true,
          "GenerateStringKey": "password",
          "PasswordLength": 40,
          "SecretStringTemplate": "{"username":"fardel"}",
        },
      }
    `);
  });

  test("holds everything a client needs in one secret", () => {
    expect(properties(template, "MainConnection")).toMatchInlineSnapshot(`
      {
        "Description": "How to reach database main",
        "SecretString": {
          "Fn::Sub": "{"url":"postgres://{{resolve:secretsmanager:\${MainCredentials}:SecretString:username}}:{{resolve:secretsmanager:\${MainCredentials}:SecretString:password}}@\${MainDatabase.Endpoint.Address}:\${MainDatabase.Endpoint.Port}/main","host":"\${MainDatabase.Endpoint.Address}","port":"\${MainDatabase.Endpoint.Port}","name":"main","user":"{{resolve:secretsmanager:\${MainCredentials}:SecretString:username}}","password":"{{resolve:secretsmanager:\${MainCredentials}:SecretString:password}}"}",
        },
      }
    `);
  });

  test("lets a database in `local` go", () => {
    const local = dataTemplate(shop, "shop-local-data", { deletionProtection: false, finalSnapshot: false });
    expect(local.Resources.MainDatabase).toMatchObject({
      DeletionPolicy: "Delete",
      Properties: { DeletionProtection: false },
    });
  });
});

describe("application", () => {
  const template = applicationTemplate(shop, stackNames(shop));
  const tiny = applicationTemplate(tinyShop, stackNames(tinyShop));

  test("holds nothing a release owns", () => {
    const types = new Set(Object.values(template.Resources).map((resource) => resource.Type));
    expect([...types].sort()).toMatchInlineSnapshot(`
      [
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::ElasticLoadBalancingV2::Listener",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::ElasticLoadBalancingV2::TargetGroup",
        "AWS::IAM::Role",
        "AWS::Logs::LogGroup",
        "AWS::SSM::Parameter",
      ]
    `);
  });

  test("checks and drains targets as the manifest says", () => {
    expect(properties(template, "WebTargetGroup")).toMatchInlineSnapshot(`
      {
        "HealthCheckIntervalSeconds": 5,
        "HealthCheckPath": "/healthz",
        "HealthCheckTimeoutSeconds": 2,
        "HealthyThresholdCount": 2,
        "Matcher": {
          "HttpCode": "200-299",
        },
        "Port": 80,
        "Protocol": "HTTP",
        "Tags": [
          {
            "Key": "Name",
            "Value": "shop-production-web",
          },
        ],
        "TargetGroupAttributes": [
          {
            "Key": "deregistration_delay.timeout_seconds",
            "Value": "10",
          },
        ],
        "TargetType": "ip",
        "UnhealthyThresholdCount": 3,
        "VpcId": {
          "Fn::ImportValue": "prod-VpcId",
        },
      }
    `);
  });

  test("answers 404 until a release routes a service", () => {
    expect(properties(template, "HttpListener")).toMatchObject({
      Port: 80,
      DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "404" } }],
    });
  });

  test("lets in only the load balancer, and lets the services into the databases", () => {
    expect(properties(template, "ServiceSecurityGroup")?.SecurityGroupIngress).toMatchObject([
      {
        IpProtocol: "tcp",
        FromPort: 0,
        ToPort: 65_535,
        SourceSecurityGroupId: { "Fn::GetAtt": ["LoadBalancerSecurityGroup", "GroupId"] },
      },
    ]);
    expect(properties(template, "DatabaseIngress")).toMatchObject({
      GroupId: { "Fn::ImportValue": "shop-prod-data-DatabaseSecurityGroup" },
      SourceSecurityGroupId: { "Fn::GetAtt": ["ServiceSecurityGroup", "GroupId"] },
    });
  });

  test("leaves the tasks' security group as it is when services change their ports or go, for the tasks that still run", () => {
    const { web } = shop.services;
    if (web?.route === undefined) throw new Error("the shop has a route");
    const moved = { ...web, name: "moved", port: 9999, route: { ...web.route, port: 9999 } };
    const after = { ...shop, services: { moved } };
    expect(applicationTemplate(after, stackNames(after)).Resources.ServiceSecurityGroup).toEqual(
      template.Resources.ServiceSecurityGroup,
    );
  });

  test("names log groups after services and tasks", () => {
    expect([properties(template, "WebLogs"), properties(template, "MigrateLogs")]).toEqual([
      { LogGroupName: "/fardel/shop/production/web", RetentionInDays: 30 },
      { LogGroupName: "/fardel/shop/production/migrate", RetentionInDays: 30 },
    ]);
  });

  test("has no load balancer for an app without routes", () => {
    expect(Object.keys(tiny.Resources)).toEqual([
      "ServiceSecurityGroup",
      "ExecutionRole",
      "TaskRole",
      "WorkerLogs",
      "Descriptor",
    ]);
  });
});

describe("logicalId", () => {
  test("makes letters and digits of a name, and different ones of different names", () => {
    expect(["web", "my-web", "web2", "web-2"].map((name) => logicalId(name, "Logs"))).toEqual([
      "WebLogs",
      "MyWebLogs",
      "Web2Logs",
      "WebDash2Logs",
    ]);
  });
});
