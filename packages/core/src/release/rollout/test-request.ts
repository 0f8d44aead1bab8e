import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import type { Run } from "../run.ts";
import { sleep } from "../time.ts";

/** A revision that has just become healthy may still need a moment for its first answer. */
const patienceMs = 30_000;
const pollMs = 1000;
const timeoutMs = 10_000;

/**
 * Asks for a path at the test address until it answers 2xx, for half a minute; an answer of 4xx won't become another.
 *
 * @param host what the listener's rule matches, where that is not the address itself.
 * @returns why not; undefined when it does.
 */
export async function answersAt(
  { time, signal }: Pick<Run, "time" | "signal">,
  base: string,
  host: string | undefined,
  path: string,
): Promise<string | undefined> {
  const url = new URL(path, base);
  const deadline = time.now() + patienceMs;
  for (;;) {
    const answer = await ask(url, host?.replaceAll(/[*?]/g, "test"));
    if (typeof answer === "number" && answer >= 200 && answer < 300) return undefined;
    // An answer of 4xx won't become another.
    const refused = typeof answer === "number" && answer >= 400 && answer < 500;
    if (refused || time.now() >= deadline)
      return `${url.href} ${typeof answer === "number" ? `answers ${answer}` : `fails: ${answer}`}`;
    await sleep(time, pollMs, signal);
  }
}

/** The status, or why there is none. By node:http, since `fetch` sends no other host than the address's. */
function ask(url: URL, host: string | undefined): Promise<number | string> {
  return new Promise((resolve) => {
    const request = url.protocol === "https:" ? overHttps : overHttp;
    const asked = request(url, { timeout: timeoutMs, agent: false, ...(host !== undefined && { headers: { host } }) });
    asked.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer in ${timeoutMs / 1000} s`)));
    asked.on("error", (error) => resolve(error.message));
    asked.end();
  });
}
