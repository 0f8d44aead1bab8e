import { beginDeployment, newService, rollBackByRequest, scaleService } from "./deployments.ts";
import { isAlive, isHealthy } from "./health.ts";
import { answerHook } from "./hooks.ts";
import { schedule } from "./schedule.ts";
import type { Action, DeploymentPlan, EarlySuccess, ServiceState, ServiceTask } from "./state.ts";
import { confirmTraffic } from "./traffic.ts";

/** How the tasks of one revision behave. Durations in milliseconds. */
export interface Behaviour {
  /** From being started to RUNNING, or to failing to get there. */
  start: number;
  failsToStart?: boolean;
  /** After RUNNING it exits by itself. */
  crashesAfter?: number;
  /** What its target's health checks say, this long after registration. */
  target?: { after: number; state: "healthy" | "unhealthy" };
}

export interface Settings {
  desiredCount: number;
  minimumHealthyPercent?: number;
  maximumPercent?: number;
  healthCheckGracePeriod?: number;
  circuitBreaker?: Partial<ServiceState["circuitBreaker"]>;
  deregistrationDelay?: number;
  stopTime?: number;
  earlySuccess?: EarlySuccess;
  zones?: string[];
  plan?: DeploymentPlan;
}

/** Percent by target group. */
export interface Weights {
  first: number;
  alternate: number;
}

const rolling: DeploymentPlan = { strategy: "ROLLING", steps: [], bakeTime: 0, hooks: [] };

const targetGroupArn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1";

/** A service and a world that does what its scheduler says, on a virtual clock. For tests. */
export class Simulation {
  now = 0;
  service: ServiceState;
  readonly events: string[] = [];
  /** Called after every look with what it saw and what it made of it. */
  onLook: (before: ServiceState, after: ServiceState, actions: Action[]) => void = () => {};
  /** Called before an action is performed; for what must hold of each of them. */
  onAction: (action: Action) => void = () => {};
  /** What the listener rules say; they are made for the first target group. */
  readonly rules: Record<"production" | "test", Weights> = {
    production: { first: 100, alternate: 0 },
    test: { first: 100, alternate: 0 },
  };
  private readonly groups = new Map<string, keyof Weights>([["ecs-svc/1", "first"]]);
  /** Stopped tasks that the scheduler has taken note of; it isn't shown them any more. */
  private readonly gone: ServiceTask[] = [];
  private readonly lostZones = new Set<string>();
  private readonly behaviours = new Map<string, Behaviour>();
  private readonly timers: { at: number; run: () => void }[] = [];
  private readonly settings: Settings;
  private revision = 1;
  private task = 0;

  constructor(settings: Settings, behaviour: Behaviour) {
    this.settings = settings;
    const { desiredCount, minimumHealthyPercent = 100, maximumPercent = 200, healthCheckGracePeriod = 0 } = settings;
    const circuitBreaker: ServiceState["circuitBreaker"] = {
      enable: true,
      rollback: true,
      resetOnHealthyTask: true,
      threshold: { type: "BOUNDED_PERCENT", value: 50 },
      ...settings.circuitBreaker,
    };
    const { earlySuccess, plan = rolling } = settings;
    this.behaviours.set("ecs-svc/1", behaviour);
    this.service = newService(
      {
        name: "web",
        desiredCount,
        minimumHealthyPercent,
        maximumPercent,
        healthCheckGracePeriod,
        circuitBreaker,
        earlySuccess,
        zoneRebalancing: true,
        plan,
      },
      "ecs-svc/1",
      this.now,
    );
    this.look();
  }

  deploy(behaviour: Behaviour, options = { sameTaskDefinition: false }): string {
    const id = `ecs-svc/${++this.revision}`;
    this.behaviours.set(id, behaviour);
    this.service = beginDeployment(this.service, id, this.now, options).service;
    const { source, plan } = this.service.rollout;
    const taken = this.groups.get(source ?? "") ?? "alternate";
    const other = taken === "first" ? "alternate" : "first";
    this.groups.set(id, plan.strategy === "ROLLING" && source ? taken : other);
    this.look();
    return id;
  }

  scale(desiredCount: number): void {
    this.service = scaleService(this.service, desiredCount);
    this.look();
  }

