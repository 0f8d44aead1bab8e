import { faultsOf } from "../../faults/fault-book.ts";
import type { Region } from "../../region.ts";
import { HealthChecks } from "../../runtime/balancer/health/checks.ts";
import { registrationInProgress, type TargetHealth } from "../../runtime/balancer/health/health.ts";
import { httpProbe } from "../../runtime/balancer/health/probe.ts";
import { Listener } from "../../runtime/balancer/listener.ts";
import type { ListenerSettings } from "../../runtime/balancer/listener-settings.ts";
import { compileRules } from "../../runtime/balancer/rules/rules.ts";
import { TargetGroup } from "../../runtime/balancer/target-group.ts";
import { type BalancerTraffic, TrafficCounter } from "../../runtime/balancer/traffic.ts";
import { addressBookOf } from "../../runtime/network.ts";
import { healthCheckSettings, listenerSettings, targetGroupSettings } from "./data-plane-settings.ts";
import { portCandidates } from "./ports.ts";
import {
  type ListenerRecord,
  listenersOf,
  loadBalancersByTargetGroup,
  rulesOf,
  type State,
  stateOf,
  type TargetRecord,
  targetKey,
} from "./state.ts";

/** A target as DescribeTargetHealth shows it. Once it is gone: `unused`, `Target.NotRegistered`. */
export type TargetHealthChange = Pick<
  TargetRecord,
  "targetGroupArn" | "id" | "port" | "state" | "reason" | "description"
>;

const notInUse = {
  state: "unused",
  reason: "Target.NotInUse",
  description: "Target group is not configured to receive traffic from the load balancer",
} as const;

/** Makes what the store says true: ports are open, targets are checked, drained and routed to. */
export class DataPlane {
  private readonly region: Region;
  private readonly state: State;
  private readonly checks: HealthChecks;
  private readonly groups = new Map<string, TargetGroup>();
  private readonly listeners = new Map<string, Listener>();
  private readonly retired = new Set<Listener>();
  private readonly traffic = new Map<string, TrafficCounter>();
  private readonly drains = new Map<string, () => void>();
  private readonly lags = new Set<() => void>();
  private readonly subscribers = new Set<(change: TargetHealthChange) => void>();
  private closed = false;
  /** Ports are opened one after the other, so that two listeners never want the same one. */
  private opening: Promise<void> = Promise.resolve();

  constructor(region: Region) {
    this.region = region;
    this.state = stateOf(region);
    this.checks = new HealthChecks(region.clock, httpProbe, (ip, port) => addressBookOf(region).resolve(ip, port));
    region.onClose(() => this.close());
  }

  /** Takes up where the process before this one ended: same ports, same health, drains with what is left of them. */
  async start(): Promise<void> {
    for (const target of this.state.targets.list()) {
      if (target.state === "draining") this.drain(target);
      else if (target.state !== "unused") this.check(target);
    }
    await this.routingChanged();
  }

  subscribe(subscriber: (change: TargetHealthChange) => void): () => void {
    this.subscribers.add(subscriber);
    return () => void this.subscribers.delete(subscriber);
  }

  /**
   * To be called after any change of load balancers, listeners, rules, target groups or attributes. Open listeners go by
   * the new rules when this returns; the promise is kept when new ports are open too.
   */
  routingChanged(): Promise<void> {
    for (const { targetGroup, attributes } of this.state.targetGroups.list())
      this.group(targetGroup.TargetGroupArn).configure(targetGroupSettings(attributes));
    for (const [arn, listener] of this.listeners) {
      const settings = this.settingsOf(this.state.listeners.get(arn));
      if (settings) {
        listener.settings = settings;
      } else {
        this.listeners.delete(arn);
        this.retire(listener);
      }
    }
    const used = loadBalancersByTargetGroup(this.state);
    for (const target of this.state.targets.list()) this.useChanged(target, used.has(target.targetGroupArn));
    const opened = this.opening.then(async () => {
      for (const { listener } of this.state.listeners.list()) await this.open(listener.ListenerArn);
    });
    this.opening = opened.catch(() => {});
    return opened;
  }

