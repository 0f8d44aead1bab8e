import { expect, onTestFinished } from "vitest";
import { type Answered, answeredBy } from "../load/answered.ts";
import { type Load, startLoad, untilAnswered } from "../load/open-loop.ts";
import { setDrain } from "./drain.fixture.ts";
import type { Shop } from "./release.fixture.ts";

/**
 * What becomes of requests, some of them slow, that begin before some work and go on after it: none is lost. Meanwhile targets
 * drain for longer than the slow ones take: 25 s of a region whose time passes ten times as fast.
 */
export async function underLoad<T>(
  { aws, url }: Shop,
  work: (load: Load) => Promise<T>,
): Promise<{ result: T; answered: Answered[] }> {
  await setDrain(aws, 25);
  const load = startLoad({ url, rate: 100, mix: { plain: 80, slow: 20 } });
  onTestFinished(async () => void (await load.stop()));
  await untilAnswered(load, "slow");
  const result = await work(load);
  await untilAnswered(load, "plain");
  const { losses } = await load.stop();
  expect(losses).toEqual([]);
  await setDrain(aws, 2);
  return { result, answered: answeredBy(load.samples, (text) => text) };
}
