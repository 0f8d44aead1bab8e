// Releases that fardel makes, each in a process of its own, as foreign clients see them and answer for them.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { ECS, type ServiceDeployment, type ServiceRevision } from "@aws-sdk/client-ecs";
import type { Listener, Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type CommandPlace, type Ended, fardel, resultOf, succeed } from "../command-line.ts";
import { type AwsCli, awsCli, clientEnvironment } from "./aws-cli.ts";
import { describeWith } from "./tools.ts";

const run = promisify(execFile);
const root = mkdtempSync(join(tmpdir(), "fardel-strategies-"));
const place: CommandPlace = { directory: join(root, "shop"), home: join(root, "home") };

let region: { endpoint: string; region: string };
let aws: AwsCli;
let listeners: Map<number, string>;

const source = (text: string) => `
require("node:http").createServer((_, response) => response.end("${text}")).listen(process.env.PORT);
process.on("SIGTERM", () => process.exit(0));
`;

const manifest = (rollout: string) => `app: shop
images: { web: { build: ., builder: node } }
services:
  web:
    image: web
    command: [node, web.cjs]
    port: 8080
    route: { path: /* }
    health: { path: /, interval: 5s, timeout: 2s, healthy: 2, unhealthy: 2, drain: 2s }
    scale: 2
    rollout: ${rollout}
`;

function write(text: string, rollout: string): void {
  writeFileSync(join(place.directory, "web.cjs"), source(text));
  writeFileSync(join(place.directory, "fardel.yaml"), manifest(rollout));
}

/** How fast bake times, drains and health checks pass. */
function hurry(scale: number): Promise<Ended> {
  return succeed(place, "local", "start", "--time-scale", String(scale));
}

/** A service deployment as a Python program has seen it at a moment. */
interface View {
  arn: string;
  status: string;
  stage: string;
  source: RevisionView[];
  target: RevisionView;
  /** Id and status. */
  hooks: [string, string][];
}

interface RevisionView {
  revision: string;
  requestedTaskCount: number;
  runningTaskCount: number;
  requestedProductionTrafficWeight: number;
  requestedTestTrafficWeight: number;
}

/** A release under way, in a process of its own, and what is seen of its service deployment from outside. */
interface WatchedRelease {
  views: View[];
  /** The first view that is so; fails when the release ends before. */
  until(matches: (view: View) => boolean): Promise<View>;
  ended: Promise<Ended>;
}

async function deploy(): Promise<WatchedRelease> {
  const script = join(import.meta.dirname, "watch-deployment.py");
  const watcher = spawn("python3", [script, "local", "shop-web"], {
    env: clientEnvironment(region),
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void watcher.kill());
  const views: View[] = [];
  const waiting = new Set<() => void>();
  const ready = Promise.withResolvers<void>();
  createInterface({ input: watcher.stdout }).on("line", (line) => {
    if (line === "ready") return ready.resolve();
    views.push(JSON.parse(line));
    for (const look of waiting) look();
  });
  const gone = new Promise<void>((resolve) => watcher.once("close", () => resolve()));
  await Promise.race([ready.promise, gone.then(() => Promise.reject(new Error("The Python program has ended.")))]);
  const release = fardel(place, "deploy");
  const ended = Promise.all([release, gone]).then(([end]) => end);
  return {
    views,
    ended,
    until(matches) {
      const found = new Promise<View>((resolve) => {
        const look = () => {
          const view = views.find(matches);
          if (view === undefined) return;
          waiting.delete(look);
          resolve(view);
        };
        waiting.add(look);
        look();
      });
      return Promise.race([found, ended.then(({ stderr }) => Promise.reject(new Error(`It has ended: ${stderr}`)))]);
    },
  };
}

async function describeDeployment(arn: string): Promise<ServiceDeployment> {
  const answer = await aws.json(`ecs describe-service-deployments --service-deployment-arns ${arn}`);
  const { serviceDeployments, failures } = answer as { serviceDeployments: ServiceDeployment[]; failures: unknown[] };
  expect(failures).toEqual([]);
  return serviceDeployments[0] ?? {};
}

/** ARN by port, of the listeners of the only load balancer. */
async function findListeners(): Promise<Map<number, string>> {
  const balancer = await aws.text(
    "elbv2 describe-load-balancers --query LoadBalancers[0].LoadBalancerArn --output text",
  );
  const found = await aws.json(`elbv2 describe-listeners --load-balancer-arn ${balancer} --query Listeners`);
  return new Map((found as Listener[]).map(({ Port = 0, ListenerArn = "" }) => [Port, ListenerArn]));
}

/** Weight by target group, of the rule of the only service on a listener. */
async function weightsAt(port: number): Promise<Record<string, number>> {
  const listener = listeners.get(port);
  const rules = (await aws.json(`elbv2 describe-rules --listener-arn ${listener} --query Rules`)) as Rule[];
  const [forward] = rules.find(({ IsDefault }) => !IsDefault)?.Actions ?? [];
  expect(forward).toEqual({
    Type: "forward",
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: expect.stringContaining(":targetgroup/"), Weight: expect.any(Number) },
        { TargetGroupArn: expect.stringContaining(":targetgroup/"), Weight: expect.any(Number) },
      ],
      TargetGroupStickinessConfig: { Enabled: false },
    },
  });
  const groups = forward?.ForwardConfig?.TargetGroups ?? [];
  return Object.fromEntries(groups.map(({ TargetGroupArn = "", Weight = 0 }) => [TargetGroupArn, Weight]));
}

