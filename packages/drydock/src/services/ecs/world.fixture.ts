import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clock } from "../../clock.ts";
import { AwsError } from "../../errors.ts";
import type { Region } from "../../region.ts";
import type { ReportTask, StopRequest, TaskRunner } from "../../runtime/tasks/runner.ts";
import type { TaskSpec, TaskState } from "../../runtime/tasks/task.ts";
import { Store } from "../../store/store.ts";
import { type Ecs, openEcs, resumeEcs } from "./ecs.ts";
import { type EcsOperations, ecsOperations } from "./operations.ts";

/** What images do, by their name: milliseconds until RUNNING, and what happens afterwards. */
export interface ImageBehaviour {
  starts?: number;
  failsToStart?: string;
  exitsAfter?: number;
  /** What its target's health checks find. */
  target?: "healthy" | "unhealthy";
  containers?: "HEALTHY" | "UNHEALTHY";
}

/** Time by hand: `advance` runs what falls due, and lets promises settle in between. */
export class VirtualClock implements Clock {
  private time = Date.UTC(2026, 0, 1);
  private timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(delay: number, callback: () => void): () => void {
    const timer = { at: this.time + delay, run: callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await settle();
    for (;;) {
      const [next] = this.timers.toSorted((a, b) => a.at - b.at);
      if (!next || next.at > end) break;
      this.timers = this.timers.filter((other) => other !== next);
      this.time = next.at;
      next.run();
      await settle();
    }
    this.time = end;
  }
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
}

/** A runner without processes. */
class FakeRunner implements TaskRunner {
  readonly states = new Map<string, TaskState>();
  readonly specs = new Map<string, TaskSpec>();
  private readonly world: World;
  private readonly report: ReportTask;

  constructor(world: World, report: ReportTask) {
    this.world = world;
    this.report = report;
  }

  start(spec: TaskSpec): void {
    this.specs.set(spec.taskArn, spec);
    const behaviour = this.world.behaviourOf(spec);
    this.set({
      taskArn: spec.taskArn,
      lastStatus: "PROVISIONING",
      desiredStatus: "RUNNING",
      healthStatus: "UNKNOWN",
      containers: spec.containerDefinitions.map(({ name = "", image = "" }) => ({
        name,
        image,
        lastStatus: "PENDING",
        healthStatus: "UNKNOWN",
        networkBindings: [],
        networkInterfaces: [],
      })),
    });
    // Of whatever runner there is then: this one may have died with its drydock.
    this.world.clock.after(behaviour.starts ?? 100, () => this.world.runner.reachRunning(spec.taskArn, behaviour));
  }

  stop(taskArn: string, { stopCode, reason }: StopRequest): void {
    const state = this.states.get(taskArn);
    if (!state || state.desiredStatus === "STOPPED") return;
    this.set({ ...state, lastStatus: "STOPPING", desiredStatus: "STOPPED", stopCode, stoppedReason: reason });
    this.world.clock.after(500, () => this.world.runner.end(taskArn, {}));
  }

  adopt(): string[] {
    const alive = [...this.states.values()].filter((state) => state.lastStatus !== "STOPPED");
    return alive.map((state) => state.taskArn);
  }

  async close(): Promise<void> {}

  kill(taskArn: string, request?: StopRequest): void {
    if (request) this.end(taskArn, { stopCode: request.stopCode, stoppedReason: request.reason });
    else this.crash(taskArn);
  }

  crash(taskArn: string): void {
    this.end(taskArn, { stopCode: "EssentialContainerExited", stoppedReason: "Essential container in task exited" });
  }

  private reachRunning(taskArn: string, behaviour: ImageBehaviour): void {
    const state = this.states.get(taskArn);
    if (!state || state.desiredStatus === "STOPPED") return;
    if (behaviour.failsToStart !== undefined) {
      this.end(taskArn, { stopCode: "TaskFailedToStart", stoppedReason: behaviour.failsToStart });
      return;
    }
    const startedAt = new Date(this.world.clock.now());
    this.set({ ...state, lastStatus: "RUNNING", startedAt, healthStatus: behaviour.containers ?? "UNKNOWN" });
    if (behaviour.exitsAfter !== undefined) {
      this.world.clock.after(behaviour.exitsAfter, () => this.world.runner.crash(taskArn));
    }
  }

