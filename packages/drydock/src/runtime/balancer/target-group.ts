import { TargetConnections } from "./target-connections.ts";

/** As far as routing is concerned: `draining` gets nothing, `healthy` first, the others only when too few are healthy. */
export type TargetState = "initial" | "healthy" | "unhealthy" | "draining";

/** Something that answers requests: an address in the API, and the connections to it. */
export class Target {
  readonly id: string;
  readonly port: number;
  readonly connections = new TargetConnections();
  state: TargetState = "initial";
  /** Requests under way. */
  outstanding = 0;

  constructor(id: string, port: number) {
    this.id = id;
    this.port = port;
  }
}

export interface TargetGroupSettings {
  /** `load_balancing.algorithm.type` */
  algorithm: "round_robin" | "least_outstanding_requests" | "weighted_random";
  /** `target_group_health.unhealthy_state_routing.minimum_healthy_targets.{count,percentage}` */
  minimumHealthy: { count: number; percentage: number };
  /** Seconds that a client stays with its target (`stickiness.lb_cookie.duration_seconds`), when it does. */
  stickySeconds: number | undefined;
}

const defaultTargetGroupSettings: TargetGroupSettings = {
  algorithm: "round_robin",
  minimumHealthy: { count: 1, percentage: 0 },
  stickySeconds: undefined,
};

/** The targets of a target group as the data plane sees them, and which of them gets the next request. */
export class TargetGroup {
  readonly arn: string;
  settings: TargetGroupSettings = defaultTargetGroupSettings;
  private readonly targets = new Map<string, Target>();
  /** Those that may get requests; computed when a target changes, not for each request. */
  private eligible: Target[] = [];
  private turn = 0;

  constructor(arn: string) {
    this.arn = arn;
  }

  configure(settings: TargetGroupSettings): void {
    this.settings = settings;
    this.chooseEligible();
  }

  /** Registers a target, or gives a registered one another state. Takes effect with the next request. */
  set(id: string, port: number, state: TargetState): void {
    const key = `${id}:${port}`;
    const target = this.targets.get(key) ?? new Target(id, port);
    this.targets.set(key, target);
    target.state = state;
    if (state === "draining") target.connections.stopKeeping();
    else target.connections.resumeKeeping();
    this.chooseEligible();
  }

  /** Forgets a target. Requests under way on it may finish, or are cut. */
  remove(id: string, port: number, underWay: "finish" | "cut"): void {
    const target = this.targets.get(`${id}:${port}`);
    if (!target) return;
    this.targets.delete(`${id}:${port}`);
    this.chooseEligible();
    if (underWay === "cut") target.connections.cut();
    else target.connections.stopKeeping();
  }

  /** The target for the next request; undefined when none is registered. */
  next(): Target | undefined {
    const { eligible } = this;
    if (eligible.length <= 1) return eligible[0];
    if (this.settings.algorithm === "weighted_random") return eligible[Math.floor(Math.random() * eligible.length)];
    this.turn = (this.turn + 1) % eligible.length;
    if (this.settings.algorithm === "round_robin") return eligible[this.turn];
    let least = eligible[this.turn];
    for (let i = 1; i < eligible.length; i++) {
      const target = eligible[(this.turn + i) % eligible.length];
      if (target && least && target.outstanding < least.outstanding) least = target;
    }
    return least;
  }

  /** A target by what a stickiness cookie says of it, as long as it may get requests. */
  sticky(id: string, port: number): Target | undefined {
    return this.eligible.find((target) => target.id === id && target.port === port);
  }

  /** "If a target group has too few healthy targets, the load balancer routes requests to all of them" (fails open). */
  private chooseEligible(): void {
    const serving = [...this.targets.values()].filter(({ state }) => state !== "draining");
    const healthy = serving.filter(({ state }) => state === "healthy");
    const { count, percentage } = this.settings.minimumHealthy;
    const enough = healthy.length >= count && healthy.length * 100 >= percentage * serving.length;
    this.eligible = enough ? healthy : serving;
  }
}
