import { expect } from "vitest";
import { CrashingShop, type Ended } from "./crashing-shop.fixture.ts";

/** What one kill came to. */
export interface Trial {
  /** Enough to see it again: `CrashingShop` and `dies-at.fixture.ts`. */
  what: string;
  /** Whether it hit before the release had ended by itself. */
  hit: boolean;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A shop in which releases are killed at random, one after the other. */
export class RandomKills {
  private readonly shop = new CrashingShop();
  private readonly random: () => number;
  /** What web is to answer with while nothing succeeds. */
  private text = "zero";
  private readonly seed: number;
  private trials = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.random = randomNumbers(seed);
  }

  start(): Promise<void> {
    return this.shop.up({ text: this.text });
  }

  close(): Promise<void> {
    return this.shop.close();
  }

  /** Kills the command line or drydock somewhere in a release, has the release made again, and looks at everything. */
  async next(): Promise<Trial> {
    this.trials += 1;
    const text = `${this.seed}.${this.trials}`;
    const crashes = this.random() < 0.25;
    this.shop.write({ text, crashes, migrationMs: this.between(0, 300) });
    const { what, hit, ended } = this.random() < 0.5 ? await this.killCommandLine() : await this.killRegion();
    const told = `seed ${this.seed}, trial ${this.trials}: ${crashes ? "crashing web, " : ""}${what}`;
    // Not killed itself, it has said how it ended; when drydock was away for long it may have gone back.
    if (ended.signal === null) expect([0, 1, 3], `${told}\n${ended.stderr}`).toContain(ended.exitCode);

    await this.shop.startRegion();
    const again = await this.shop.fardel(["deploy"]);
    expect(again.exitCode, `${told}\n${ended.stderr}\n--- again\n${again.stderr}`).toBe(crashes ? 3 : 0);
    if (!crashes) this.text = text;
    const serving = (await this.shop.newest(1000)).find(({ outcome }) => outcome === "succeeded");
    try {
      await this.shop.expectInOrder({ text: this.text, release: serving?.number ?? 0 });
    } catch (error) {
      throw new Error(`${told}\n${ended.stderr}\n--- again\n${again.stderr}`, { cause: error });
    }
    return { what: told, hit };
  }

  private async killCommandLine(): Promise<{ what: string; hit: boolean; ended: Ended }> {
    const kinds = { event: 20, request: 60, answer: 60 };
    const [kind, most] = this.pick(Object.entries(kinds));
    const diesAt = `${kind}:${this.between(1, most)}`;
    const ended = await this.shop.fardel(["deploy", "--json"], diesAt);
    return { what: `command line at ${diesAt}`, hit: ended.signal === "SIGKILL", ended };
  }

  /** At once after its death it is started again, or only when the command line has given up. */
  private async killRegion(): Promise<{ what: string; hit: boolean; ended: Ended }> {
    const diesAt = `${this.pick(["write", "written"])}:${this.between(1, 140)}`;
    const restarts = this.random() < 0.85;
    await this.shop.killRegion();
    await this.shop.startRegion(diesAt);
    const deploying = this.shop.fardel(["deploy"]);
    if (restarts) await Promise.race([this.shop.untilRegionDies(), deploying]);
    const hit = !(await this.shop.regionLives());
    if (restarts) await this.shop.startRegion();
    const ended = await deploying;
    return { what: `drydock at ${diesAt}${restarts ? ", started again at once" : ""}`, hit, ended };
  }

  /** A whole number, both ends included. */
  private between(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  private pick<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)] as T;
  }
}