  private end(taskArn: string, changes: Partial<TaskState>): void {
    const state = this.states.get(taskArn);
    if (!state || state.lastStatus === "STOPPED") return;
    const stoppedAt = new Date(this.world.clock.now());
    this.set({ ...state, lastStatus: "STOPPED", desiredStatus: "STOPPED", stoppedAt, ...changes });
  }

  private set(state: TaskState): void {
    this.states.set(state.taskArn, state);
    this.report(state);
  }
}

/** The other services as far as ECS calls them, and ECS over a runner without processes, on a virtual clock. For tests. */
export class World {
  readonly clock = new VirtualClock();
  readonly caller = { accessKeyId: "test", requestId: "1" };
  readonly store = new Store();
  readonly images = new Map<string, ImageBehaviour>();
  /** Tag → digest of the repositories in drydock's registry. */
  readonly registry = new Map<string, string>();
  readonly targetGroupArn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/0123456789abcdef";
  readonly alternateTargetGroupArn = this.targetGroupArn.replace("/web/", "/web-alternate/");
  readonly productionRule = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/web/1/2/production";
  readonly testRule = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/web/1/3/test";
  /** State by `address:port`. */
  readonly targets = new Map<string, string>();
  readonly alternateTargets = new Map<string, string>();
  /** What the listener rules do. */
  readonly rules = new Map<string, Action>([
    [this.productionRule, { Type: "forward", TargetGroupArn: this.targetGroupArn }],
    [this.testRule, { Type: "forward", TargetGroupArn: this.targetGroupArn }],
  ]);
  /** Names of those in state ALARM. */
  readonly alarms = new Set<string>();
  deregistrationDelay = 10_000;
  targetGroupExists = true;
  /** What the other services wait for before they answer what a look at a service asks. */
  private answering: Promise<void> = Promise.resolve();
  runner: FakeRunner;
  ecs: Ecs;
  private readonly region: Region;

  constructor() {
    this.region = this.makeRegion();
    [this.ecs, this.runner] = this.open();
    resumeEcs(this.ecs);
  }

  /** Every operation as a function, without the wire. */
  get call(): Required<EcsOperations> {
    return ecsOperations(this.ecs) as Required<EcsOperations>;
  }

  /** No look at a service gets on until the answer is called: its registry and its load balancer don't answer. */
  holdLooks(): () => void {
    let letGo = () => {};
    this.answering = new Promise((resolve) => {
      letGo = resolve;
    });
    return letGo;
  }

  behaviourOf(spec: Pick<TaskSpec, "containerDefinitions">): ImageBehaviour {
    return this.images.get(spec.containerDefinitions[0]?.image ?? "") ?? {};
  }

  /** Drydock dies and comes back: the store stays, and so do the processes that `survive`. */
  async restart(survive: boolean): Promise<void> {
    await this.ecs.control.close();
    const before = this.runner;
    const [ecs, runner] = this.open();
    this.ecs = ecs;
    this.runner = runner;
    for (const [arn, state] of before.states) runner.states.set(arn, state);
    for (const [arn, spec] of before.specs) runner.specs.set(arn, spec);
    if (!survive) for (const arn of before.states.keys()) runner.crash(arn);
    resumeEcs(ecs);
  }

  private open(): [Ecs, FakeRunner] {
    let runner: FakeRunner | undefined;
    const ecs = openEcs(this.region, (_region, report) => {
      runner = new FakeRunner(this, report);
      return runner;
    });
    if (!runner) throw new Error("openEcs made no runner.");
    return [ecs, runner];
  }

