/** What one target group has had to do for a load balancer. */
export interface TargetTraffic {
  /** Requests a target was chosen for. */
  requests: number;
  /** Answers by their class: `2XX`. */
  answers: Map<string, number>;
  connectionErrors: number;
  /** Seconds from a request's going out to the answer's head coming in, with two digits, and how often each came. */
  responseTimes: Map<number, number>;
}

/** What a load balancer has done since it was last asked. */
export interface BalancerTraffic {
  /** By target group ARN. */
  targets: Map<string, TargetTraffic>;
  /** Answers the load balancer had to give itself, by status. */
  ownAnswers: Map<number, number>;
}

/** Counts a load balancer's traffic. It is on the way of every request, so it only counts. */
export class TrafficCounter {
  private targets = new Map<string, TargetTraffic>();
  private ownAnswers = new Map<number, number>();

  /** "Only incremented for requests where the load balancer node was able to choose a target." */
  routed(targetGroupArn: string): void {
    this.traffic(targetGroupArn).requests++;
  }

  answered(targetGroupArn: string, status: number, seconds: number): void {
    const { answers, responseTimes } = this.traffic(targetGroupArn);
    increment(answers, `${Math.floor(status / 100)}XX`);
    increment(responseTimes, Number(seconds.toPrecision(2)));
  }

  connectionFailed(targetGroupArn: string): void {
    this.traffic(targetGroupArn).connectionErrors++;
  }

  /** Not for redirects and fixed responses, which are what was asked for. */
  answeredItself(status: number): void {
    increment(this.ownAnswers, status);
  }

  /** What has been counted since the last time. */
  take(): BalancerTraffic {
    const { targets, ownAnswers } = this;
    this.targets = new Map();
    this.ownAnswers = new Map();
    return { targets, ownAnswers };
  }

  private traffic(targetGroupArn: string): TargetTraffic {
    const known = this.targets.get(targetGroupArn);
    if (known) return known;
    const none: TargetTraffic = { requests: 0, answers: new Map(), connectionErrors: 0, responseTimes: new Map() };
    this.targets.set(targetGroupArn, none);
    return none;
  }
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
