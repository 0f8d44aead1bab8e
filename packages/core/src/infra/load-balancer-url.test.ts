import { describe, expect, test } from "vitest";
import type { Aws } from "../aws/clients.ts";
import type { EnvironmentDescriptor } from "./descriptor.ts";
import { loadBalancerUrl, testUrl } from "./load-balancer-url.ts";

function aws(endpoint: string | undefined, tags: { Key: string; Value: string }[] = []): Aws {
  const elbv2 = {
    describeTags: async ({ ResourceArns }: { ResourceArns: string[] }) => {
      if (endpoint === undefined) throw new Error("AWS has no such tag to ask for");
      return { TagDescriptions: [{ ResourceArn: ResourceArns[0], Tags: tags }] };
    },
  };
  return { target: { environment: "local", region: "eu-west-1", endpoint }, elbv2 } as unknown as Aws;
}

const loadBalancer = { arn: "arn:lb", dnsName: "Shop-1.eu-west-1.elb.amazonaws.com", listeners: { http: "arn:http" } };
const descriptor = { loadBalancer } as EnvironmentDescriptor;
const endpoint = "http://127.0.0.1:4566";

describe("loadBalancerUrl", () => {
  test("is the DNS name on AWS, and costs no call", async () => {
    expect(await loadBalancerUrl(aws(undefined), descriptor)).toBe("http://shop-1.eu-west-1.elb.amazonaws.com");
  });

  test("is what the embedded region says of its listener", async () => {
    const region = aws(endpoint, [{ Key: "aws:drydock:url", Value: "http://localhost:8080/" }]);
    expect(await loadBalancerUrl(region, descriptor)).toBe("http://localhost:8080");
  });

  test("is secure where the load balancer is", async () => {
    const listeners = { http: "arn:http", https: "arn:https" };
    const secure = { loadBalancer: { ...loadBalancer, listeners } } as EnvironmentDescriptor;
    expect(await loadBalancerUrl(aws(undefined), secure)).toBe("https://shop-1.eu-west-1.elb.amazonaws.com");
  });

  test("is nothing for an app without routes", async () => {
    expect(await loadBalancerUrl(aws(endpoint), { loadBalancer: undefined } as EnvironmentDescriptor)).toBeUndefined();
  });

  test("the test listener's is its own", async () => {
    const tested = { loadBalancer: { ...loadBalancer, listeners: { http: "arn:http", test: "arn:test" } } };
    expect(await testUrl(aws(undefined), tested as EnvironmentDescriptor)).toBe(
      "http://shop-1.eu-west-1.elb.amazonaws.com:9000",
    );
    const region = aws(endpoint, [{ Key: "aws:drydock:url", Value: "http://localhost:9000/" }]);
    expect(await testUrl(region, tested as EnvironmentDescriptor)).toBe("http://localhost:9000");
    expect(await testUrl(region, descriptor)).toBeUndefined();
  });
});
