import type { Action, Rule, RuleCondition } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { ask, everythingToWeb, RawClient, startBalancer, startTarget } from "./testing.ts";

const says = (MessageBody: string): Action => ({
  Type: "fixed-response",
  FixedResponseConfig: { StatusCode: "200", ContentType: "text/plain", MessageBody },
});
const rule = (Priority: string, Conditions: RuleCondition[], action: Action): Rule => ({
  Priority,
  Conditions,
  Actions: [action],
});

test("the rule with the lowest number whose conditions all hold answers; the default rule is last", async () => {
  const balancer = await startBalancer([
    { Priority: "default", IsDefault: true, Actions: [says("default")] },
    rule("20", [{ Field: "path-pattern", Values: ["/api/*"] }], says("api")),
    rule("3", [{ Field: "path-pattern", Values: ["/api/v2/*"] }], says("v2")),
    rule(
      "1",
      [
        { Field: "host-header", HostHeaderConfig: { Values: ["*.admin.example.com"] } },
        { Field: "http-request-method", HttpRequestMethodConfig: { Values: ["GET"] } },
      ],
      says("admin"),
    ),
  ]);
  const at = async (path: string, options?: Parameters<typeof ask>[2]) =>
    (await ask(balancer.port, path, options)).body;
  const headers = { Host: "EU.admin.example.com:8080" };
  expect(await at("/api/users")).toBe("api");
  expect(await at("/api/v2/users?x=/other")).toBe("v2");
  expect(await at("/API/users")).toBe("default");
  expect(await at("/api/users", { headers })).toBe("admin");
  expect(await at("/", { headers, method: "DELETE" })).toBe("default");
});

test("a change of rules counts for the next request, also on connections that are open", async () => {
  const balancer = await startBalancer([{ Priority: "default", IsDefault: true, Actions: [says("before")] }]);
  const client = new RawClient(balancer.port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.read(/before$/);
  balancer.setRules([{ Priority: "default", IsDefault: true, Actions: [says("after")] }]);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(await client.read(/after$/)).toMatch(/^HTTP\/1.1 200 OK\r\nServer: awselb\/2.0\r\n/);
});

test("a fixed response has its status, type and body, and answers what has a body too", async () => {
  const response = { StatusCode: "418", ContentType: "application/json", MessageBody: '{"tee":"Grün"}' };
  const balancer = await startBalancer([
    { Priority: "default", IsDefault: true, Actions: [{ Type: "fixed-response", FixedResponseConfig: response }] },
  ]);
  const client = new RawClient(balancer.port);
  for (let i = 0; i < 2; i++) {
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    const answer = Buffer.from(await client.read(/\}$/), "latin1").toString();
    expect(answer).toMatch(
      /^HTTP\/1.1 418 I'm a Teapot\r\n.*Content-Type: application\/json\r\n.*\r\n\{"tee":"Grün"\}$/s,
    );
  }
});

test("a redirect keeps what it doesn't name and finds the other listener's real port", async () => {
  const redirect = (RedirectConfig: Action["RedirectConfig"]): Rule[] => [
    { Priority: "default", IsDefault: true, Actions: [{ Type: "redirect", RedirectConfig }] },
  ];
  const balancer = await startBalancer([], { realPort: (port) => (port === 443 ? 8443 : port) });
  const location = async () =>
    (await ask(balancer.port, "/a/b?c=d", { headers: { Host: `shop.test:${balancer.port}` } })).headers.location;
  balancer.setRules(redirect({ Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301" }));
  expect(await location()).toBe("https://shop.test:8443/a/b?c=d");
  balancer.setRules(
    redirect({ Host: "new.#{host}", Path: "/v2/#{path}", Query: "#{query}&e", StatusCode: "HTTP_302" }),
  );
  expect(await location()).toBe(`http://new.shop.test:${balancer.port}/v2/a/b?c=d&e`);
});

test("weights share requests out exactly; 0 gets nothing", async () => {
  const groups = (a: number, b: number): Rule[] => [
    {
      Priority: "default",
      IsDefault: true,
      Actions: [
        {
          Type: "forward",
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: "blue", Weight: a },
              { TargetGroupArn: "green", Weight: b },
            ],
          },
        },
      ],
    },
  ];
  const balancer = await startBalancer(groups(90, 10));
  for (const colour of ["blue", "green"]) {
    const target = await startTarget((_, response) => response.end(colour));
    balancer.group(colour).set("127.0.0.1", target.port, "healthy");
  }
  const share = async (requests: number) => {
    let green = 0;
    for (let i = 0; i < requests; i++) if ((await ask(balancer.port)).body === "green") green++;
    return green;
  };
  expect(await share(50)).toBe(5);
  balancer.setRules(groups(0, 1));
  expect(await share(10)).toBe(10);
  balancer.setRules(groups(0, 0));
  expect(await ask(balancer.port)).toMatchObject({ status: 503 });
});

test("stickiness keeps a client with its target group and target, as long as they serve", async () => {
  const balancer = await startBalancer([
    {
      Priority: "default",
      IsDefault: true,
      Actions: [
        {
          Type: "forward",
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: "blue", Weight: 1 },
              { TargetGroupArn: "green", Weight: 1 },
            ],
            TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 },
          },
        },
      ],
    },
  ]);
  const ports: Record<string, number> = {};
  for (const name of ["blue 1", "blue 2", "green 1", "green 2"]) {
    const target = await startTarget((_, response) => response.end(name));
    const group = balancer.group(name.split(" ")[0] ?? "");
    group.configure({ ...group.settings, stickySeconds: 60 });
    group.set("127.0.0.1", target.port, "healthy");
    ports[name] = target.port;
  }
  const first = await ask(balancer.port);
  const cookies = (first.headers["set-cookie"] ?? []).map((cookie) => cookie.split(";")[0]).join("; ");
  expect(cookies).toMatch(/^AWSALBTG=([\w-]+); AWSALBTGCORS=\1; AWSALB=([\w-]+); AWSALBCORS=\2$/);
  expect(first.headers["set-cookie"]?.[3]).toMatch(/; Path=\/; SameSite=None$/);
  const again = async (Cookie = `a=b; ${cookies}`) => (await ask(balancer.port, "/", { headers: { Cookie } })).body;
  for (let i = 0; i < 5; i++) expect(await again()).toBe(first.body);
  // What a page of another site sends.
  const [, groupCors, , targetCors] = cookies.split("; ");
  for (let i = 0; i < 5; i++) expect(await again(`${groupCors}; ${targetCors}`)).toBe(first.body);
  const colour = first.body.split(" ")[0] ?? "";
  balancer.group(colour).set("127.0.0.1", ports[first.body] ?? 0, "unhealthy");
  const other = await again();
  expect(other).not.toBe(first.body);
  expect(other.startsWith(colour)).toBe(true);
});

test("headers that hold no valid name are dropped where the load balancer is told to", async () => {
  const forwarding = { forwardedFor: "remove", clientPort: false, dropInvalidHeaders: true } as const;
  const balancer = await startBalancer([everythingToWeb], { forwarding });
  const target = await startTarget((request, response) => response.end(JSON.stringify(request.headers)));
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  const { body } = await ask(balancer.port, "/", {
    headers: { x_under: "1", "X-Ok": "2", "X-Forwarded-For": "9.9.9.9" },
  });
  const headers = JSON.parse(body);
  expect(headers).toMatchObject({ "x-ok": "2" });
  expect(headers).not.toHaveProperty("x_under");
  expect(headers).not.toHaveProperty("x-forwarded-for");
});
