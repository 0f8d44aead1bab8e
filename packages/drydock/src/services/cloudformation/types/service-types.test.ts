import { CloudFormationClient, GetTemplateSummaryCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeRepositoriesCommand, ECRClient, GetLifecyclePolicyCommand } from "@aws-sdk/client-ecr";
import {
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
} from "@aws-sdk/client-ecs";
import {
  GetPolicyVersionCommand,
  GetRoleCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
} from "@aws-sdk/client-iam";
import { DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestDrydock, type TestDrydock } from "../../../testing.ts";
import { resourceTypeNames, resourceTypes } from "./index.ts";
import { TestStack } from "./test-stack.fixture.ts";

let drydock: TestDrydock;
beforeAll(async () => {
  drydock = await startTestDrydock({ keep: true });
});
afterAll(() => drydock.close());

const ref = (Ref: string) => ({ Ref });
const att = (id: string, name: string) => ({ "Fn::GetAtt": [id, name] });
const policy = (...actions: string[]) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }],
});

test.each(resourceTypeNames)("%s can change what its table says can change", async (name) => {
  const type = await resourceTypes.load(name);
  const changeable = Object.values(type?.properties ?? {}).some(({ update }) => update === "in place");
  expect(Boolean(type?.update)).toBe(changeable);
  expect(Object.keys(type?.properties ?? {}).includes("Tags")).toBe(type?.taggable ?? true);
  expect(type?.unsupported?.filter((property) => Object.hasOwn(type.properties, property)) ?? []).toEqual([]);
});

test("a template may come from a bucket", async () => {
  const s3 = drydock.client(S3Client);
  await s3.send(new CreateBucketCommand({ Bucket: "templates" }));
  const Body = JSON.stringify({ Resources: { Handle: { Type: "AWS::CloudFormation::WaitConditionHandle" } } });
  await s3.send(new PutObjectCommand({ Bucket: "templates", Key: "a/b.json", Body }));
  const client = drydock.client(CloudFormationClient);
  const validate = (TemplateURL: string) => client.send(new GetTemplateSummaryCommand({ TemplateURL }));
  for (const url of [
    "https://templates.s3.eu-west-1.amazonaws.com/a/b.json",
    "https://s3.eu-west-1.amazonaws.com/templates/a/b.json",
    `${drydock.endpoint}/templates/a/b.json`,
  ])
    expect((await validate(url)).ResourceTypes).toEqual(["AWS::CloudFormation::WaitConditionHandle"]);
  await expect(validate("https://templates.s3.eu-west-1.amazonaws.com/none")).rejects.toThrow("S3 error: ");
});

test("bucket, its policy and a repository", async () => {
  const s3 = drydock.client(S3Client);
  const ecr = drydock.client(ECRClient);
  const resources = (options: { versioning?: string; days: number; action: string; lifecycle?: string }) => ({
    Bucket: {
      Type: "AWS::S3::Bucket",
      Properties: {
        ...(options.versioning && { VersioningConfiguration: { Status: options.versioning } }),
        LifecycleConfiguration: {
          Rules: [{ Id: "old", Status: "Enabled", Prefix: "tmp/", ExpirationInDays: options.days }],
        },
      },
    },
    BucketPolicy: {
      Type: "AWS::S3::BucketPolicy",
      Properties: { Bucket: ref("Bucket"), PolicyDocument: policy(options.action) },
    },
    Repository: {
      Type: "AWS::ECR::Repository",
      Properties: {
        EmptyOnDelete: true,
        ImageScanningConfiguration: { ScanOnPush: "true" },
        ...(options.lifecycle && { LifecyclePolicy: { LifecyclePolicyText: options.lifecycle } }),
        Tags: [{ Key: "team", Value: "web" }],
      },
    },
  });
  const stack = new TestStack(drydock, "Storage");
  const rules = (days: number) =>
    JSON.stringify({
      rules: [
        {
          rulePriority: 1,
          selection: { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: days },
          action: { type: "expire" },
        },
      ],
    });
  const outputs = { Uri: att("Repository", "RepositoryUri"), Arn: att("Bucket", "Arn") };
  const values = await stack.create(
    resources({ versioning: "Enabled", days: 3, action: "s3:GetObject", lifecycle: rules(3) }),
    outputs,
  );
  const { Bucket = "", Repository = "" } = await stack.physicalIds();
  expect(Bucket).toMatch(/^storage-bucket-[0-9a-f]{12}$/);
  expect(values.Arn).toBe(`arn:aws:s3:::${Bucket}`);
  const { repositories = [] } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [Repository] }));
  expect(repositories[0]).toMatchObject({
    repositoryUri: values.Uri,
    imageScanningConfiguration: { scanOnPush: true },
  });

  await stack.update(resources({ days: 9, action: "s3:ListBucket" }), outputs);
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe("Suspended");
  const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
  expect(Rules[0]).toMatchObject({ ID: "old", Filter: { Prefix: "tmp/" }, Expiration: { Days: 9 } });
  expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toContain("s3:ListBucket");
  await expect(ecr.send(new GetLifecyclePolicyCommand({ repositoryName: Repository }))).rejects.toThrow(
    "ifecycle policy",
  );
  await stack.delete();
  await expect(s3.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({ name: "NotFound" });
});