/** Has a deployment go on, by the first of the clients of this machine that knows how, and says which that was. */
async function approve(deployment: string, hook: string): Promise<string> {
  const command = "ecs continue-service-deployment";
  const knows = await aws.text(`${command} --generate-cli-skeleton`).then(
    () => true,
    () => false,
  );
  if (knows) {
    const words = `${command} --service-deployment-arn ${deployment} --hook-id ${hook} --action CONTINUE`;
    expect(await aws.json(words)).toEqual({ serviceDeploymentArn: deployment });
    return "the AWS CLI";
  }
  const program = `import boto3, sys
boto3.client("ecs").continue_service_deployment(serviceDeploymentArn=sys.argv[1], hookId=sys.argv[2], action="CONTINUE")`;
  const env = clientEnvironment(region);
  const asked = await run("python3", ["-c", program, deployment, hook], { env }).catch((error: Error) => error);
  if (!(asked instanceof Error)) return "boto3";
  expect(asked.message).toContain("has no attribute 'continue_service_deployment'");
  const ecs = new ECS({ ...region, credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  await ecs.continueServiceDeployment({ serviceDeploymentArn: deployment, hookId: hook, action: "CONTINUE" });
  return "the SDK";
}

const waits = ({ hooks }: View) => hooks.some(([, status]) => status === "AWAITING_ACTION");

/** The documented order; which of the short ones is seen is a matter of luck. */
const stages = [
  "RECONCILE_SERVICE",
  "PRE_SCALE_UP",
  "SCALE_UP",
  "POST_SCALE_UP",
  "TEST_TRAFFIC_SHIFT",
  "POST_TEST_TRAFFIC_SHIFT",
  "PRE_PRODUCTION_TRAFFIC_SHIFT",
  "PRODUCTION_TRAFFIC_SHIFT",
  "POST_PRODUCTION_TRAFFIC_SHIFT",
  "BAKE_TIME",
  "CLEAN_UP",
];

describeWith("aws", "what foreign clients see of a release", () => {
  describeWith("boto3", "and answer", () => {
    beforeAll(async () => {
      mkdirSync(place.directory);
      mkdirSync(place.home);
      writeFileSync(join(place.directory, "package.json"), JSON.stringify({ name: "shop", version: "1.0.0" }));
      write("one", "{ strategy: blue-green }");
      await succeed(place, "local", "start", "--port", "0", "--time-scale", "10");
      region = resultOf(await succeed(place, "local", "status", "--json"));
      aws = awsCli(region, place.directory);
      await succeed(place, "up");
      listeners = await findListeners();
    });
    afterAll(async () => {
      await fardel(place, "local", "reset", "--yes");
      rmSync(root, { recursive: true, force: true });
    });

    test("a blue-green release shows every stage, waits, is approved from outside, bakes and succeeds", async () => {
      const before = await weightsAt(80);
      const [blue = "", green = ""] = Object.keys(before).toSorted((a, b) => (before[b] ?? 0) - (before[a] ?? 0));
      expect(before).toEqual({ [blue]: 100, [green]: 0 });

      write("two", "{ strategy: blue-green, approve: manual, bake: 15m }");
      const release = await deploy();
      const { arn, hooks, source, target } = await release.until(waits);
      const listing = aws.json("ecs list-service-deployments --cluster local --service shop-web --status IN_PROGRESS");
      const revisionArn = (id: string) => `arn:aws:ecs:eu-west-1:000000000000:service-revision/local/shop-web/${id}`;
      const [old, fresh] = [revisionArn(source[0]?.revision ?? ""), revisionArn(target.revision)];
      const common = {
        serviceDeploymentArn: arn,
        serviceArn: "arn:aws:ecs:eu-west-1:000000000000:service/local/shop-web",
        clusterArn: "arn:aws:ecs:eu-west-1:000000000000:cluster/local",
        createdAt: expect.any(Number),
        startedAt: expect.any(Number),
        status: "IN_PROGRESS",
      };
      expect(await listing).toEqual({ serviceDeployments: [{ ...common, targetServiceRevisionArn: fresh }] });
      expect(arn).toMatch(/:service-deployment\/local\/shop-web\/[\w-]{21}$/);
      const all = { requestedTaskCount: 2, runningTaskCount: 2, pendingTaskCount: 0 };
      const paused = await describeDeployment(arn);
      expect(paused).toEqual({
        ...common,
        updatedAt: expect.any(Number),
        sourceServiceRevisions: [
          { arn: old, ...all, requestedTestTrafficWeight: 0, requestedProductionTrafficWeight: 100 },
        ],
        targetServiceRevision: {
          arn: fresh,
          ...all,
          requestedTestTrafficWeight: 100,
          requestedProductionTrafficWeight: 0,
        },
        lifecycleStage: "POST_TEST_TRAFFIC_SHIFT",
        lifecycleHookDetails: [
          {
            hookId: expect.stringMatching(/^ecs-pause-/),
            targetType: "PAUSE",
            status: "AWAITING_ACTION",
            expiresAt: expect.any(Number),
            timeoutAction: "ROLLBACK",
          },
        ],
        deploymentConfiguration: expect.objectContaining({ strategy: "BLUE_GREEN", bakeTimeInMinutes: 15 }),
        deploymentCircuitBreaker: expect.objectContaining({ status: "DISABLED", failureCount: 0 }),
        alarms: { status: "DISABLED" },
      });
      const [answer, production, testing] = await Promise.all([
        aws.json(`ecs describe-service-revisions --service-revision-arns ${old} ${fresh}`),
        weightsAt(80),
        weightsAt(9000),
      ]);
      expect([production, testing]).toEqual([before, { [blue]: 0, [green]: 100 }]);
      const { serviceRevisions } = answer as { serviceRevisions: ServiceRevision[] };
      const images = serviceRevisions.map(({ containerImages }) => containerImages?.[0]);
      for (const { image, imageDigest } of images.flatMap((each) => each ?? [])) {
        expect(imageDigest).toMatch(/^sha256:[0-9a-f]{64}$/);
        expect(image).toContain(`/shop/web@${imageDigest}`);
      }
      expect(new Set(images.map((image) => image?.imageDigest)).size).toBe(2);
      const advancedConfiguration = {
        alternateTargetGroupArn: expect.stringMatching(/:targetgroup\//),
        productionListenerRule: expect.stringMatching(/:listener-rule\/app\/shop-local\//),
        testListenerRule: expect.stringMatching(/:listener-rule\/app\/shop-local\//),
        roleArn: expect.stringMatching(/:role\/shop-local-InfrastructureRole/),
      };
      for (const [at, group] of [blue, green].entries()) {
        const { loadBalancers, resolvedConfiguration, taskDefinition, launchType } = serviceRevisions[at] ?? {};
        expect(taskDefinition).toContain(`:task-definition/shop-local-web:${at + 1}`);
        expect(launchType).toBe("FARGATE");
        expect(loadBalancers).toEqual([
          { targetGroupArn: blue, containerName: "web", containerPort: 8080, advancedConfiguration },
        ]);
        expect(resolvedConfiguration).toEqual({
          loadBalancers: [
            {
              targetGroupArn: group,
              productionListenerRule: loadBalancers?.[0]?.advancedConfiguration?.productionListenerRule,
            },
          ],
        });
      }

      console.info(`Approved by ${await approve(arn, hooks[0]?.[0] ?? "")}.`);
      await release.until(({ stage }) => stage === "BAKE_TIME");
      const [baking, flipped, tested] = await Promise.all([describeDeployment(arn), weightsAt(80), weightsAt(9000)]);
      expect(baking).toMatchObject({
        status: "IN_PROGRESS",
        lifecycleStage: "BAKE_TIME",
        lifecycleHookDetails: [{ status: "SUCCEEDED" }],
        sourceServiceRevisions: [{ arn: old, ...all, requestedProductionTrafficWeight: 0 }],
        targetServiceRevision: { arn: fresh, ...all, requestedProductionTrafficWeight: 100 },
      });
      expect([flipped, tested]).toEqual([
        { [blue]: 0, [green]: 100 },
        { [blue]: 0, [green]: 100 },
      ]);

      await hurry(200);
      const { exitCode, stderr } = await release.ended;
      expect(exitCode, stderr).toBe(0);
      expect(await describeDeployment(arn)).toMatchObject({
        status: "SUCCESSFUL",
        finishedAt: expect.any(Number),
        sourceServiceRevisions: [{ arn: old, requestedTaskCount: 0, runningTaskCount: 0 }],
        targetServiceRevision: { arn: fresh, ...all },
      });
      const seen = [...new Set(release.views.map(({ stage }) => stage))];
      expect(seen).toEqual(stages.filter((stage) => seen.includes(stage)));
      expect(seen).toEqual(expect.arrayContaining(["SCALE_UP", "POST_TEST_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"]));
    });

    test("a release that waits is sent back by boto3's stop_service_deployment", async () => {
      await hurry(10);
      const before = await weightsAt(80);
      write("three", "{ strategy: blue-green, approve: manual }");
      const release = await deploy();
      const { arn } = await release.until(waits);
      const program = `import boto3, sys
print(boto3.client("ecs").stop_service_deployment(serviceDeploymentArn=sys.argv[1], stopType="ROLLBACK")["serviceDeploymentArn"])`;
      const { stdout } = await run("python3", ["-c", program, arn], { env: clientEnvironment(region) });
      expect(stdout.trim()).toBe(arn);
      const { exitCode, stderr } = await release.ended;
      expect(exitCode, stderr).toBe(3);
      const back = await describeDeployment(arn);
      expect(back).toMatchObject({
        status: "ROLLBACK_SUCCESSFUL",
        statusReason: expect.any(String),
        lifecycleHookDetails: [{ status: "FAILED" }],
        rollback: {
          reason: expect.any(String),
          startedAt: expect.any(Number),
          serviceRevisionArn: back.sourceServiceRevisions?.[0]?.arn,
        },
      });
      expect(await weightsAt(80)).toEqual(before);
    });

    test("a canary shows its share, and is sent back by the AWS CLI's stop-service-deployment", async () => {
      await hurry(10);
      const before = await weightsAt(80);
      const [full = "", empty = ""] = Object.keys(before).toSorted((a, b) => (before[b] ?? 0) - (before[a] ?? 0));
      write("four", "{ strategy: canary, step: 10, every: 15m }");
      const release = await deploy();
      const { arn } = await release.until(({ target }) => target.requestedProductionTrafficWeight === 10);
      const [shifting, weights] = await Promise.all([describeDeployment(arn), weightsAt(80)]);
      expect(shifting).toMatchObject({
        status: "IN_PROGRESS",
        lifecycleStage: "PRODUCTION_TRAFFIC_SHIFT",
        sourceServiceRevisions: [{ requestedProductionTrafficWeight: 90 }],
        targetServiceRevision: { requestedProductionTrafficWeight: 10 },
        deploymentConfiguration: {
          strategy: "CANARY",
          canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 15 },
        },
      });
      expect(weights).toEqual({ [full]: 90, [empty]: 10 });
      const stop = `ecs stop-service-deployment --service-deployment-arn ${arn} --stop-type ROLLBACK`;
      expect(await aws.json(stop)).toEqual({ serviceDeploymentArn: arn });
      const { exitCode, stderr } = await release.ended;
      expect(exitCode, stderr).toBe(3);
      const [back, after] = await Promise.all([describeDeployment(arn), weightsAt(80)]);
      expect(back).toMatchObject({ status: "ROLLBACK_SUCCESSFUL" });
      expect(after).toEqual(before);
      expect(await aws.refusal(stop)).toContain("ConflictException");
    });
  });
});
