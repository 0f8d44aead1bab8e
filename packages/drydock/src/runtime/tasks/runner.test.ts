import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import { expect, test, vi } from "vitest";
import { systemClock } from "../../clock.ts";
import { addressBookOf } from "../network.ts";
import type { PulledImage } from "./driver.ts";
import { unpackedImage, until } from "./process/driver.fixture.ts";
import { taskId, taskSpec } from "./region.fixture.ts";
import { containerDirectory, testRegion, testRunner } from "./runner.fixture.ts";

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const forever = 'setInterval(() => {}, 1000); console.log("ready");';

function nodeImage(): Record<string, PulledImage> {
  return { "app:1": unpackedImage({ Entrypoint: ["node", "-e"], WorkingDir: "/app" }, { "app/package.json": "{}" }) };
}

function container(name: string, script: string, more: ContainerDefinition = {}): ContainerDefinition {
  return { name, command: [script], ...more };
}

const isStopped = ({ lastStatus }: { lastStatus: string }) => lastStatus === "STOPPED";
const isRunning = ({ lastStatus }: { lastStatus: string }) => lastStatus === "RUNNING";

test("a task lives from PROVISIONING to STOPPED and leaves nothing behind", async () => {
  const runner = testRunner(nodeImage());
  const spec = taskSpec([container("web", "console.log('one'); console.error('two'); process.exitCode = 3;")]);
  runner.start(spec);
  expect(runner.reports.map(({ lastStatus }) => lastStatus)).toEqual(["PROVISIONING"]);
  runner.start(spec);
  const state = await runner.reported(isStopped);
  expect(state).toMatchObject({
    desiredStatus: "STOPPED",
    stopCode: "EssentialContainerExited",
    stoppedReason: "Essential container in task exited",
    healthStatus: "UNKNOWN",
    containers: [
      {
        name: "web",
        lastStatus: "STOPPED",
        exitCode: 3,
        imageDigest: `sha256:${"0".repeat(64)}`,
        runtimeId: expect.stringMatching(new RegExp(`^${taskId}-\\d{10}$`)),
        networkInterfaces: [{ attachmentId: "eni-attach-1", privateIpv4Address: "10.0.0.7" }],
      },
    ],
  });
  const statuses = runner.reports.map(({ lastStatus }) => lastStatus);
  expect([...new Set(statuses)]).toEqual(
    [
      "PROVISIONING",
      "PENDING",
      "ACTIVATING",
      "RUNNING",
      "DEACTIVATING",
      "STOPPING",
      "DEPROVISIONING",
      "STOPPED",
    ].filter((status) => statuses.includes(status as never)),
  );
  const times = [state.pullStartedAt, state.pullStoppedAt, state.stoppingAt, state.executionStoppedAt, state.stoppedAt];
  expect(times).toEqual(times.toSorted((a, b) => Number(a) - Number(b)));
  expect(runner.region.logged.get(`/app:app/web/${taskId}`)).toEqual(["one", "two"]);
  expect(existsSync(join(runner.region.directory, "tasks", taskId))).toBe(false);
  expect(runner.region.store.collection("tasks.runs").list()).toEqual([]);
  expect(runner.region.store.collection("tasks.logs").list()).toEqual([]);
});

