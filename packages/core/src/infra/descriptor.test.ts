import { describe, expect, test } from "vitest";
import type { Aws } from "../aws/clients.ts";
import { FardelError } from "../errors.ts";
import { type EnvironmentDescriptor, parseDescriptor, readDescriptor } from "./descriptor.ts";
import { stackNames } from "./names.ts";
import { shop, tinyShop } from "./shop.fixture.ts";
import { descriptorResource } from "./templates/application-descriptor.ts";

const production = { app: "shop", environment: "production" };

/** What CloudFormation would make of the parameter's `Fn::Sub`, every value an ARN that tells where it comes from. */
function filledIn(app: typeof shop): string {
  const { Value } = descriptorResource(app, stackNames(app)).Properties as { Value: { "Fn::Sub": string | [string] } };
  const sub = Value["Fn::Sub"];
  const text = typeof sub === "string" ? sub : sub[0];
  return text
    .replaceAll("${AWS::Region}", "eu-west-1")
    .replaceAll("${AWS::AccountId}", "123456789012")
    .replaceAll(/\$\{([\w.]+)\}/g, (_, name) => `arn:aws:test:eu-west-1:123456789012:${name}`);
}

function refusal(text: string): string | undefined {
  try {
    parseDescriptor(text, production);
    return undefined;
  } catch (error) {
    if (!(error instanceof FardelError) || error.code !== "DESCRIPTOR_INVALID") throw error;
    return error.why;
  }
}

const arn = (resource: string) => `arn:aws:test:eu-west-1:123456789012:${resource}`;

describe("what the application stack writes", () => {
  test("is a descriptor", () => {
    expect(parseDescriptor(filledIn(shop), production)).toEqual({
      version: 1,
      ...production,
      region: "eu-west-1",
      accountId: "123456789012",
      cluster: arn("Value1"),
      network: {
        subnets: [arn("Value2"), arn("Value3")],
        securityGroups: [arn("ServiceSecurityGroup.GroupId")],
        assignPublicIp: false,
      },
      roles: {
        execution: arn("ExecutionRole.Arn"),
        task: arn("TaskRole.Arn"),
        infrastructure: arn("InfrastructureRole.Arn"),
      },
      logGroups: { web: arn("WebLogs"), worker: arn("WorkerLogs"), migrate: arn("MigrateLogs") },
      targetGroups: { web: arn("WebTargetGroup") },
      alternateTargetGroups: { web: arn("WebAlternateTargetGroup") },
      loadBalancer: {
        arn: arn("LoadBalancer"),
        dnsName: arn("LoadBalancer.DNSName"),
        listeners: { http: arn("HttpListener"), test: arn("TestListener") },
      },
      repositories: { web: arn("Value4") },
      secrets: {
        "databases.main.url": arn("Value5"),
        "databases.main.host": arn("Value6"),
        "databases.main.port": arn("Value7"),
        "databases.main.name": arn("Value8"),
        "databases.main.user": arn("Value9"),
        "databases.main.password": arn("Value10"),
      },
      queues: {},
      stateBucket: arn("Value11"),
      outputs: { natAddress: arn("Value12"), loadBalancerDnsName: arn("LoadBalancer.DNSName") },
    } satisfies EnvironmentDescriptor);
  });

  test("is one too for an app without images, routes and databases", () => {
    const descriptor = parseDescriptor(filledIn(tinyShop), production);
    expect(descriptor.loadBalancer).toBeUndefined();
    expect([descriptor.targetGroups, descriptor.repositories, descriptor.secrets]).toEqual([{}, {}, {}]);
  });
});

describe("a descriptor written by someone else", () => {
  const written = JSON.parse(filledIn(shop));

  test("may leave out what the app doesn't need, and hold more than fardel knows", () => {
    const { targetGroups: _, loadBalancer: __, secrets: ___, ...rest } = written;
    expect(refusal(JSON.stringify({ ...rest, note: "by Terraform" }))).toBeUndefined();
  });

  test("has each wrong key named", () => {
    const wrong = { ...written, accountId: "12", roles: { execution: "my-role" }, network: undefined };
    expect(refusal(JSON.stringify(wrong))).toMatchInlineSnapshot(`
      "accountId: must be the twelve digits of an AWS account
      network: Invalid input: expected object, received undefined
      roles.execution: must be an ARN
      roles.task: Invalid input: expected string, received undefined"
    `);
  });

  test("must be JSON, and of this app and environment", () => {
    expect(refusal("{")).toMatch(/^It is not JSON: /);
    expect(refusal(JSON.stringify({ ...written, environment: "staging" }))).toBe(
      "It describes app shop, environment staging.",
    );
  });
});

test("an environment that was never set up is told so", async () => {
  const missing = new FardelError("AWS_ParameterNotFound", "SSM GetParameter failed: ParameterNotFound");
  const aws = {
    target: { environment: "production", region: "eu-west-1" },
    ssm: { getParameter: () => Promise.reject(missing) },
  } as unknown as Aws;
  await expect(readDescriptor(aws, "shop", "production")).rejects.toMatchObject({
    code: "DESCRIPTOR_MISSING",
    message: "shop has no infrastructure in production yet.",
    where: "SSM parameter /fardel/shop/production in eu-west-1",
    fix: "Run `fardel up production`.",
  });
});
