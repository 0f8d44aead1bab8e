import { EC2 } from "@aws-sdk/client-ec2";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { conformance, refusals } from "./targets.ts";

const reference = (page: string) =>
  `https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_${page}.html`;

// What the service's own tests, beside it, don't call.
conformance((target) => {
  const elb = target.client(ElasticLoadBalancingV2);
  const balancer = async (Name: string) => {
    const { Subnets } = await target
      .client(EC2)
      .describeSubnets({ Filters: [{ Name: "default-for-az", Values: ["true"] }] });
    const made = await elb.createLoadBalancer({ Name, Subnets: Subnets?.map(({ SubnetId = "" }) => SubnetId) ?? [] });
    return made.LoadBalancers?.[0]?.LoadBalancerArn;
  };

  test("a listener's attributes and certificates", async () => {
    const LoadBalancerArn = await balancer("listening");
    const DefaultActions = [{ Type: "fixed-response" as const, FixedResponseConfig: { StatusCode: "404" } }];
    const made = await elb.createListener({ LoadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions });
    const ListenerArn = made.Listeners?.[0]?.ListenerArn;
    expect((await elb.describeListenerCertificates({ ListenerArn })).Certificates ?? []).toEqual([]);
    const Attributes = [{ Key: "routing.http.response.server.enabled", Value: "true" }];
    expect((await elb.modifyListenerAttributes({ ListenerArn, Attributes })).Attributes).toEqual(
      expect.arrayContaining(Attributes),
    );
    expect((await elb.describeListenerAttributes({ ListenerArn })).Attributes).toEqual(
      expect.arrayContaining(Attributes),
    );
  });

  test("addresses stay those of IPv4, and no capacity is reserved", async () => {
    const LoadBalancerArn = await balancer("plain");
    const type = await elb.setIpAddressType({ LoadBalancerArn, IpAddressType: "ipv4" });
    expect(type.IpAddressType).toBe("ipv4");
    await target.motoDiffers(reference("DescribeCapacityReservation"), async () => {
      const reserved = await elb.describeCapacityReservation({ LoadBalancerArn });
      expect(reserved.CapacityReservationState ?? []).toEqual([]);
    });
  });

  const arn = `arn:aws:elasticloadbalancing:${target.region}:${target.accountId}:listener/app/none/0123456789abcdef/0123456789abcdef`;
  refusals(target, [
    [
      "attributes of a listener that isn't there",
      () => elb.modifyListenerAttributes({ ListenerArn: arn, Attributes: [] }),
      "ListenerNotFoundException",
    ],
    [
      "certificates of a listener that isn't there",
      () => elb.describeListenerCertificates({ ListenerArn: arn }),
      "ListenerNotFoundException",
    ],
  ]);
});
