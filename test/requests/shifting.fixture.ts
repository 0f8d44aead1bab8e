import { setTimeout as wait } from "node:timers/promises";
import type { Service, ServiceDeployment } from "@aws-sdk/client-ecs";
import { readDescriptor } from "@fardel/core";
import { testUrl } from "@fardel/core/infra/load-balancer-url.ts";
import { expect, onTestFinished, vi } from "vitest";
import type { Ended } from "../command-line.ts";
import { type LoadDuring, RolloutApp } from "../e2e/rollout.fixture.ts";
import { type Answered, answeredBy, shareWithin } from "../load/answered.ts";
import { everyKind } from "../load/kinds.ts";
import { type Load, startLoad } from "../load/open-loop.ts";
import type { Sample } from "../load/samples.ts";

/**
 * Waits pass fifteen times as fast, requests don't: a bake of one minute, the least that ECS can be told, is 4 s, and so is the
 * drain of 60 s, while no request takes much more than 1.5 s.
 */
const timeScale = 15;
const drainSeconds = 60;
const rate = 150;
const cluster = "local";
const service = "rollout-web";
/** For what takes seconds, on a machine that is busy with other things. */
const patience = 60_000;

const manifest = (rollout: string, more: string) => `app: rollout
region: eu-west-1
images:
  app: { build: . }
services:
  web:
    image: app
    command: [node, server.js]
    port: 8080
    route: { path: /* }
    health: { path: /healthz, interval: 5s, timeout: 2s, healthy: 2, grace: 5m, drain: ${drainSeconds}s }
    scale: 2
    rollout: ${rollout}
${more}`;

/** What a listener rule said for some time. */
interface Weighing {
  /** Percent by target group, the smaller one first. */
  weights: number[];
  /** Surely in force from then, to then; milliseconds since the epoch. */
  from: number;
  to: number;
}

/** Numbers of task definitions. */
interface Revisions {
  serving: number;
  /** What the next release will register. */
  next: number;
}

/** The fixture app behind two target groups, between which ECS shifts its traffic. */
export class ShiftingApp extends RolloutApp {
  /** Where a new revision answers before it has production traffic. */
  testAddress = "";

  async start(): Promise<void> {
    this.write("one", "{ strategy: blue-green }");
    await this.up("--time-scale", String(timeScale));
    this.testAddress = (await testUrl(this.aws, await readDescriptor(this.aws, "rollout", "local"))) ?? "";
  }

  /** Changes what the app answers with and how it is rolled out, and adds lines to its manifest. */
  write(text: string, rollout: string, more = ""): void {
    this.edit("server.js", (source) => source.replace(/const text = ".*"/, `const text = "${text}"`));
    this.edit("fardel.yaml", () => manifest(rollout, more));
  }

  /** What becomes of production's requests, of every kind, that begin before some work and go on after it. */
  underProductionLoad<T>(work: (load: Load) => Promise<T>): Promise<LoadDuring<T>> {
    return this.loadDuring(work, { rate, drain: (drainSeconds * 1_000) / timeScale });
  }

  /** Requests of every kind to the test address, at most until the test is over. */
  startTestLoad(): Load {
    const load = startLoad({ url: this.testAddress, rate: 40, mix: everyKind });
    onTestFinished(async () => void (await load.stop()));
    return load;
  }

  async service(): Promise<Service> {
    const { services = [] } = await this.aws.ecs.describeServices({ cluster, services: [service] });
    return services[0] ?? {};
  }

  async revisions(): Promise<Revisions> {
    const { taskDefinitionArns = [] } = await this.aws.ecs.listTaskDefinitions({ familyPrefix: "rollout-local-web" });
    return {
      serving: revisionOf((await this.service()).taskDefinition),
      next: Math.max(...taskDefinitionArns.map(revisionOf)) + 1,
    };
  }

  /** Waits until the newest service deployment is as wanted; `command`, which brings it about, may not end before. */
  async untilDeployment(
    wanted: (deployment: ServiceDeployment) => boolean,
    command?: Promise<Ended>,
  ): Promise<ServiceDeployment> {
    let ended: Ended | undefined;
    command?.then((result) => {
      ended = result;
    });
    return vi.waitUntil(
      async () => {
        const deployment = await this.newestDeployment();
        expect(ended?.stderr, "what the command said, which ended too early").toBeUndefined();
        return wanted(deployment) && deployment;
      },
      { timeout: patience, interval: 20 },
    );
  }

  /** Looks at what the production rule says over and over while some work is done. */
  async watchWeights<T>(work: () => Promise<T>): Promise<{ result: T; weighings: Weighing[] }> {
    const { advancedConfiguration } = (await this.service()).loadBalancers?.[0] ?? {};
    const RuleArns = [advancedConfiguration?.productionListenerRule ?? ""];
    const weighings: Weighing[] = [];
    const stopped = new AbortController();
    const looking = (async () => {
      while (!stopped.signal.aborted) {
        const asked = Date.now();
        const { Rules = [] } = await this.aws.elbv2.describeRules({ RuleArns });
        const groups = Rules[0]?.Actions?.at(-1)?.ForwardConfig?.TargetGroups ?? [];
        const weights = groups.map(({ Weight = 0 }) => Weight).sort((one, other) => one - other);
        const last = weighings.at(-1);
        if (last && String(last.weights) === String(weights)) last.to = asked;
        else weighings.push({ weights, from: Date.now(), to: asked });
        await wait(50);
      }
    })();
    try {
      return { result: await work(), weighings };
    } finally {
      stopped.abort();
      await looking;
    }
  }

  /** The revisions that answered requests, in the order in which their deployments began to. */
  async answered(samples: readonly Sample[]): Promise<(Answered & { revision: number })[]> {
    const tasks = await this.tasks();
    return answeredBy(samples, (target) => tasks.get(target)?.deployment ?? "").map((answered) => {
      const task = [...tasks.values()].find(({ deployment }) => deployment === answered.by);
      return { ...answered, revision: task?.revision ?? 0 };
    });
  }

  /** Which share of the requests within a time a revision had. */
  async share(samples: readonly Sample[], revision: number, time: { from: number; to: number }) {
    const tasks = await this.tasks();
    return shareWithin(samples, time, (target) => tasks.get(target)?.revision === revision);
  }

  private async newestDeployment(): Promise<ServiceDeployment> {
    const { serviceDeployments: listed = [] } = await this.aws.ecs.listServiceDeployments({ cluster, service });
    const serviceDeploymentArns = [listed[0]?.serviceDeploymentArn ?? ""];
    const { serviceDeployments = [] } = await this.aws.ecs.describeServiceDeployments({ serviceDeploymentArns });
    return serviceDeployments[0] ?? {};
  }

  /** By address, which no other task is given: those that have stopped are there for an hour. */
  private async tasks(): Promise<Map<string, { deployment: string; revision: number }>> {
    const { ecs } = this.aws;
    const lists = (["RUNNING", "STOPPED"] as const).map((desiredStatus) => ecs.listTasks({ cluster, desiredStatus }));
    const arns = (await Promise.all(lists)).flatMap(({ taskArns = [] }) => taskArns);
    const { tasks = [] } = await ecs.describeTasks({ cluster, tasks: arns });
    return new Map(
      tasks.map(({ containers, startedBy = "", taskDefinitionArn }) => [
        containers?.[0]?.networkInterfaces?.[0]?.privateIpv4Address ?? "",
        { deployment: startedBy, revision: revisionOf(taskDefinitionArn) },
      ]),
    );
  }
}

const revisionOf = (taskDefinition = "") => Number(taskDefinition.split(":").at(-1));