test("environment: region, definition, override and secrets; no secret is in argv or in the store", async () => {
  const region = testRegion();
  const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf";
  region.secrets.set(arn, '{"url":"postgres://p4ss","port":5432}');
  region.parameters.set("/app/key", "p4ram");
  const runner = testRunner(nodeImage(), region);
  const names = ["LEVEL", "URL", "PORTS", "KEY", "WHOLE", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_EXECUTION_ENV"];
  runner.start(
    taskSpec(
      [
        container(
          "web",
          `console.log(JSON.stringify(${JSON.stringify(names)}.map((n) => process.env[n]))); ${forever}`,
          {
            environment: [{ name: "LEVEL", value: "info" }],
            secrets: [
              { name: "URL", valueFrom: `${arn}:url::` },
              { name: "PORTS", valueFrom: `${arn}:port:AWSCURRENT:` },
              { name: "WHOLE", valueFrom: arn },
              { name: "KEY", valueFrom: "arn:aws:ssm:eu-west-1:111122223333:parameter/app/key" },
            ],
          },
        ),
      ],
      { overrides: { containerOverrides: [{ name: "web", environment: [{ name: "LEVEL", value: "debug" }] }] } },
    ),
  );
  const stream = `/app:app/web/${taskId}`;
  await until(() => region.logged.get(stream)?.length === 2);
  expect(JSON.parse(region.logged.get(stream)?.[0] ?? "")).toEqual([
    "debug",
    "postgres://p4ss",
    "5432",
    "p4ram",
    '{"url":"postgres://p4ss","port":5432}',
    "eu-west-1",
    "http://127.0.0.1:4566",
    "AWS_ECS_FARGATE",
  ]);
  expect(region.calls).toContainEqual({ SecretId: arn, VersionStage: "AWSCURRENT" });
  const stored = JSON.stringify(region.store.collection("tasks.runs").list());
  expect(stored).toContain("secretsmanager");
  expect(stored).not.toMatch(/p4ss|p4ram/);
  if (process.platform === "linux") {
    const main = readFileSync(join(containerDirectory(region, "web"), "main"), "utf8").trim();
    expect(readFileSync(`/proc/${main}/cmdline`, "utf8")).not.toMatch(/p4ss|p4ram/);
  }
  expect(region.ownLog).toEqual([]);
});

const asm =
  "unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm";
test.each([
  [
    "a missing secret",
    { secrets: [{ name: "A", valueFrom: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:none" }] },
    `ResourceInitializationError: ${asm}: service call has been retried 1 time(s): failed to fetch secret ` +
      "arn:aws:secretsmanager:eu-west-1:111122223333:secret:none from secrets manager: " +
      "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
  ],
  [
    "a missing key of a secret",
    { secrets: [{ name: "A", valueFrom: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:json:nokey::" }] },
    `ResourceInitializationError: ${asm}: service call has been retried 1 time(s): ` +
      "retrieved secret from Secrets Manager did not contain json key nokey",
  ],
  [
    "a missing parameter",
    { secrets: [{ name: "A", valueFrom: "/none" }] },
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to " +
      "retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: /none",
  ],
  [
    "a missing image",
    { image: "registry:5000/none:2" },
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " +
      "registry:5000/none:2: registry:5000/none:2: not found",
  ],
  [
    "a missing program",
    { entryPoint: ["no-such-program"] },
    "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create " +
      "shim task: OCI runtime create failed: runc create failed: unable to start container process: " +
      'exec: "no-such-program": executable file not found in $PATH: unknown',
  ],
  [
    "a missing log group",
    { logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "/none" } } },
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create " +
      "Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1",
  ],
  [
    "another log driver",
    { logConfiguration: { logDriver: "splunk" } },
    'ResourceInitializationError: drydock has no log driver "splunk", only awslogs (container "web")',
  ],
  [
    "what isn't supported",
    { environmentFiles: [{ type: "s3", value: "arn:aws:s3:::bucket/x.env" }] },
    "ResourceInitializationError: drydock's process driver doesn't support environmentFiles (container \"web\"); run the " +
      "task without it",
  ],
] as [string, ContainerDefinition, string][])("%s stops the task before it runs", async (_, definition, reason) => {
  const region = testRegion();
  region.secrets.set("arn:aws:secretsmanager:eu-west-1:111122223333:secret:json", '{"key":"value"}');
  const runner = testRunner(nodeImage(), region);
  runner.start(taskSpec([container("web", forever, definition)]));
  const state = await runner.reported(isStopped);
  expect([state.stopCode, state.stoppedReason]).toEqual(["TaskFailedToStart", reason]);
  expect(runner.reports.some(isRunning)).toBe(false);
});

test("an image for another architecture shows an exec format error in its log", async () => {
  const runner = testRunner(nodeImage());
  const cpuArchitecture = process.arch === "arm64" ? "X86_64" : "ARM64";
  runner.start(taskSpec([container("web", forever)], { runtimePlatform: { cpuArchitecture } }));
  expect(await runner.reported(isStopped)).toMatchObject({
    stopCode: "EssentialContainerExited",
    containers: [{ exitCode: 1 }],
  });
  expect(runner.region.logged.get(`/app:app/web/${taskId}`)).toEqual(["exec node: exec format error"]);
});

test("the app is reached through its task's address and container port", async () => {
  const runner = testRunner(nodeImage());
  const server =
    'require("node:http").createServer((q, r) => r.end("hello")).listen(process.env.PORT, "127.0.0.1", () => console.log("ready"))';
  runner.start(taskSpec([container("web", server, { portMappings: [{ containerPort: 8080 }] })]));
  await runner.reported(isRunning);
  await until(() => runner.region.logged.get(`/app:app/web/${taskId}`)?.length === 1);
  const book = addressBookOf(runner.region);
  const real = book.resolve("10.0.0.7", 8080);
  expect(await (await fetch(`http://${real?.host}:${real?.port}/`)).text()).toBe("hello");
  runner.stop(taskSpec([]).taskArn, { stopCode: "UserInitiated", reason: "enough" });
  runner.stop(taskSpec([]).taskArn, { stopCode: "ServiceSchedulerInitiated", reason: "second" });
  expect(await runner.reported(isStopped)).toMatchObject({
    stopCode: "UserInitiated",
    stoppedReason: "enough",
    containers: [{ exitCode: 143 }],
  });
  expect(book.resolve("10.0.0.7", 8080)).toBeUndefined();
});

test("containers start by their dependencies and stop in reverse", async () => {
  const region = testRegion();
  const order = (name: string) =>
    `require("node:fs").appendFileSync(${JSON.stringify(join(region.directory, "order"))}, "${name} ")`;
  const logsItsEnd = (name: string) =>
    `process.on("SIGTERM", () => { ${order(`-${name}`)}; process.exit(0); }); ${order(name)}; ${forever}`;
  const runner = testRunner(nodeImage(), region);
  runner.start(
    taskSpec([
      container("web", logsItsEnd("web"), {
        dependsOn: [
          { containerName: "init", condition: "SUCCESS" },
          { containerName: "proxy", condition: "START" },
        ],
      }),
      container("proxy", logsItsEnd("proxy"), { dependsOn: [{ containerName: "init", condition: "COMPLETE" }] }),
      container("init", order("init"), { essential: false }),
    ]),
  );
  await runner.reported(isRunning);
  const read = () => readFileSync(join(region.directory, "order"), "utf8");
  await until(() => read().includes("web") && read().includes("proxy"));
  runner.stop(taskSpec([]).taskArn, { stopCode: "UserInitiated", reason: "enough" });
  const state = await runner.reported(isStopped);
  expect(state.containers.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  expect(read()).toMatch(/^init (web proxy|proxy web) -web -proxy $/);
});

test("a dependency that fails stops the task", async () => {
  const runner = testRunner(nodeImage());
  runner.start(
    taskSpec([
      container("web", forever, { dependsOn: [{ containerName: "init", condition: "SUCCESS" }] }),
      container("init", "process.exit(9)", { essential: false }),
    ]),
  );
  expect(await runner.reported(isStopped)).toMatchObject({
    stopCode: "TaskFailedToStart",
    stoppedReason:
      "CannotStartContainerError: dependency graph: container ordering dependency [init] for target [web] can't be met as the " +
      "dependency did not exit successfully.",
    containers: [{ lastStatus: "STOPPED" }, { exitCode: 9 }],
  });
});

test("a health check decides over a dependent container and the task's health", async () => {
  // Health checks and startTimeout by the second: here a second passes in a hundredth.
  const region = testRegion({
    clock: { now: systemClock.now, after: (delay, callback) => systemClock.after(delay / 100, callback) },
  });
  const runner = testRunner(nodeImage(), region);
  const flag = join(region.directory, "flag");
  runner.start(
    taskSpec([
      container("web", `require("node:fs").writeFileSync("${flag}", ""); ${forever}`, {
        dependsOn: [{ containerName: "db", condition: "HEALTHY" }],
        healthCheck: { command: ["CMD-SHELL", `[ ! -e ${flag} ]`], interval: 5, timeout: 60, retries: 1 },
      }),
      container("db", forever, { healthCheck: { command: ["CMD", "true"], interval: 5, timeout: 60 } }),
    ]),
  );
  const unhealthy = await runner.reported(({ healthStatus }) => healthStatus === "UNHEALTHY");
  expect(unhealthy).toMatchObject({
    lastStatus: "RUNNING",
    containers: [{ healthStatus: "UNHEALTHY" }, { healthStatus: "HEALTHY" }],
  });
  const dbHealthy = runner.reports.findIndex(({ containers }) => containers[1]?.healthStatus === "HEALTHY");
  const webRunning = runner.reports.findIndex(({ containers }) => containers[0]?.lastStatus === "RUNNING");
  expect(dbHealthy).toBeLessThan(webRunning);
});

test("a dependency that isn't healthy in time stops the task", async () => {
  const region = testRegion({
    clock: { now: systemClock.now, after: (delay, callback) => systemClock.after(delay / 100, callback) },
  });
  const runner = testRunner(nodeImage(), region);
  runner.start(
    taskSpec([
      container("web", forever, { dependsOn: [{ containerName: "db", condition: "HEALTHY" }] }),
      container("db", forever, { startTimeout: 10, healthCheck: { command: ["CMD-SHELL", "exit 1"] } }),
    ]),
  );
  expect((await runner.reported(isStopped)).stoppedReason).toBe(
    "CannotStartContainerError: dependency graph: container ordering dependency [db] for target [web] has timed out.",
  );
});

test("every line is logged in order, up to the last one without a line break", async () => {
  const runner = testRunner(nodeImage());
  const script =
    "for (let i = 0; i < 20000; i++) (i % 2 ? process.stdout : process.stderr).write(`line ${i} ü\\n`); process.stdout.write('end')";
  runner.start(taskSpec([container("web", script)]));
  await runner.reported(isStopped);
  const messages = runner.region.logged.get(`/app:app/web/${taskId}`) ?? [];
  expect(messages).toEqual([...Array.from({ length: 20_000 }, (_, i) => `line ${i} ü`), "end"]);
  expect(Math.max(...runner.region.calls.map((events) => (events as unknown[]).length))).toBe(256);
});

test("a task stopped while its image is pulled never runs", async () => {
  const region = testRegion();
  const images = nodeImage();
  let release = () => {};
  const pulling = new Promise<void>((resolve) => {
    release = resolve;
  });
  const runner = testRunner(
    new Proxy(images, { get: (target, name: string) => pulling.then(() => target[name]) as never }),
    region,
  );
  runner.start(taskSpec([container("web", forever, { portMappings: [{ containerPort: 8080 }] })]));
  await runner.reported(({ pullStartedAt }) => pullStartedAt !== undefined);
  runner.stop(taskSpec([]).taskArn, { stopCode: "UserInitiated", reason: "changed my mind" });
  expect(await runner.reported(isStopped)).toMatchObject({
    stopCode: "UserInitiated",
    containers: [{ lastStatus: "STOPPED" }],
  });
  const reports = runner.reports.length;
  release();
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(runner.reports.length).toBe(reports);
  expect(addressBookOf(region).realPorts()).toEqual(new Set());
});

test("a task stopped in the moment of its start is stopped, one whose transaction is rolled back never was", async () => {
  const runner = testRunner(nodeImage());
  const spec = taskSpec([container("web", forever)]);
  runner.start(spec);
  runner.stop(spec.taskArn, { stopCode: "UserInitiated", reason: "at once" });
  expect(await runner.reported(isStopped)).toMatchObject({ stopCode: "UserInitiated", stoppedReason: "at once" });

  const other = testRunner(nodeImage());
  const rollBack = () =>
    other.region.store.transaction(() => {
      other.start(spec);
      throw new Error("rolled back");
    });
  expect(rollBack).toThrow("rolled back");
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(other.reports.map(({ lastStatus }) => lastStatus)).toEqual(["PROVISIONING"]);
});

test.each([
  { request: undefined, stopCode: "EssentialContainerExited", stoppedReason: "Essential container in task exited" },
  {
    request: { stopCode: "InfrastructureHealth" as const, reason: "The zone is gone" },
    stopCode: "InfrastructureHealth",
    stoppedReason: "The zone is gone",
  },
])("a killed task doesn't get to finish anything: $stopCode", async ({ request, ...expected }) => {
  const runner = testRunner(nodeImage());
  const spec = taskSpec([container("web", `process.on("SIGTERM", () => {}); ${forever}`)]);
  runner.start(spec);
  await runner.reported(isRunning);
  runner.kill(spec.taskArn, request);
  const state = await runner.reported(isStopped);
  expect(state).toMatchObject({ ...expected, containers: [{ exitCode: 137 }] });
});

test("closing stops every task", async () => {
  const runner = testRunner(nodeImage());
  runner.start(taskSpec([container("web", forever)]));
  await runner.reported(isRunning);
  await runner.close();
  expect(runner.reports.at(-1)).toMatchObject({ lastStatus: "STOPPED", stopCode: "TerminationNotice" });
});