test("roles and policies", async () => {
  const iam = drydock.client(IAMClient);
  const resources = (options: { actions: string[]; inline: string; name?: string }) => ({
    Role: {
      Type: "AWS::IAM::Role",
      Properties: {
        ...(options.name && { RoleName: options.name }),
        AssumeRolePolicyDocument: {
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
        },
        Policies: [{ PolicyName: options.inline, PolicyDocument: policy(...options.actions) }],
      },
    },
    Managed: {
      Type: "AWS::IAM::ManagedPolicy",
      Properties: { PolicyDocument: policy(...options.actions), Roles: [ref("Role")] },
    },
    Inline: {
      Type: "AWS::IAM::Policy",
      Properties: { PolicyName: "more", PolicyDocument: policy(...options.actions), Roles: [ref("Role")] },
    },
  });
  const stack = new TestStack(drydock, "identity");
  await stack.create(resources({ actions: ["s3:GetObject"], inline: "a" }));
  const first = await stack.physicalIds();
  expect(first.Role).toMatch(/^identity-Role-[0-9a-f]{12}$/);

  await stack.update(resources({ actions: ["s3:PutObject"], inline: "b", name: "worker" }));
  const { Role: RoleName, Managed: PolicyArn } = await stack.physicalIds();
  expect(RoleName).toBe("worker");
  expect(PolicyArn).toBe(first.Managed);
  expect((await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames?.sort()).toEqual(["b", "more"]);
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
  expect(AttachedPolicies.map((each) => each.PolicyArn)).toEqual([PolicyArn]);
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: "v2" }));
  expect(decodeURIComponent(PolicyVersion?.Document ?? "")).toContain("s3:PutObject");
  await expect(iam.send(new GetRoleCommand({ RoleName: first.Role }))).rejects.toMatchObject({
    name: "NoSuchEntityException",
  });
  await stack.delete();
  expect((await iam.send(new ListRolesCommand({ PathPrefix: "/" }))).Roles).toEqual([]);
});