  /** Something outside of the scheduler ends an alive task. */
  kill(index: number): void {
    const alive = this.alive();
    const task = alive[index % Math.max(alive.length, 1)];
    if (task) this.change(task.id, { phase: "stopped", stopCode: "EssentialContainerExited" });
    this.look();
  }

  /** UpdateService: how deployments go from now on. */
  plan(plan: DeploymentPlan): void {
    this.service = { ...this.service, plan };
  }

  /** ContinueServiceDeployment, where a hook waits. */
  answer(action: "CONTINUE" | "ROLLBACK"): void {
    const hook = this.service.rollout.lifecycle?.hooks.find(({ status }) => status === "AWAITING_ACTION");
    if (hook && this.service.rollout.status === "IN_PROGRESS") {
      this.service = answerHook(this.service, hook.id, action, this.now);
    }
    this.look();
  }

  /** The names of all alarms that are in state ALARM from now on. */
  alarm(...names: string[]): void {
    this.service = { ...this.service, alarmsRaised: names };
    this.look();
  }

  /** StopServiceDeployment. */
  stopRollout(): void {
    this.service = rollBackByRequest(this.service, this.now);
    this.look();
  }

  /** Its tasks are gone without a signal, and none can be placed there until it is back. */
  loseZone(zone: string): void {
    this.lostZones.add(zone);
    for (const task of this.service.tasks) {
      if (task.zone === zone) this.change(task.id, { phase: "stopped", stopCode: "InfrastructureHealth" });
    }
    this.look();
  }

  regainZone(zone: string): void {
    this.lostZones.delete(zone);
    this.look();
  }

  /** AWS takes an alive task back: it is signalled at once, and its targets have to go then. */
  interrupt(index: number): void {
    const alive = this.alive();
    const task = alive[index % Math.max(alive.length, 1)];
    if (task) {
      this.change(task.id, { phase: "stopping" });
      this.at(this.now + 120_000, () => this.change(task.id, { phase: "stopped", stopCode: "SpotInterruption" }));
    }
    this.look();
  }

  /** Lets time pass until `until` holds, `duration` is over, or, where none is given, nothing has happened for an hour. */
  run(until: () => boolean = () => false, duration?: number): void {
    const end = duration === undefined ? Number.POSITIVE_INFINITY : this.now + duration;
    this.look();
    for (let steps = 0; !until(); steps++) {
      if (steps > 3_000) throw new Error("The service doesn't come to rest.");
      this.timers.sort((a, b) => a.at - b.at);
      const timer = this.timers[0];
      if (!timer || timer.at > end || (duration === undefined && timer.at > this.now + 3_600_000)) break;
      this.timers.shift();
      this.now = timer.at;
      timer.run();
      this.look();
    }
    if (duration !== undefined && !until()) this.now = end;
  }

  /** What a target's health checks find from now on; with `from` only where it is in that state. */
  setTarget(id: string, state: "healthy" | "unhealthy" | "draining" | "unused", from?: "initial"): void {
    const tasks = this.service.tasks.map((task) => {
      if (task.id !== id) return task;
      const targets = task.targets.map((target) => (from && target.state !== from ? target : { ...target, state }));
      return { ...task, targets };
    });
    this.service = { ...this.service, tasks };
  }

  alive(deployment?: string): ServiceTask[] {
    return this.service.tasks.filter((task) => isAlive(task) && (!deployment || task.deployment === deployment));
  }

  /** In the order in which they were started, with those that have stopped. */
  everyTask(): ServiceTask[] {
    return [...this.gone, ...this.service.tasks].sort((a, b) => Number(a.id.slice(4)) - Number(b.id.slice(4)));
  }

  healthy(deployment?: string): number {
    return this.alive(deployment).filter((task) => isHealthy(task, this.now)).length;
  }

  /** The target group that a deployment's tasks are in. */
  groupOf(deployment: string): keyof Weights {
    const group = this.groups.get(deployment);
    if (!group) throw new Error(`No target group for ${deployment}.`);
    return group;
  }