  /** A new target, or one that comes back while it drains. One that is registered already stays as it is. */
  register(target: Pick<TargetRecord, "targetGroupArn" | "id" | "port" | "availabilityZone">): void {
    const known = this.state.targets.get(targetKey(target));
    if (known && known.state !== "draining") return;
    this.drains.get(targetKey(target))?.();
    this.drains.delete(targetKey(target));
    const record: TargetRecord = { ...target, ...notInUse, drainsUntil: undefined };
    if (loadBalancersByTargetGroup(this.state).has(target.targetGroupArn)) this.begin(record);
    else this.change(record);
  }

  /** No new request from now on; after `delay` milliseconds requests under way are cut and the target is forgotten. */
  deregister(target: Pick<TargetRecord, "targetGroupArn" | "id" | "port">, delay: number): void {
    const known = this.state.targets.get(targetKey(target));
    if (!known || known.state === "draining") return;
    this.checks.stop(targetKey(target));
    if (known.state === "unused") {
      this.forget(known);
      return;
    }
    const draining: TargetRecord = {
      ...known,
      state: "draining",
      reason: "Target.DeregistrationInProgress",
      description: "Target deregistration is in progress",
      drainsUntil: this.region.clock.now() + delay,
    };
    this.change(draining);
    this.drain(draining);
  }

  /** What each load balancer has done since this was last asked, by its ARN. */
  takeTraffic(): Map<string, BalancerTraffic> {
    const taken = new Map([...this.traffic].map(([arn, counter]) => [arn, counter.take()]));
    for (const arn of taken.keys()) if (!this.state.loadBalancers.get(arn)) this.traffic.delete(arn);
    return taken;
  }

  /** Forgets a deleted target group and its targets. */
  removeGroup(targetGroupArn: string): void {
    for (const target of this.state.targets.list(`${targetGroupArn} `)) this.forget(target);
    this.groups.delete(targetGroupArn);
  }

  private trafficOf(loadBalancerArn: string): TrafficCounter {
    const counter = this.traffic.get(loadBalancerArn) ?? new TrafficCounter();
    this.traffic.set(loadBalancerArn, counter);
    return counter;
  }

  private group(arn: string): TargetGroup {
    const known = this.groups.get(arn);
    if (known) return known;
    const group = new TargetGroup(arn);
    this.groups.set(arn, group);
    for (const target of this.state.targets.list(`${arn} `)) {
      if (target.state !== "unused") group.set(target.id, target.port, target.state);
    }
    return group;
  }

  private useChanged(target: TargetRecord, used: boolean): void {
    if (used && target.state === "unused") {
      this.begin(target);
    } else if (!used && target.state === "draining") {
      this.forget(target);
    } else if (!used && target.state !== "unused") {
      this.checks.stop(targetKey(target));
      this.change({ ...target, ...notInUse });
    }
  }

  private begin(target: TargetRecord): void {
    const { state, reason, description } = registrationInProgress;
    const record = { ...target, state, reason, description };
    this.change(record);
    this.check(record);
  }

  private check(target: TargetRecord): void {
    const key = targetKey(target);
    const { state, reason, description } = target;
    if (state === "draining" || state === "unused") return;
    const health: TargetHealth = { state, reason, description, passes: 0, failures: 0 };
    const settings = () => healthCheckSettings(this.state.targetGroups.get(target.targetGroupArn)?.targetGroup ?? {});
    const changed = (next: TargetHealth) => {
      const known = this.state.targets.get(key);
      if (!known || (known.state === next.state && known.description === next.description)) return;
      this.change({ ...known, state: next.state, reason: next.reason, description: next.description });
    };
    this.checks.start(key, { id: target.id, port: target.port, settings, changed }, health);
  }

  private drain(target: TargetRecord): void {
    const key = targetKey(target);
    this.drains.get(key)?.();
    const left = Math.max(0, (target.drainsUntil ?? 0) - this.region.clock.now());
    this.drains.set(
      key,
      this.region.clock.after(left, () => this.forget(target)),
    );
  }