test("log group, parameter and secret", async () => {
  const ssm = drydock.client(SSMClient);
  const secrets = drydock.client(SecretsManagerClient);
  const logs = drydock.client(CloudWatchLogsClient);
  const resources = (options: { days?: number; value: string; team: string }) => ({
    Logs: {
      Type: "AWS::Logs::LogGroup",
      Properties: { LogGroupName: "/app/web", ...(options.days && { RetentionInDays: options.days }) },
    },
    Parameter: {
      Type: "AWS::SSM::Parameter",
      Properties: { Name: "/app/config", Type: "String", Value: options.value, Tags: { team: options.team } },
    },
    Credentials: {
      Type: "AWS::SecretsManager::Secret",
      Properties: {
        Name: "app/credentials",
        GenerateSecretString: {
          SecretStringTemplate: '{"username":"app"}',
          GenerateStringKey: "password",
          PasswordLength: "40",
          ExcludePunctuation: true,
        },
      },
    },
    Url: {
      Type: "AWS::SecretsManager::Secret",
      Properties: {
        SecretString: {
          "Fn::Sub":
            "db://{{resolve:secretsmanager:${Credentials}:SecretString:username}}:{{resolve:secretsmanager:${Credentials}:SecretString:password}}@{{resolve:ssm:/app/config}}",
        },
      },
      DependsOn: "Parameter",
    },
  });
  const stack = new TestStack(drydock, "settings");
  const secretOf = async (SecretId: string | undefined) =>
    (await secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? "";
  const { Value } = await stack.create(resources({ days: 7, value: "one", team: "a" }), {
    Value: att("Parameter", "Value"),
  });
  const ids = await stack.physicalIds();
  expect([Value, ids.Parameter, ids.Logs]).toEqual(["one", "/app/config", "/app/web"]);
  const credentials = JSON.parse(await secretOf("app/credentials"));
  expect(credentials).toEqual({ username: "app", password: expect.stringMatching(/^[A-Za-z0-9]{40}$/) });
  expect(await secretOf(ids.Url)).toBe(`db://app:${credentials.password}@one`);

  const updated = await stack.update(resources({ value: "two", team: "b" }), { Value: att("Parameter", "Value") });
  expect(updated.Value).toBe("two");
  expect((await ssm.send(new GetParameterCommand({ Name: "/app/config" }))).Parameter).toMatchObject({
    Value: "two",
    Version: 2,
  });
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/app/web" }));
  expect(logGroups.map(({ retentionInDays }) => retentionInDays)).toEqual([undefined]);
  expect(JSON.parse(await secretOf("app/credentials"))).toEqual(credentials);
  await stack.delete();
  expect((await secrets.send(new ListSecretsCommand({ IncludePlannedDeletion: true }))).SecretList).toEqual([]);
});

test("cluster, task definition and service", async () => {
  const ecs = drydock.client(ECSClient);
  const resources = (options: { memory: string; count: number }) => ({
    Cluster: {
      Type: "AWS::ECS::Cluster",
      Properties: {
        CapacityProviders: ["FARGATE"],
        ClusterSettings: [{ Name: "containerInsights", Value: "disabled" }],
      },
    },
    Providers: {
      Type: "AWS::ECS::ClusterCapacityProviderAssociations",
      Properties: {
        Cluster: ref("Cluster"),
        CapacityProviders: ["FARGATE", "FARGATE_SPOT"],
        DefaultCapacityProviderStrategy: [{ CapacityProvider: "FARGATE", Weight: "1" }],
      },
    },
    Definition: {
      Type: "AWS::ECS::TaskDefinition",
      Properties: {
        Family: "web",
        Cpu: 256,
        Memory: options.memory,
        NetworkMode: "awsvpc",
        RequiresCompatibilities: ["FARGATE"],
        ContainerDefinitions: [
          {
            Name: "web",
            Image: "nginx",
            Essential: "true",
            PortMappings: [{ ContainerPort: "8080" }],
            Environment: [{ Name: "A", Value: 1 }],
          },
        ],
      },
    },
    Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.9.0.0/16" } },
    Subnet: { Type: "AWS::EC2::Subnet", Properties: { VpcId: ref("Vpc"), CidrBlock: "10.9.0.0/24" } },
    Service: {
      Type: "AWS::ECS::Service",
      DependsOn: "Providers",
      Properties: {
        Cluster: ref("Cluster"),
        TaskDefinition: ref("Definition"),
        DesiredCount: options.count,
        LaunchType: "FARGATE",
        NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [ref("Subnet")] } },
      },
    },
  });
  const stack = new TestStack(drydock, "compute");
  await stack.create(resources({ memory: "512", count: 0 }), { Name: att("Service", "Name") });
  const ids = await stack.physicalIds();
  const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: ids.Definition }));
  expect(taskDefinition?.containerDefinitions?.[0]).toMatchObject({
    essential: true,
    portMappings: [{ containerPort: 8080 }],
    environment: [{ name: "A", value: "1" }],
  });
  const { clusters = [] } = await ecs.send(new DescribeClustersCommand({ clusters: [ids.Cluster ?? ""] }));
  expect(clusters[0]?.capacityProviders).toEqual(["FARGATE", "FARGATE_SPOT"]);

  await stack.update(resources({ memory: "1024", count: 0 }), { Name: att("Service", "Name") });
  const after = await stack.physicalIds();
  expect(after.Service).toBe(ids.Service);
  expect(after.Definition).toMatch(/task-definition\/web:2$/);
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster: ids.Cluster, services: [ids.Service ?? ""] }),
  );
  expect(services[0]?.taskDefinition).toBe(after.Definition);
  const old = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: ids.Definition }));
  expect(old.taskDefinition?.status).toBe("INACTIVE");
  await stack.delete();
  const { clusters: left = [] } = await ecs.send(new DescribeClustersCommand({ clusters: [ids.Cluster ?? ""] }));
  expect(left.map(({ status }) => status)).not.toContain("ACTIVE");
});