  private look(): void {
    for (let looks = 0; looks < 50; looks++) {
      const before = { ...this.service, zones: this.placeable() };
      const { service, actions, next } = schedule(before, this.now);
      this.service = service;
      this.onLook(before, service, actions);
      for (const action of actions) this.perform(action);
      if (next !== undefined && !this.timers.some((timer) => timer.at === next)) this.at(next, () => {});
      if (actions.length > 0) continue;
      this.forgetGoneTasks();
      return;
    }
    throw new Error("The scheduler doesn't come to rest.");
  }

  private forgetGoneTasks(): void {
    const isGone = ({ phase, settled, targets }: ServiceTask) =>
      phase === "stopped" && settled && targets.every(({ state }) => state === "unused");
    this.gone.push(...this.service.tasks.filter(isGone));
    this.service = { ...this.service, tasks: this.service.tasks.filter((task) => !isGone(task)) };
  }

  private placeable(): Record<string, string[]> {
    const zones = (this.settings.zones ?? ["a"]).filter((zone) => !this.lostZones.has(zone));
    return Object.fromEntries([...this.behaviours.keys()].map((id) => [id, zones]));
  }

  private leastCrowdedZone(): string {
    const crowd = (zone: string) => this.alive().filter((task) => task.zone === zone).length;
    const zones = Object.values(this.placeable())[0] ?? [];
    return zones.toSorted((a, b) => crowd(a) - crowd(b))[0] ?? "";
  }

  private perform(action: Action): void {
    this.onAction(action);
    if (action.type === "event") this.events.push(action.message);
    if (action.type === "startTasks") for (let n = 0; n < action.count; n++) this.start(action.deployment);
    if (action.type === "stopTask") this.stop(action.task);
    if (action.type === "shiftTraffic") {
      const weights: Weights = { first: 0, alternate: 0 };
      for (const [deployment, percent] of Object.entries(action.weights)) weights[this.groupOf(deployment)] += percent;
      this.rules[action.rule] = weights;
      this.service = confirmTraffic(this.service, action.rule, action.weights);
    }
    if (action.type === "registerTarget") this.register(action.task);
    if (action.type === "deregisterTarget") {
      this.setTarget(action.task, "draining");
      this.at(this.now + (this.settings.deregistrationDelay ?? 10_000), () => this.setTarget(action.task, "unused"));
    }
  }

  private start(deployment: string): void {
    const behaviour = this.behaviourOf(deployment);
    const id = `task${++this.task}`;
    this.service.tasks.push({
      id,
      deployment,
      zone: this.leastCrowdedZone(),
      phase: "starting",
      createdAt: this.now,
      containerHealth: "none",
      targets: behaviour.target ? [{ targetGroupArn, port: 80, state: "unused" }] : [],
      wasHealthy: false,
      settled: false,
    });
    this.at(this.now + behaviour.start, () => {
      if (behaviour.failsToStart) {
        this.change(id, { phase: "stopped", stopCode: "TaskFailedToStart" }, "starting");
      } else {
        this.change(id, { phase: "running", runningSince: this.now }, "starting");
        if (behaviour.crashesAfter !== undefined) {
          this.at(this.now + behaviour.crashesAfter, () =>
            this.change(id, { phase: "stopped", stopCode: "EssentialContainerExited" }, "running"),
          );
        }
      }
    });
  }

  private stop(id: string): void {
    this.change(id, { phase: "stopping" });
    this.at(this.now + (this.settings.stopTime ?? 1_000), () =>
      this.change(id, { phase: "stopped", stopCode: "ServiceSchedulerInitiated" }),
    );
  }

  private register(id: string): void {
    const task = this.service.tasks.find((candidate) => candidate.id === id);
    const target = task && this.behaviourOf(task.deployment).target;
    if (target) this.at(this.now + target.after, () => this.setTarget(id, target.state, "initial"));
  }

  private change(id: string, changes: Partial<ServiceTask>, from?: ServiceTask["phase"]): void {
    const tasks = this.service.tasks.map((task) =>
      task.id === id && task.phase !== "stopped" && (!from || task.phase === from) ? { ...task, ...changes } : task,
    );
    this.service = { ...this.service, tasks };
  }

  private at(at: number, run: () => void): void {
    this.timers.push({ at, run });
  }

  private behaviourOf(deployment: string): Behaviour {
    const behaviour = this.behaviours.get(deployment);
    if (!behaviour) throw new Error(`No behaviour for ${deployment}.`);
    return behaviour;
  }
}
