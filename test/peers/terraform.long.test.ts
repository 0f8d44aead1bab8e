import { ApplicationAutoScalingClient, DescribeScalableTargetsCommand } from "@aws-sdk/client-application-auto-scaling";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeAddressesCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeRepositoriesCommand, ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { ECSClient, ListClustersCommand, ListTaskDefinitionsCommand } from "@aws-sdk/client-ecs";
import {
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAMClient, ListPoliciesCommand, ListRolesCommand } from "@aws-sdk/client-iam";
import { DescribeDBInstancesCommand, DescribeDBSubnetGroupsCommand, RDSClient } from "@aws-sdk/client-rds";
import { ListSecretsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { DescribeParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { startTestDrydock, type TestDrydock } from "@fardel/drydock/testing.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { providerMirror, type Terraform, terraformIn } from "./terraform-cli.ts";
import { describeWith, reportMissing } from "./tools.ts";
import { pushWebImage } from "./web-image.ts";

// Most of it is the provider's own waiting: 10 s before it first looks, 30 s more for load balancer and database.
const patience = 270_000;

describeWith("terraform", "Terraform: a web service", () => {
  const mirror = providerMirror();
  if (mirror === undefined) {
    reportMissing("Terraform's AWS provider", "a web service");
    return;
  }
  let drydock: TestDrydock;
  let terraform: Terraform;
  let image = "";

  const get = async (path: string) => {
    const listener = await terraform.output("listener");
    const asked = new DescribeTagsCommand({ ResourceArns: [listener] });
    const { TagDescriptions } = await drydock.client(ElasticLoadBalancingV2Client).send(asked);
    const url = TagDescriptions?.[0]?.Tags?.find(({ Key }) => Key === "aws:drydock:url")?.Value;
    const response = await fetch(`${url}${path}`);
    return [response.status, await response.text()];
  };

  beforeAll(async () => {
    drydock = await startTestDrydock({ keep: true, timeScale: 5 });
    terraform = await terraformIn(drydock.directory, drydock, mirror);
  });
  afterAll(() => drydock.close());

  test("the repository is there first, for the image to be pushed to", { timeout: patience }, async () => {
    await terraform.apply({}, "-target=aws_ecr_repository.web");
    const repository = await terraform.output("repository");
    const { authorizationData } = await drydock.client(ECRClient).send(new GetAuthorizationTokenCommand({}));
    const [, password = ""] = Buffer.from(authorizationData?.[0]?.authorizationToken ?? "", "base64")
      .toString()
      .split(":");
    image = `${repository}@${await pushWebImage(drydock.directory, repository, password)}`;
  });

  test("everything else is applied, and the service answers through the balancer", { timeout: patience }, async () => {
    await terraform.apply({ image, text: "one" });
    expect(await terraform.output("account")).toBe(drydock.accountId);
    expect(await get("/shop")).toEqual([200, "one"]);
    expect(await get("/other")).toEqual([404, "nothing here"]);
  });

  test("a second plan has nothing to change", { timeout: patience }, async () => {
    expect(await terraform.plannedChanges({ image, text: "one" })).toEqual([]);
  });

  test("a changed task definition is rolled out", { timeout: patience }, async () => {
    const changed = { image, text: "two" };
    expect((await terraform.plannedChanges(changed)).sort()).toEqual([
      "aws_ecs_service.web: update",
      "aws_ecs_task_definition.web: delete, create",
    ]);
    await terraform.apply(changed);
    expect(await get("/shop")).toEqual([200, "two"]);
    expect(await terraform.plannedChanges(changed)).toEqual([]);
  });

  test("destroyed, nothing of it is left", { timeout: patience }, async () => {
    expect(await terraform.destroy()).toEqual([]);
    const elb = drydock.client(ElasticLoadBalancingV2Client);
    const ec2 = drydock.client(EC2Client);
    const ecs = drydock.client(ECSClient);
    const iam = drydock.client(IAMClient);
    const rds = drydock.client(RDSClient);
    const scaling = drydock.client(ApplicationAutoScalingClient);
    const listed = async () => ({
      addresses: (await ec2.send(new DescribeAddressesCommand())).Addresses,
      clusters: (await ecs.send(new ListClustersCommand())).clusterArns,
      databases: (await rds.send(new DescribeDBInstancesCommand())).DBInstances,
      loadBalancers: (await elb.send(new DescribeLoadBalancersCommand())).LoadBalancers,
      logGroups: (await drydock.client(CloudWatchLogsClient).send(new DescribeLogGroupsCommand())).logGroups,
      parameters: (await drydock.client(SSMClient).send(new DescribeParametersCommand())).Parameters,
      policies: (await iam.send(new ListPoliciesCommand({ Scope: "Local" }))).Policies,
      repositories: (await drydock.client(ECRClient).send(new DescribeRepositoriesCommand())).repositories,
      roles: (await iam.send(new ListRolesCommand({ PathPrefix: "/" }))).Roles?.filter(({ Path }) => Path === "/"),
      secrets: (await drydock.client(SecretsManagerClient).send(new ListSecretsCommand())).SecretList,
      subnetGroups: (await rds.send(new DescribeDBSubnetGroupsCommand())).DBSubnetGroups,
      targetGroups: (await elb.send(new DescribeTargetGroupsCommand())).TargetGroups,
      targets: (await scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: "ecs" }))).ScalableTargets,
      taskDefinitions: (await ecs.send(new ListTaskDefinitionsCommand())).taskDefinitionArns,
      vpcs: (await ec2.send(new DescribeVpcsCommand())).Vpcs?.filter(({ IsDefault }) => !IsDefault),
    });
    const left = async () =>
      Object.fromEntries(Object.entries(await listed()).filter(([, found]) => found?.length !== 0));
    // What the provider doesn't wait for may be listed a little longer.
    await expect.poll(left, { timeout: 60_000, interval: 500 }).toEqual({});
  });
});