test("a database with its groups and its attached secret", async () => {
  const rds = drydock.client(RDSClient);
  const secrets = drydock.client(SecretsManagerClient);
  const resources = (days: number) => ({
    Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.8.0.0/16" } },
    A: {
      Type: "AWS::EC2::Subnet",
      Properties: { VpcId: ref("Vpc"), CidrBlock: "10.8.0.0/24", AvailabilityZone: "eu-west-1a" },
    },
    B: {
      Type: "AWS::EC2::Subnet",
      Properties: { VpcId: ref("Vpc"), CidrBlock: "10.8.1.0/24", AvailabilityZone: "eu-west-1b" },
    },
    Subnets: {
      Type: "AWS::RDS::DBSubnetGroup",
      Properties: { DBSubnetGroupDescription: "private", SubnetIds: [ref("A"), ref("B")] },
    },
    Group: { Type: "AWS::EC2::SecurityGroup", Properties: { GroupDescription: "database", VpcId: ref("Vpc") } },
    Parameters: {
      Type: "AWS::RDS::DBParameterGroup",
      Properties: { Description: "own", Family: "postgres18", Parameters: { "rds.force_ssl": 0 } },
    },
    Secret: {
      Type: "AWS::SecretsManager::Secret",
      Properties: {
        GenerateSecretString: {
          SecretStringTemplate: '{"username":"app"}',
          GenerateStringKey: "password",
          ExcludePunctuation: true,
        },
      },
    },
    Database: {
      Type: "AWS::RDS::DBInstance",
      Properties: {
        Engine: "postgres",
        EngineVersion: "18",
        DBInstanceClass: "db.t4g.micro",
        AllocatedStorage: "20",
        BackupRetentionPeriod: days,
        DBName: "app",
        MasterUsername: "app",
        Port: 0,
        MasterUserPassword: { "Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:password}}" },
        DBSubnetGroupName: ref("Subnets"),
        DBParameterGroupName: ref("Parameters"),
        VPCSecurityGroups: [att("Group", "GroupId")],
      },
    },
    Attachment: {
      Type: "AWS::SecretsManager::SecretTargetAttachment",
      Properties: { SecretId: ref("Secret"), TargetId: ref("Database"), TargetType: "AWS::RDS::DBInstance" },
    },
  });
  const stack = new TestStack(drydock, "data");
  const outputs = { Host: att("Database", "Endpoint.Address"), Port: att("Database", "Endpoint.Port") };
  const values = await stack.create(resources(1), outputs);
  const ids = await stack.physicalIds();
  const attached = JSON.parse(
    (await secrets.send(new GetSecretValueCommand({ SecretId: ids.Secret }))).SecretString ?? "{}",
  );
  expect(attached).toMatchObject({
    username: "app",
    engine: "postgres",
    host: values.Host,
    port: Number(values.Port),
    dbname: "app",
    dbInstanceIdentifier: ids.Database,
  });
  await stack.update(resources(3), outputs);
  const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: ids.Database }));
  expect(DBInstances[0]).toMatchObject({ BackupRetentionPeriod: 3, DBInstanceStatus: "available" });
  await stack.delete();
  expect((await rds.send(new DescribeDBInstancesCommand({}))).DBInstances).toEqual([]);
}, 60_000);
