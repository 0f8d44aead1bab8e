import { type App, type FardelEvent, type ReleaseOutcome, rollback } from "@fardel/core";
import { expect } from "vitest";
import { apiService, type Shop, startShop } from "./release.fixture.ts";

export interface Written {
  /** What web and api answer with. */
  text: string;
  rollout?: string;
  /** Whether there is an api beside web and worker, below a path of its own. */
  api?: boolean;
}

/** The shop whose releases somebody takes back, after its first one. */
export class TakenBackShop {
  readonly shop: Shop;

  private constructor(shop: Shop) {
    this.shop = shop;
  }

  /** Drains, health checks and bake times pass ten times as fast; processes and requests are as they are. */
  static async start(): Promise<TakenBackShop> {
    const made = new TakenBackShop(await startShop({ timeScale: 10 }));
    const { shop } = made;
    made.write({ text: "one" });
    await shop.setUp();
    await shop.aws.secretsManager.createSecret({ Name: "/shop/local/database-password", SecretString: "secret" });
    expect((await shop.deploy()).outcome).toMatchObject({ outcome: "succeeded", release: 1 });
    return made;
  }

  write({ text, rollout = "{ strategy: blue-green, bake: 60m }", api = false }: Written): void {
    this.shop.write({ text, web: `    rollout: ${rollout}`, ...(api && { more: apiService }) });
  }

  /** Begins a release in waves, web last; ready when an event has come that meets a condition. */
  async release(condition: (event: FardelEvent) => boolean, rules: Partial<App["release"]> = {}) {
    const app = await this.shop.app();
    const waves = [Object.keys(app.services).filter((name) => name !== "web"), ["web"]];
    const events: FardelEvent[] = [];
    const reached = Promise.withResolvers<void>();
    const emit = (event: FardelEvent) => {
      events.push(event);
      if (condition(event)) reached.resolve();
    };
    const ended = this.shop.deploy({ app: { ...app, release: { ...app.release, waves, ...rules } }, emit });
    await Promise.race([reached.promise, ended]);
    return { events, ended };
  }

  takeBack(actor = "grace"): Promise<ReleaseOutcome> {
    const { aws, descriptor } = this.shop;
    return rollback({ aws, descriptor, origin: { actor, host: "build" }, emit: () => {} });
  }

  async text(path = ""): Promise<string> {
    return (await fetch(`${this.shop.url}${path}`)).text();
  }

  close(): Promise<void> {
    return this.shop.close();
  }
}

/** Whether web has come to a stage. */
export const isAt = (stage: string) => (event: FardelEvent) =>
  event.type === "rollout.progress" && event.service === "web" && event.stage === stage;

/** What the record says of one that grace has taken back. */
export const byGrace = "It was taken back by grace on build; release 1 serves again.";