  private makeRegion(): Region {
    const services: Record<string, object> = {
      ec2: {
        DescribeSubnets: async ({ SubnetIds = [] }: { SubnetIds?: string[] }) => ({
          Subnets: SubnetIds.map((SubnetId) => {
            const zone = /^subnet-([abc])$/.exec(SubnetId)?.[1];
            if (!zone) throw new AwsError("InvalidSubnetID.NotFound", `The subnet ID '${SubnetId}' does not exist`);
            const CidrBlock = `10.0.${"abc".indexOf(zone)}.0/24`;
            return { SubnetId, VpcId: "vpc-1", CidrBlock, AvailabilityZone: `eu-west-1${zone}` };
          }),
        }),
        DescribeSecurityGroups: async ({ GroupIds = ["sg-default"] }: { GroupIds?: string[] }) => ({
          SecurityGroups: GroupIds.map((GroupId) => ({ GroupId })),
        }),
      },
      ecr: {
        BatchGetImage: async ({ imageIds }: { imageIds: { imageTag: string }[] }) => {
          await this.answering;
          const images = imageIds.flatMap(({ imageTag }) => {
            const imageDigest = this.registry.get(imageTag);
            return imageDigest ? [{ imageId: { imageTag, imageDigest } }] : [];
          });
          return { images };
        },
      },
      elasticloadbalancing: this.balancer(),
      monitoring: {
        DescribeAlarms: async ({ AlarmNames }: { AlarmNames: string[] }) => ({
          MetricAlarms: AlarmNames.filter((name) => this.alarms.has(name)).map((AlarmName) => ({ AlarmName })),
        }),
      },
    };
    return {
      name: "eu-west-1",
      accountId: "123456789012",
      endpoint: new URL("http://127.0.0.1:4566"),
      directory: "",
      store: this.store,
      vault: undefined as never,
      clock: this.clock,
      log: () => {},
      call: (name) => services[name] as never,
      onClose: () => {},
    };
  }

  private balancer(): object {
    const targetsOf = (arn: string) => (arn === this.alternateTargetGroupArn ? this.alternateTargets : this.targets);
    const changed = (arn: string, key: string, state: string | undefined) => {
      if (state === undefined) targetsOf(arn).delete(key);
      else targetsOf(arn).set(key, state);
      this.ecs.control.wakeTargetGroup(arn);
    };
    const ruleOf = (arn: string): Action => {
      const action = this.rules.get(arn);
      if (!action) throw new AwsError("RuleNotFound", "One or more rules not found");
      return action;
    };
    const checkGroup = () => {
      if (!this.targetGroupExists) throw new AwsError("TargetGroupNotFound", "One or more target groups not found");
    };
    type Move = { TargetGroupArn: string; Targets: { Id: string; Port: number }[] };
    return {
      DescribeTargetGroups: async ({ TargetGroupArns: [arn] }: { TargetGroupArns: string[] }) => {
        if (!arn?.includes("targetgroup"))
          throw new AwsError("TargetGroupNotFound", "One or more target groups not found");
        const used = arn === this.targetGroupArn || arn === this.alternateTargetGroupArn;
        return { TargetGroups: [{ TargetType: "ip", LoadBalancerArns: used ? ["arn:lb"] : [] }] };
      },
      DescribeRules: async ({ RuleArns: [arn = ""] }: { RuleArns: string[] }) => ({
        Rules: [{ RuleArn: arn, Actions: [ruleOf(arn)], IsDefault: false }],
      }),
      ModifyRule: async ({ RuleArn, Actions: [action] }: { RuleArn: string; Actions: Action[] }) => {
        ruleOf(RuleArn);
        if (action) this.rules.set(RuleArn, action);
      },
      DescribeTargetHealth: async ({ TargetGroupArn }: { TargetGroupArn: string }) => {
        await this.answering;
        checkGroup();
        const TargetHealthDescriptions = [...targetsOf(TargetGroupArn)].map(([key, State]) => {
          const [Id, Port] = key.split(":");
          const Description = State === "unhealthy" ? "Health checks failed with these codes: [500]" : undefined;
          return { Target: { Id, Port: Number(Port) }, TargetHealth: { State, Description } };
        });
        return { TargetHealthDescriptions };
      },
      RegisterTargets: async ({ TargetGroupArn, Targets }: Move) => {
        checkGroup();
        for (const { Id, Port } of Targets) {
          const key = `${Id}:${Port}`;
          changed(TargetGroupArn, key, "initial");
          const spec = [...this.runner.specs.values()].find(({ network }) => network.address === Id);
          const state = (spec && this.behaviourOf(spec).target) ?? "healthy";
          const targets = targetsOf(TargetGroupArn);
          this.clock.after(5_000, () => targets.get(key) === "initial" && changed(TargetGroupArn, key, state));
        }
      },
      DeregisterTargets: async ({ TargetGroupArn, Targets }: Move) => {
        for (const { Id, Port } of Targets) {
          const key = `${Id}:${Port}`;
          const state = targetsOf(TargetGroupArn).get(key);
          if (state === undefined || state === "draining") continue;
          changed(TargetGroupArn, key, "draining");
          this.clock.after(this.deregistrationDelay, () => changed(TargetGroupArn, key, undefined));
        }
      },
    };
  }
}
