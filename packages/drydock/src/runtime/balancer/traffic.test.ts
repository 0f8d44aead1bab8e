import { expect, test } from "vitest";
import { ask, everythingToWeb, startBalancer, startTarget } from "./testing.ts";
import { TrafficCounter } from "./traffic.ts";

test("counts what targets answer, what they don't, and what the load balancer has to answer itself", async () => {
  const traffic = new TrafficCounter();
  const redirect = {
    Priority: "1",
    Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/old"] } }],
    Actions: [{ Type: "redirect" as const, RedirectConfig: { Path: "/new", StatusCode: "HTTP_301" as const } }],
  };
  const balancer = await startBalancer([redirect, everythingToWeb], { traffic });
  const target = await startTarget((request, response) => {
    response.statusCode = request.url === "/missing" ? 404 : 200;
    response.end();
  });
  expect((await ask(balancer.port, "/")).status).toBe(503);
  balancer.group("web").set("127.0.0.1", target.port, "healthy");
  for (const path of ["/", "/", "/missing", "/old"]) await ask(balancer.port, path);
  const gone = await startTarget(() => {});
  await new Promise((resolve) => gone.server.close(resolve));
  balancer.group("web").set("127.0.0.1", target.port, "draining");
  balancer.group("web").set("127.0.0.1", gone.port, "healthy");
  expect((await ask(balancer.port, "/")).status).toBe(502);

  const { targets, ownAnswers } = traffic.take();
  expect([...ownAnswers]).toEqual([
    [503, 1],
    [502, 1],
  ]);
  const web = targets.get("web");
  expect(web).toMatchObject({ requests: 4, connectionErrors: 1 });
  expect(Object.fromEntries(web?.answers ?? [])).toEqual({ "2XX": 2, "4XX": 1 });
  const times = [...(web?.responseTimes ?? [])];
  expect(times.reduce((sum, [, count]) => sum + count, 0)).toBe(3);
  expect(times.every(([seconds]) => seconds > 0 && seconds < 60)).toBe(true);
  expect(traffic.take()).toEqual({ targets: new Map(), ownAnswers: new Map() });
});
