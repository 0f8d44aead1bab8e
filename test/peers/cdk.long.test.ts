import { CloudFormation } from "@aws-sdk/client-cloudformation";
import { ECS } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { startTestDrydock, type TestDrydock } from "@fardel/drydock/testing.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cdkIn } from "./cdk-cli.ts";
import { describeWith } from "./tools.ts";
import { openRegistry, pushWebImage } from "./web-image.ts";

describeWith("cdk", "the AWS CDK: a load-balanced Fargate service of ecs-patterns", () => {
  let drydock: TestDrydock;
  let cdk: ReturnType<typeof cdkIn>;

  const answer = async () => {
    const elb = drydock.client(ElasticLoadBalancingV2);
    const { LoadBalancers = [] } = await elb.describeLoadBalancers({});
    const { TagDescriptions } = await elb.describeTags({ ResourceArns: [LoadBalancers[0]?.LoadBalancerArn ?? ""] });
    const url = TagDescriptions?.[0]?.Tags?.find(({ Key }) => Key === "aws:drydock:url")?.Value;
    return (await fetch(url ?? "")).text();
  };

  beforeAll(async () => {
    drydock = await startTestDrydock({ keep: true, timeScale: 10 });
    cdk = cdkIn(drydock.directory, drydock);
    const { createRepository, password } = await openRegistry(drydock);
    await pushWebImage(drydock.directory, await createRepository("shop/web"), password);
  });
  afterAll(() => drydock.close());

  test("the account is bootstrapped", async () => {
    expect(await cdk.run(`bootstrap aws://${drydock.accountId}/${drydock.region}`)).toContain("bootstrapped.");
    expect(await cdk.run(`bootstrap aws://${drydock.accountId}/${drydock.region}`)).toContain("(no changes)");
  });

  test("the app is deployed, and answers", async () => {
    const app = `--app ${await cdk.synthesize("one")}`;
    expect(await cdk.run(`deploy ${app} --require-approval never`)).toMatch(/Shop\.WebServiceURL\w+ = http:\/\//);
    expect(await answer()).toBe("one");
    expect(await cdk.run(`diff ${app} --fail`)).toContain("There were no differences");
  });

  test("a changed app differs in its task definition, and is rolled out", async () => {
    const app = `--app ${await cdk.synthesize("two")}`;
    const difference = await cdk.run(`diff ${app}`);
    expect(difference).not.toContain("Could not create a change set");
    expect(difference).toMatch(/AWS::ECS::TaskDefinition Web\/TaskDef \w+ replace/);
    await cdk.run(`deploy ${app} --require-approval never`);
    expect(await answer()).toBe("two");
    expect(await cdk.run(`diff ${app} --fail`)).toContain("There were no differences");
  });

  test("destroyed, nothing of it is left", async () => {
    await cdk.run(`destroy --app ${await cdk.synthesize("two")} --force`);
    const { StackSummaries = [] } = await drydock.client(CloudFormation).listStacks({});
    expect(StackSummaries.map(({ StackName, StackStatus }) => [StackName, StackStatus])).toEqual([
      ["Shop", "DELETE_COMPLETE"],
      ["CDKToolkit", "CREATE_COMPLETE"],
    ]);
    expect((await drydock.client(ECS).listClusters({})).clusterArns).toEqual([]);
    expect((await drydock.client(ElasticLoadBalancingV2).describeLoadBalancers({})).LoadBalancers).toEqual([]);
  });
});