  private change(target: TargetRecord): void {
    this.state.targets.put(targetKey(target), target);
    const group = this.group(target.targetGroupArn);
    if (target.state === "unused") group.remove(target.id, target.port, "finish");
    else if (target.state === "draining") this.stopSending(target);
    else group.set(target.id, target.port, target.state);
    this.tell(target);
  }

  /** At once; or, where a fault says that load balancers lag, later. */
  private stopSending({ targetGroupArn, id, port }: TargetRecord): void {
    const { lag } = faultsOf(this.region);
    const stop = () => {
      const isDraining = this.state.targets.get(targetKey({ targetGroupArn, id, port }))?.state === "draining";
      if (isDraining) this.group(targetGroupArn).set(id, port, "draining");
    };
    if (lag === 0) {
      stop();
      return;
    }
    const cancel = this.region.clock.after(lag, () => {
      this.lags.delete(cancel);
      stop();
    });
    this.lags.add(cancel);
  }

  private forget(target: TargetRecord): void {
    const key = targetKey(target);
    this.checks.stop(key);
    this.drains.get(key)?.();
    this.drains.delete(key);
    this.state.targets.delete(key);
    this.group(target.targetGroupArn).remove(target.id, target.port, "cut");
    const description = "Target is not registered to the target group";
    this.tell({ ...target, state: "unused", reason: "Target.NotRegistered", description });
  }

  private tell({ targetGroupArn, id, port, state, reason, description }: TargetHealthChange): void {
    for (const subscriber of this.subscribers) subscriber({ targetGroupArn, id, port, state, reason, description });
  }

  private settingsOf(record: ListenerRecord | undefined): ListenerSettings | undefined {
    const loadBalancer = record && this.state.loadBalancers.get(record.listener.LoadBalancerArn);
    if (!record || !loadBalancer) return undefined;
    const rules = rulesOf(this.state, record.listener.ListenerArn).map(({ rule }) => rule);
    return listenerSettings(loadBalancer, {
      rules: compileRules(rules, (arn) => this.group(arn)),
      resolve: (ip, port) => addressBookOf(this.region).resolve(ip, port),
      realPort: (port) => this.realPort(record.listener.LoadBalancerArn, port),
      traffic: this.trafficOf(record.listener.LoadBalancerArn),
    });
  }

  /** Opens a listener's port, unless it has it already. */
  private async open(listenerArn: string): Promise<void> {
    const record = this.state.listeners.get(listenerArn);
    const settings = this.settingsOf(record);
    const before = this.listeners.get(listenerArn);
    if (!record || !settings || (before && record.realPort === before.port)) return;
    const listener = new Listener(settings);
    const realPort = await listener.open(portCandidates(record.listener.Port, record.realPort));
    const current = this.state.listeners.get(listenerArn);
    if (!current || this.closed) {
      await listener.destroy();
      return;
    }
    if (before) this.retire(before);
    listener.settings = this.settingsOf(current) ?? settings;
    this.listeners.set(listenerArn, listener);
    this.state.listeners.put(listenerArn, { ...current, realPort });
    this.region.log(`listener ${listenerArn} on port ${record.listener.Port} is http://127.0.0.1:${realPort}`);
  }

  private realPort(loadBalancerArn: string, port: number): number {
    const record = listenersOf(this.state, loadBalancerArn).find(({ listener }) => listener.Port === port);
    return record?.realPort ?? port;
  }

  private async close(): Promise<void> {
    this.closed = true;
    this.checks.stopAll();
    for (const cancel of [...this.drains.values(), ...this.lags]) cancel();
    this.subscribers.clear();
    await this.opening;
    await Promise.all([...this.listeners.values(), ...this.retired].map((listener) => listener.destroy()));
  }

  /** A closed listener lives until its last answer is given. */
  private retire(listener: Listener): void {
    this.retired.add(listener);
    listener.close().then(() => this.retired.delete(listener));
  }
}

const planes = new WeakMap<Region, DataPlane>();

/** The one data plane of a region. */
export function dataPlaneOf(region: Region): DataPlane {
  const known = planes.get(region);
  if (known) return known;
  const plane = new DataPlane(region);
  planes.set(region, plane);
  return plane;
}
