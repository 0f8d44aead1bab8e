import { setTimeout as wait } from "node:timers/promises";
import type { Aws } from "@fardel/core";

const interval = 100;

/** Looks at every target's health over and over, to know when each began to drain. */
export class TargetWatch {
  private readonly aws: Aws;
  /** By address: when a target was last known not to drain yet. */
  private readonly serving = new Map<string, number>();
  private watching = true;
  private readonly looking: Promise<void>;

  private constructor(aws: Aws) {
    this.aws = aws;
    this.looking = this.watch();
  }

  /** Resolves when it has seen every target once. */
  static async start(aws: Aws): Promise<TargetWatch> {
    const watch = new TargetWatch(aws);
    await watch.look();
    return watch;
  }

  /** Whether a target had been draining for some milliseconds, at a time; exact to the interval between two looks. */
  drained(target: string, at: number, delay: number): boolean {
    const serving = this.serving.get(target);
    return serving !== undefined && at - serving >= delay;
  }

  async stop(): Promise<void> {
    this.watching = false;
    await this.looking;
  }

  private async watch(): Promise<void> {
    while (this.watching) {
      await this.look();
      await wait(interval);
    }
  }

  private async look(): Promise<void> {
    const asked = Date.now();
    const { TargetGroups = [] } = await this.aws.elbv2.describeTargetGroups({});
    for (const { TargetGroupArn } of TargetGroups) {
      const { TargetHealthDescriptions = [] } = await this.aws.elbv2.describeTargetHealth({ TargetGroupArn });
      for (const { Target, TargetHealth } of TargetHealthDescriptions)
        if (Target?.Id && TargetHealth?.State !== "draining") this.serving.set(Target.Id, asked);
    }
  }
}
