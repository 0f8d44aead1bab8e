import { expect, test } from "vitest";
import type { Aws } from "../aws/clients.ts";
import { wrapAwsError } from "../aws/errors.ts";
import { descriptor, shop } from "../release/release.fixture.ts";
import { hurriedTime } from "../release/time.fixture.ts";
import { type EnvironmentEvent, type EventsRequest, readEvents } from "./events.ts";

const start = Date.UTC(2026, 0, 1, 12);
const ago = (seconds: number) => new Date(start - seconds * 1000);

/** An account with what the tests ask of it; each look at the services may find more. */
function world() {
  let looks = 0;
  const stacksAsked: string[] = [];
  const target = { environment: "production", region: "eu-west-1", endpoint: "http://127.0.0.1:1" };
  const aws = {
    target,
    ecs: {
      async describeServices({ services }: { services: string[] }) {
        looks++;
        const late = { id: "3", createdAt: ago(-1), message: "(service shop-web) has reached a steady state." };
        const events = [
          ...(looks > 1 ? [late] : []),
          { id: "2", createdAt: ago(20), message: "(service shop-web) (task 1) failed container health checks." },
          { id: "1", createdAt: ago(7200), message: "(service shop-web) has started 1 tasks: (task 1)." },
        ];
        return {
          services: services.includes("shop-web") ? [{ serviceName: "shop-web", status: "ACTIVE", events }] : [],
        };
      },
      async listServiceDeployments({ service }: { service: string }) {
        if (service !== "shop-web") return { serviceDeployments: [] };
        const common = { serviceDeploymentArn: "arn:deployment/1", targetServiceRevisionArn: "arn:revision/1" };
        const times = { startedAt: ago(40), finishedAt: ago(10) };
        const ended = { status: "ROLLBACK_SUCCESSFUL", statusReason: "The circuit breaker was triggered." };
        return { serviceDeployments: [{ ...common, ...times, ...ended }] };
      },
      async describeServiceRevisions() {
        const taskDefinition = "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-production-web:4";
        return { serviceRevisions: [{ serviceRevisionArn: "arn:revision/1", taskDefinition }] };
      },
    },
    cloudFormation: {
      async *paginateDescribeStackEvents({ StackName }: { StackName: string }) {
        stacksAsked.push(StackName);
        if (StackName !== "shop-prod") {
          const missing = Object.assign(new Error("it does not exist"), { name: "ValidationError" });
          throw wrapAwsError(missing, {
            target,
            service: "CloudFormation",
            operation: "DescribeStackEvents",
            input: {},
          });
        }
        const resource = { LogicalResourceId: "WebTargets", ResourceType: "AWS::ElasticLoadBalancingV2::TargetGroup" };
        yield { StackEvents: [{ EventId: "e", Timestamp: ago(30), ResourceStatus: "CREATE_FAILED", ...resource }] };
        yield { StackEvents: [{ EventId: "d", Timestamp: ago(9000), ResourceStatus: "CREATE_COMPLETE", ...resource }] };
        throw new Error("pages from before the time asked for aren't read");
      },
    },
    s3: { listObjectsV2: async () => ({}) },
  };
  return { aws: aws as unknown as Aws, stacksAsked };
}

async function collect(request: Partial<EventsRequest> = {}, enough = Number.POSITIVE_INFINITY) {
  const { aws, stacksAsked } = world();
  const stop = new AbortController();
  const found: EnvironmentEvent[] = [];
  const app = { ...shop, cluster: "prod" };
  const time = hurriedTime(start);
  for await (const event of readEvents({
    app,
    aws,
    descriptor,
    time,
    follow: false,
    signal: stop.signal,
    ...request,
  })) {
    found.push(event);
    if (found.length === enough) stop.abort();
  }
  return { found, stacksAsked };
}

test("events of services, rollouts and stacks are merged by time, without what is older", async () => {
  const { found, stacksAsked } = await collect();
  expect(
    found.map(({ at, source, subject, message, trouble }) => [start - at, source, subject, message, trouble]),
  ).toEqual([
    [40_000, "rollout", "web", "rollout of shop-production-web:4 began", false],
    [30_000, "stack", "shop-prod", "WebTargets (AWS::ElasticLoadBalancingV2::TargetGroup) CREATE_FAILED", true],
    [20_000, "service", "web", "(task 1) failed container health checks.", true],
    [
      10_000,
      "rollout",
      "web",
      "rollout of shop-production-web:4: rollback successful: The circuit breaker was triggered.",
      true,
    ],
  ]);
  expect(stacksAsked.sort()).toEqual(["prod", "shop-prod", "shop-prod-data", "shop-registry"]);
});

test("of some services only theirs are told, as far back as asked", async () => {
  const { found, stacksAsked } = await collect({ services: ["web"], since: start - 8_000_000 });
  expect(found.map(({ source, id }) => `${source} ${id}`)).toEqual([
    "service 1",
    "rollout arn:deployment/1 begun",
    "service 2",
    "rollout arn:deployment/1 ROLLBACK_SUCCESSFUL",
  ]);
  expect(stacksAsked).toEqual([]);
  await expect(collect({ services: ["wbe"] })).rejects.toMatchObject({ code: "EVENTS_UNKNOWN", exitCode: 2 });
});

test("following tells each once and ends when told to", async () => {
  const { found } = await collect({ services: ["web"], follow: true }, 4);
  expect(found.map(({ id }) => id)).toEqual([
    "arn:deployment/1 begun",
    "2",
    "arn:deployment/1 ROLLBACK_SUCCESSFUL",
    "3",
  ]);
});
