import { CreateVpcCommand } from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  type CreateListenerCommandInput,
  DeleteListenerCommand,
  DescribeListenerAttributesCommand,
  DescribeListenersCommand,
  ModifyListenerCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { startElb } from "./testing.ts";

const saying = (MessageBody: string): CreateListenerCommandInput["DefaultActions"] => [
  { Type: "fixed-response", FixedResponseConfig: { StatusCode: "200", ContentType: "text/plain", MessageBody } },
];

test("a listener is reached at the address that its tag says", async () => {
  const { elb, loadBalancer, url } = await startElb();
  const LoadBalancerArn = await loadBalancer();
  expect(await url(LoadBalancerArn)).toBeUndefined();
  const { Listeners: [made] = [] } = await elb.send(
    new CreateListenerCommand({ LoadBalancerArn, Port: 80, Protocol: "HTTP", DefaultActions: saying("hello") }),
  );
  expect(made).toEqual({
    ListenerArn: expect.stringMatching(/:listener\/app\/web\/[0-9a-f]{16}\/[0-9a-f]{16}$/),
    LoadBalancerArn,
    Port: 80,
    Protocol: "HTTP",
    DefaultActions: saying("hello"),
  });
  const address = await url(made?.ListenerArn ?? "");
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(Number(new URL(address ?? "").port)).toBeGreaterThanOrEqual(8080);
  expect(await url(LoadBalancerArn)).toBe(address);
  const answer = await fetch(`${address}`);
  expect(await answer.text()).toBe("hello");
});

test("two load balancers have port 80 and ports of their own", async () => {
  const { loadBalancer, targetGroup, listener, url } = await startElb();
  const [first, second] = [await loadBalancer("a"), await loadBalancer("b")];
  await listener(first, await targetGroup("a"));
  await listener(second, await targetGroup("b"));
  expect(await url(first)).not.toBe(await url(second));
});

test("the same listener again is answered, another one on its port refused", async () => {
  const { elb, loadBalancer } = await startElb();
  const LoadBalancerArn = await loadBalancer();
  const create = (text: string) =>
    elb.send(new CreateListenerCommand({ LoadBalancerArn, Port: 80, Protocol: "HTTP", DefaultActions: saying(text) }));
  const first = await create("a");
  expect((await create("a")).Listeners).toEqual(first.Listeners);
  await expect(create("b")).rejects.toMatchObject({
    name: "DuplicateListenerException",
    message: "A listener already exists on this port for this load balancer",
  });
});

test("refuses what AWS refuses, and HTTPS by name", async () => {
  const { elb, ec2, loadBalancer, targetGroup, listener } = await startElb();
  const LoadBalancerArn = await loadBalancer("a");
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.1.0.0/16" }));
  const elsewhere = await targetGroup("elsewhere", { VpcId: Vpc?.VpcId });
  const shared = await targetGroup();
  await listener(await loadBalancer("b"), shared);
  const refused = (input: Partial<CreateListenerCommandInput>) => {
    const sound = { LoadBalancerArn, Port: 80, Protocol: "HTTP", DefaultActions: saying("a") } as const;
    return expect(elb.send(new CreateListenerCommand({ ...sound, ...input }))).rejects;
  };
  const arn = LoadBalancerArn.replace("/a/", "/z/");
  await refused({ LoadBalancerArn: arn }).toMatchObject({ name: "LoadBalancerNotFoundException" });
  await refused({ Protocol: "HTTPS", Port: 443 }).toMatchObject({
    name: "UnsupportedProtocolException",
    message: expect.stringContaining("drydock has no HTTPS listeners yet"),
  });
  await refused({ Protocol: "TCP" }).toThrow("Listener protocol 'TCP' must be one of 'HTTP, HTTPS'");
  await refused({ Port: undefined }).toThrow("A listener port must be specified");
  await refused({ DefaultActions: [] }).toMatchObject({ name: "InvalidLoadBalancerActionException" });
  const missing = shared.replace("/web/", "/nobody/");
  await refused({ DefaultActions: [{ Type: "forward", TargetGroupArn: missing }] }).toMatchObject({
    name: "TargetGroupNotFoundException",
  });
  await refused({ DefaultActions: [{ Type: "forward", TargetGroupArn: elsewhere }] }).toThrow(
    `Target group '${elsewhere}' is in a different VPC than load balancer '${LoadBalancerArn}'`,
  );
  await refused({ DefaultActions: [{ Type: "forward", TargetGroupArn: shared }] }).toMatchObject({
    name: "TargetGroupAssociationLimitException",
  });
  await refused({ DefaultActions: [{ Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301" } }] }).toThrow(
    "The redirect would go to where the request came from",
  );
});

test("a changed listener answers anew on the connections it has; a changed port is opened", async () => {
  const { elb, loadBalancer, url } = await startElb();
  const LoadBalancerArn = await loadBalancer();
  const { Listeners } = await elb.send(
    new CreateListenerCommand({ LoadBalancerArn, Port: 80, Protocol: "HTTP", DefaultActions: saying("a") }),
  );
  const ListenerArn = Listeners?.[0]?.ListenerArn ?? "";
  const before = await url(ListenerArn);
  expect(await (await fetch(`${before}`)).text()).toBe("a");
  await elb.send(new ModifyListenerCommand({ ListenerArn, DefaultActions: saying("b") }));
  expect(await (await fetch(`${before}`)).text()).toBe("b");
  const { Listeners: changed } = await elb.send(new ModifyListenerCommand({ ListenerArn, Port: 18_080 }));
  expect(changed).toMatchObject([{ Port: 18_080, DefaultActions: saying("b") }]);
  const after = await url(ListenerArn);
  expect(after).not.toBe(before);
  expect(await (await fetch(`${after}`)).text()).toBe("b");
  await expect(fetch(`${before}`)).rejects.toThrow();
});

test("a deleted listener is closed and gone", async () => {
  const { elb, loadBalancer, targetGroup, listener, url } = await startElb();
  const LoadBalancerArn = await loadBalancer();
  const ListenerArn = await listener(LoadBalancerArn, await targetGroup());
  const address = await url(ListenerArn);
  expect((await fetch(`${address}`)).status).toBe(503);
  await elb.send(new DeleteListenerCommand({ ListenerArn }));
  await expect(fetch(`${address}`)).rejects.toThrow();
  await expect(elb.send(new DeleteListenerCommand({ ListenerArn }))).rejects.toMatchObject({
    name: "ListenerNotFoundException",
  });
  const { Listeners } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }));
  expect(Listeners).toEqual([]);
});

test("describes attributes", async () => {
  const { elb, loadBalancer, targetGroup, listener } = await startElb();
  const ListenerArn = await listener(await loadBalancer(), await targetGroup());
  const { Attributes } = await elb.send(new DescribeListenerAttributesCommand({ ListenerArn }));
  expect(Attributes).toContainEqual({ Key: "routing.http.response.server.enabled", Value: "true" });
});
